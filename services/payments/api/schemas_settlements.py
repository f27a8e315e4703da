"""Bodies of allocations, reversals and refunds."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import Field

from services.payments.adapters.queries.listing import Row
from services.payments.api.schemas_invoices import DocumentNumber
from shared.wire import Day, MoneyBody, WireModel, money

Note = Annotated[str, Field(min_length=3, max_length=500, examples=["Paid twice in October"])]
EffectiveOn = Annotated[
    Day | None, Field(description="The day it counts for; today in India unless given, never in the future")
]


class DeductionDraft(WireModel):
    """What the payer kept back of the item."""

    kind: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]{1,30}$", examples=["TDS194Q"])]
    amount: MoneyBody


class AllocationDraft(WireModel):
    """Money of the credit for one item, and what the payer kept back of it."""

    item: Annotated[
        DocumentNumber | UUID, Field(description="Number of an invoice or charge, or the id of its open item")
    ]
    amount: MoneyBody
    deductions: Annotated[list[DeductionDraft], Field(max_length=5, default_factory=list)]


class AllocationsDraft(WireModel):
    """All of them or none."""

    allocations: Annotated[list[AllocationDraft], Field(min_length=1, max_length=500)]
    effective_on: EffectiveOn = None


class SettlementBody(WireModel):
    """One allocation: what a receipt or credit note settles of an item; kept also after it was taken back."""

    id: UUID
    receipt_id: UUID | None
    credit_note_id: UUID | None
    item_id: UUID
    item_number: str
    kind: Annotated[str, Field(description="`receipt` for what uses the credit, else the deduction's kind")]
    amount: MoneyBody
    effective_on: date
    allocated_at: datetime
    reversed_on: Annotated[date | None, Field(description="Since when it no longer counts")]


class SettlementsBody(WireModel):
    """What a credit settled over time, the oldest first, and what is still open of it."""

    open: MoneyBody
    allocations: list[SettlementBody]


class AllocationReversalDraft(WireModel):
    effective_on: EffectiveOn = None


class ReceiptReversalDraft(WireModel):
    """Why the receipt is taken back; a returned cheque is booked with its return instead."""

    reason_code: Literal["wrong_partner", "wrong_amount", "duplicate", "payment_recalled", "cheque_returned"]
    reversed_on: EffectiveOn = None


class RefundDraft(WireModel):
    """Money on account to be sent back."""

    receipt_id: UUID | None = None
    credit_note_id: UUID | None = None
    amount: MoneyBody
    bank_account: Annotated[
        str, Field(min_length=1, max_length=40, description="Number of our account that pays")
    ]
    reason: Note


class RefundDecisionDraft(WireModel):
    """`paid` books it on the day the money left; `refused` leaves the money on account."""

    decision: Literal["paid", "refused"]
    refunded_on: EffectiveOn = None
    reference: Annotated[str, Field(max_length=60, description="The bank's reference of the transfer")] = ""


class RefundBody(WireModel):
    """A request to send money back and what became of it."""

    id: UUID
    receipt_id: UUID | None
    credit_note_id: UUID | None
    partner_code: str
    bank_account: str
    amount: MoneyBody
    reason: str
    state: Literal["requested", "refused", "paid"]
    requested_by: str
    requested_at: datetime
    decided_by: str | None
    decided_at: datetime | None
    refunded_on: date | None
    reference: str


def settlement_body(row: Row) -> SettlementBody:
    """The reply for one allocation."""
    return SettlementBody(
        id=row.id,
        receipt_id=row.receipt_id,
        credit_note_id=row.credit_note_id,
        item_id=row.open_item_id,
        item_number=row.document_number,
        kind=row.kind,
        amount=money(row.amount_minor, row.currency),
        effective_on=row.effective_on,
        allocated_at=row.allocated_at,
        reversed_on=row.reversed_on,
    )


def refund_body(row: Row) -> RefundBody:
    """The reply for one refund."""
    return RefundBody(
        id=row.id,
        receipt_id=row.receipt_id,
        credit_note_id=row.credit_note_id,
        partner_code=row.partner_code,
        bank_account=row.bank_account,
        amount=money(row.amount_minor, row.currency),
        reason=row.reason,
        state=row.state,
        requested_by=row.requested_by,
        requested_at=row.requested_at,
        decided_by=row.decided_by,
        decided_at=row.decided_at,
        refunded_on=row.refunded_on,
        reference=row.reference,
    )
