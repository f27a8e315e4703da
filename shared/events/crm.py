"""Facts told by Salesforce, which the gateway takes in and passes on."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, ClassVar

from pydantic import Field

from shared.events.envelope import Event
from shared.events.payments import AmountMinor, Currency

RecordId = Annotated[
    str, Field(min_length=15, max_length=18, description="Salesforce record id of 18 characters")
]


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


EVENTS: tuple[type[Event], ...] = (PaymentAdvisedV1,)
