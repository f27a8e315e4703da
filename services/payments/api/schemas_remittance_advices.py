"""Bodies of remittance advices."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.payments.adapters.queries.listing import Row
from services.payments.api.schemas_invoices import PartnerCode
from services.payments.api.schemas_settlements import AllocationDraft, DeductionDraft
from services.payments.domain.receipt import MONEY
from services.payments.domain.received_payment import PaymentPart
from services.payments.domain.remittance_advice import RemittanceAdvice
from shared.money import MoneyError, minor_from_text
from shared.wire import Day, MoneyBody, WireModel, money

StateName = Literal["waiting", "matched", "received_otherwise", "cancelled", "superseded"]


class AdviceDraft(WireModel):
    """What a partner says it paid. Partner and reference name it for ever."""

    partner_code: PartnerCode
    reference: Annotated[
        str,
        Field(
            max_length=40,
            pattern=r"^[\x20-\x7e]*$",
            description="UTR or RRN, whole or its first ten characters at least",
            examples=["HDFCR52026101400000001"],
        ),
    ] = ""
    cheque_number: Annotated[
        str, Field(pattern=r"^(0{0,4}[0-9]{6})?$", description="Instead of a reference")
    ] = ""
    amount: Annotated[MoneyBody, Field(description="What the bank will credit")]
    paid_on: Annotated[Day, Field(description="The day the partner paid, or the date of the cheque")]
    items: Annotated[
        list[AllocationDraft],
        Field(max_length=500, description="What it pays; the rest is on account", default_factory=list),
    ]
    note: Annotated[str, Field(max_length=500)] = ""

    def advice(self) -> RemittanceAdvice:
        """The domain's advice; AdviceInvalid or MoneyError when its figures contradict each other."""
        amounts = [self.amount, *(part.amount for part in self.items)]
        amounts += [one.amount for part in self.items for one in part.deductions]
        if {amount.currency for amount in amounts} != {self.amount.currency}:
            raise MoneyError("All amounts of an advice are in one currency")
        return RemittanceAdvice(
            partner_code=self.partner_code,
            reference=self.reference,
            currency=self.amount.currency,
            amount_minor=self.amount.minor(),
            paid_on=self.paid_on,
            parts=tuple(
                PaymentPart(
                    str(part.item),
                    part.amount.minor(),
                    tuple((one.kind, one.amount.minor()) for one in part.deductions),
                )
                for part in self.items
            ),
            cheque_number=self.cheque_number,
            note=self.note,
        )


class AdviceRow(WireModel):
    """One advice of a CSV batch; amounts in rupees. `items` is `number=amount`, several parted by `;`, or empty."""

    partner_code: PartnerCode
    reference: str
    cheque_number: str
    amount_in_rupees: str
    paid_on: Day
    items: Annotated[
        str, Field(max_length=20_000, examples=["ENG/26-27/70001=118000.00;ENG/26-27/70002=5000.00"])
    ]
    note: Annotated[str, Field(max_length=500)] = ""

    def advice(self) -> RemittanceAdvice:
        """The domain's advice; AdviceInvalid or MoneyError say what is wrong."""
        return RemittanceAdvice(
            partner_code=self.partner_code,
            reference=self.reference,
            currency="INR",
            amount_minor=minor_from_text(self.amount_in_rupees, "INR"),
            paid_on=self.paid_on,
            parts=tuple(_part_of_text(one) for one in self.items.split(";") if one.strip()),
            cheque_number=self.cheque_number,
            note=self.note,
        )


def _part_of_text(text: str) -> PaymentPart:
    item, _, amount = text.rpartition("=")
    if not item.strip():
        raise MoneyError(f"'{text[:60]}' is no item with its amount; expected e.g. ENG/26-27/70001=118000.00")
    return PaymentPart(item.strip(), minor_from_text(amount, "INR"))


class CancellationDraft(WireModel):
    """Why the advice no longer holds."""

    reason: Annotated[str, Field(min_length=1, max_length=500, examples=["Sent twice"])]


class AdvisedItemBody(WireModel):
    """What the advice says of one invoice or charge."""

    item: str
    amount: MoneyBody
    deductions: list[DeductionDraft]


class AdviceEventBody(WireModel):
    """One change of the advice."""

    standing: str
    detail: str
    at: datetime
    actor: str


class AdviceBody(WireModel):
    """What a partner says it paid, and whether the money came."""

    id: UUID
    partner_code: str
    reference: str
    amount: MoneyBody
    paid_on: date
    items: list[AdvisedItemBody]
    on_account: MoneyBody
    note: str
    channel: Literal["api", "salesforce"]
    external_id: str | None = Field(description="Record id in Salesforce")
    state: StateName = Field(
        description="`received_otherwise`: a receipt with this reference was booked without the advice"
    )
    age_days: int = Field(description="Days since it was paid, while it waits", ge=0)
    is_overdue: bool = Field(description="It waits longer than its money can take")
    receipt_id: UUID | None = Field(description="The receipt it explained")
    bank_line_id: UUID | None
    matched_at: datetime | None
    told_at: datetime
    told_by: str
    revision: int
    history: list[AdviceEventBody]


def advice_body(row: Row) -> AdviceBody:
    """The reply for one advice."""
    parts = [part for part in row.parts if part["kind"] == MONEY]
    settled = sum(part["minor"] for part in parts)
    return AdviceBody(
        id=row.id,
        partner_code=row.partner_code,
        reference=row.reference,
        amount=money(row.amount_minor, row.currency),
        paid_on=row.paid_on,
        items=[_item_body(part, row.parts, row.currency) for part in parts],
        on_account=money(row.amount_minor - settled, row.currency),
        note=row.note,
        channel=row.channel,
        external_id=row.external_id,
        state=row.state,
        age_days=row.age_days,
        is_overdue=row.is_overdue,
        receipt_id=row.receipt_id,
        bank_line_id=row.bank_line_id,
        matched_at=row.matched_at,
        told_at=row.told_at,
        told_by=row.told_by,
        revision=row.revision,
        history=[AdviceEventBody(**event) for event in row.events],
    )


def _item_body(part: dict[str, Any], parts: list[dict[str, Any]], currency: str) -> AdvisedItemBody:
    kept = [other for other in parts if other["position"] == part["position"] and other["kind"] != MONEY]
    return AdvisedItemBody(
        item=part["item"],
        amount=money(part["minor"], currency),
        deductions=[DeductionDraft(kind=one["kind"], amount=money(one["minor"], currency)) for one in kept],
    )
