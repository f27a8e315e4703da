"""Bodies of receipts."""

from datetime import date, datetime
from uuid import UUID

from services.payments.adapters.queries.listing import Row
from services.payments.api.schemas_bank_statements import AllocationBody, DeductionBody
from services.payments.domain.receipt import MONEY
from shared.wire import MoneyBody, WireModel, money


class ReversalBody(WireModel):
    """When and why the receipt was taken back."""

    reason_code: str
    reversed_on: date


class ReceiptBody(WireModel):
    """Money received and booked: amount = allocations + on account."""

    id: UUID
    bank_account: str
    bank_line_id: UUID | None
    partner_code: str
    amount: MoneyBody
    on_account: MoneyBody
    received_on: date
    booked_at: datetime
    rail: str
    reference: str
    allocations: list[AllocationBody]
    deductions: list[DeductionBody]
    reversal: ReversalBody | None


def receipt_body(row: Row) -> ReceiptBody:
    """The reply for one receipt with what it settled."""
    currency = row.currency
    reversal = None
    if row.reversal_reason is not None:
        reversal = ReversalBody(reason_code=row.reversal_reason, reversed_on=row.reversed_on)
    return ReceiptBody(
        id=row.id,
        bank_account=row.bank_account,
        bank_line_id=row.bank_line_id,
        partner_code=row.partner_code,
        amount=money(row.amount_minor, currency),
        on_account=money(row.on_account_minor, currency),
        received_on=row.received_on,
        booked_at=row.booked_at,
        rail=row.rail,
        reference=row.reference,
        allocations=[
            AllocationBody(invoice_number=part["number"], amount=money(part["minor"], currency))
            for part in row.settled
            if part["kind"] == MONEY
        ],
        deductions=[
            DeductionBody(
                invoice_number=part["number"], kind=part["kind"], amount=money(part["minor"], currency)
            )
            for part in row.settled
            if part["kind"] != MONEY
        ],
        reversal=reversal,
    )
