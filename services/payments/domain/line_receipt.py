"""The receipt that a decision about a bank line asks for."""

from dataclasses import dataclass
from uuid import UUID

from services.payments.domain.bank_statement import StatementLine
from services.payments.domain.decision import Decision
from services.payments.domain.narration import Narration
from services.payments.domain.receipt import MONEY, Receipt, ReceiptAllocation


@dataclass(frozen=True, slots=True)
class LineOrigin:
    """Where a receipt comes from: the bank's line, our account, and how often the line was booked before, plus one."""

    bank_line_id: UUID
    bank_account_id: UUID
    bank_account_number: str
    line: StatementLine
    reference: str
    attempt: int = 1


def receipt_of_line(
    origin: LineOrigin, decision: Decision, narration: Narration, *, receipt_id: UUID
) -> Receipt:
    """Money and deductions as decided. The decision names its partner."""
    assert decision.partner_code is not None
    money = [
        ReceiptAllocation(a.invoice_id, a.invoice_number, MONEY, a.amount_minor) for a in decision.allocations
    ]
    kept = [
        ReceiptAllocation(d.invoice_id, d.invoice_number, d.kind, d.amount_minor) for d in decision.deductions
    ]
    return Receipt(
        id=receipt_id,
        bank_line_id=origin.bank_line_id,
        bank_account_id=origin.bank_account_id,
        bank_account_number=origin.bank_account_number,
        partner_code=decision.partner_code,
        currency=origin.line.currency,
        amount_minor=origin.line.amount_minor,
        on_account_minor=decision.on_account_minor,
        received_on=origin.line.booked_on,
        rail=narration.rail,
        reference=origin.reference,
        cheque_number=narration.cheque_number,
        allocations=tuple(money + kept),
        attempt=origin.attempt,
    )
