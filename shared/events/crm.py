"""Facts told by Salesforce, which the gateway takes in and passes on."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.envelope import Event
from shared.events.partners import PartnerStatus
from shared.events.payments import AmountMinor, Currency

RecordId = Annotated[
    str, Field(min_length=15, max_length=18, description="Salesforce record id of 18 characters")
]


class WriteRefusedV1(Event):
    """Salesforce refuses for good what we wanted to write into one of its records: somebody has to look."""

    type_name: ClassVar[str] = "salesops.crm.write_refused.v1"
    source: ClassVar[str] = "gateway"

    write_id: UUID
    subject: Annotated[
        str, Field(description="What the record tells: partner_figures, query_answer or research_brief")
    ]
    named_by: Annotated[str, Field(description="Which value names the record, e.g. partner_code")]
    name: Annotated[str, Field(description="The record by that value")]
    error_code: Annotated[str, Field(description="Salesforce's own word, e.g. REQUIRED_FIELD_MISSING")]
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvisedDeduction:
    """What the payer keeps back, e.g. tax deducted at source."""

    kind: str
    amount_minor: AmountMinor


@dataclass(frozen=True, slots=True, kw_only=True)
class AdvisedItem:
    """What the payment settles of one invoice or charge, named by its number."""

    item: str
    amount_minor: AmountMinor
    deductions: tuple[AdvisedDeduction, ...] = ()


class PaymentAdvisedV1(Event):
    """A partner's payment was announced in the CRM, or what was announced changed.

    The record id names it for ever; of two tellings the later `system_modstamp` holds, whatever order they arrive in.
    """

    type_name: ClassVar[str] = "salesops.crm.payment_advised.v1"
    source: ClassVar[str] = "gateway"
    consumers: ClassVar[tuple[str, ...]] = ("payments",)

    record_id: RecordId
    system_modstamp: datetime
    partner_code: Annotated[str, Field(max_length=40)]
    reference: Annotated[str, Field(max_length=40, description="UTR or RRN; empty for a cheque")]
    cheque_number: Annotated[str, Field(max_length=10)] = ""
    currency: Currency
    amount_minor: AmountMinor
    paid_on: date
    items: Annotated[tuple[AdvisedItem, ...], Field(max_length=500)] = ()
    note: Annotated[str, Field(max_length=500)] = ""
    is_deleted: bool = False


class RecordChangedV1(Event):
    """What every telling of a record says: of two the later `system_modstamp` holds, within one the later sequence."""

    source: ClassVar[str] = "gateway"

    record_id: RecordId
    organization_id: Annotated[
        str, Field(min_length=15, max_length=15, description="Salesforce organization")
    ]
    system_modstamp: datetime
    is_deleted: bool = False


class AccountChangedV1(RecordChangedV1):
    """An account of the CRM is new or changed; it is told whole.

    `told` names the values the mapping of its organization speaks of: null in one of them means cleared, null in any
    other means that the CRM does not know.
    """

    type_name: ClassVar[str] = "salesops.crm.account_changed.v1"
    consumers: ClassVar[tuple[str, ...]] = ("partners", "research")

    told: Annotated[tuple[str, ...], Field(max_length=20)]
    partner_code: Annotated[str | None, Field(max_length=40)] = None
    name: Annotated[str, Field(max_length=200)]
    zone: Annotated[str, Field(max_length=200)]
    city: str | None = None
    gstin: str | None = None
    ifsc: str | None = None
    bank_account: str | None = None
    legal_name: str | None = None
    address: str | None = None
    pin_code: str | None = None
    state_code: str | None = None
    status: PartnerStatus | None = None


class OpportunityChangedV1(RecordChangedV1):
    """An opportunity of the CRM is new or changed; it is told whole."""

    type_name: ClassVar[str] = "salesops.crm.opportunity_changed.v1"
    consumers: ClassVar[tuple[str, ...]] = ("research", "reporting")

    name: Annotated[str, Field(max_length=200)]
    stage: Annotated[str, Field(max_length=200)]
    partner_code: Annotated[str | None, Field(max_length=40)] = None
    zone: str | None = None
    account_record_id: str | None = None
    owner: str | None = None
    currency: Currency
    amount_minor: AmountMinor | None = None
    close_on: date | None = None
    probability_percent: Annotated[int | None, Field(ge=0, le=100)] = None
    is_closed: bool | None = None
    is_won: bool | None = None
    research_requested: Annotated[
        bool, Field(description="What the mapping reads as the wish for research: a flag, or a stage")
    ] = False
    research_due_on: date | None = None
    research_questions: Annotated[str, Field(max_length=4000, description="One a line")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderLine:
    """What is ordered; `quantity` is a decimal number as text, because a product may be sold by weight or length."""

    product_code: Annotated[str, Field(max_length=40)]
    description: Annotated[str, Field(max_length=200)] = ""
    quantity: Annotated[str, Field(pattern=r"^-?\d+(\.\d+)?$")]
    unit_price_minor: AmountMinor | None = None
    amount_minor: AmountMinor | None = None
    requested_on: date | None = None


class OrderChangedV1(RecordChangedV1):
    """An order of the CRM is new or changed; it is told whole.

    `lines` are empty when the CRM did not tell them: an outbound message cannot.
    """

    type_name: ClassVar[str] = "salesops.crm.order_changed.v1"
    consumers: ClassVar[tuple[str, ...]] = ("partners",)

    order_number: Annotated[str, Field(max_length=40)]
    status: Annotated[str, Field(max_length=200)]
    partner_code: Annotated[str | None, Field(max_length=40)] = None
    account_record_id: str | None = None
    currency: Currency
    amount_minor: AmountMinor | None = None
    ordered_on: date | None = None
    requested_on: Annotated[date | None, Field(description="When the partner wants it")] = None
    ends_on: date | None = None
    zone: str | None = None
    purchase_order: Annotated[str | None, Field(max_length=40, description="The partner's own number")] = None
    lines: Annotated[tuple[OrderLine, ...], Field(max_length=500)] = ()


class CaseOpenedV1(RecordChangedV1):
    """A partner's question about a payment was opened in the CRM, or changed there; the record opens one question."""

    type_name: ClassVar[str] = "salesops.crm.case_opened.v1"
    consumers: ClassVar[tuple[str, ...]] = ("payments",)

    partner_code: Annotated[str, Field(max_length=40)]
    case_number: Annotated[str | None, Field(max_length=40)] = None
    category: str
    subject: Annotated[str, Field(max_length=200)]
    body: Annotated[str, Field(max_length=4000)]
    opened_at: datetime
    is_closed: Annotated[bool, Field(description="It was answered there: it opens no question here")] = False


EVENTS: tuple[type[Event], ...] = (
    PaymentAdvisedV1,
    AccountChangedV1,
    OpportunityChangedV1,
    OrderChangedV1,
    CaseOpenedV1,
    WriteRefusedV1,
)
