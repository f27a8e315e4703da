"""Money of an advance or credit note that is sent back to the partner."""

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from services.payments.domain.chart_of_accounts import bank_ledger_account
from services.payments.domain.foreign_posting import difference_lines
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
    credit_base_minor: int | None = None  # of a foreign credit: what the money was worth when it came
    paid_base_minor: int | None = None  # and on the day it left


def entry_for_refund(credit: Credit, payment: RefundPayment, *, entry_id: UUID) -> JournalEntry:
    """Dr advances or credit notes / Cr bank: 500.00 sent back is 500.00 less on account.

    500.00 USD that came at 82.00 and left at 83.00 are a loss of 500.00 rupees.
    """
    worth, paid = payment.credit_base_minor, payment.paid_base_minor
    differences: list[JournalLine] = []
    if worth is not None and paid is not None:
        differences = difference_lines([worth - paid], credit.partner_code)
    return JournalEntry(
        id=entry_id,
        kind="refund",
        source_id=payment.refund_id,
        currency=credit.currency,
        effective_on=payment.refunded_on,
        description=f"Refund {payment.reference} of {credit.document_number}".strip(),
        lines=(
            JournalLine(CONTROL_ACCOUNTS[credit.kind], payment.amount_minor, credit.partner_code, worth),
            JournalLine(
                bank_ledger_account(payment.bank_account_number),
                -payment.amount_minor,
                None,
                None if paid is None else -paid,
            ),
            *differences,
        ),
    )
