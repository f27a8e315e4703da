"""Money of an advance or credit note that is sent back to the partner."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.payments.domain.chart_of_accounts import bank_ledger_account
from services.payments.domain.journal import JournalEntry, JournalLine
from services.payments.domain.settlement import CONTROL_ACCOUNTS, Credit


@dataclass(frozen=True, slots=True)
class RefundPayment:
    """How the money left: on which day, from which of our accounts, under which bank reference."""

    refund_id: UUID
    amount_minor: int
    refunded_on: date
    bank_account_number: str
    reference: str


def entry_for_refund(credit: Credit, payment: RefundPayment, *, entry_id: UUID) -> JournalEntry:
    """Dr advances or credit notes / Cr bank: 500.00 sent back is 500.00 less on account."""
    return JournalEntry(
        id=entry_id,
        kind="refund",
        source_id=payment.refund_id,
        currency=credit.currency,
        effective_on=payment.refunded_on,
        description=f"Refund {payment.reference} of {credit.document_number}".strip(),
        lines=(
            JournalLine(CONTROL_ACCOUNTS[credit.kind], payment.amount_minor, credit.partner_code),
            JournalLine(bank_ledger_account(payment.bank_account_number), -payment.amount_minor),
        ),
    )
