"""Two ends of a settlement: a credit (receipt or credit note) and the debits it is set against."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.payments.domain.chart_of_accounts import (
    CUSTOMER_ADVANCES,
    CUSTOMER_CREDIT_NOTES,
    DEDUCTION_ACCOUNTS,
    RECEIVABLES,
)
from services.payments.domain.errors import ItemNotPayable
from services.payments.domain.exchange_rate import BASE_CURRENCY
from services.payments.domain.foreign_posting import settlement_lines
from services.payments.domain.journal import JournalEntry, JournalLine
from services.payments.domain.receipt import MONEY, ReceiptAllocation

DEBIT_KINDS: Final = frozenset({"invoice", "charge"})


class CreditKind(StrEnum):
    """What a partner may pay with; the value names the open item's kind."""

    ADVANCE = "advance"
    CREDIT_NOTE = "credit_note"


CONTROL_ACCOUNTS: Final = {
    CreditKind.ADVANCE: CUSTOMER_ADVANCES,
    CreditKind.CREDIT_NOTE: CUSTOMER_CREDIT_NOTES,
}


@dataclass(frozen=True, slots=True)
class Credit:
    """A receipt or an issued credit note, whose id is also its open item's."""

    id: UUID
    kind: CreditKind
    partner_code: str
    currency: str
    document_number: str
    counts_from: date  # the day from which the books show it

    def minor_of(self, amount_minor: int, currency: str) -> int:
        """A positive amount in the credit's currency; ItemNotPayable otherwise."""
        if currency != self.currency:
            raise ItemNotPayable(f"The credit is in {self.currency}, the amount in {currency}")
        if amount_minor <= 0:
            raise ItemNotPayable("Each amount is positive")
        return amount_minor

    @property
    def receipt_id(self) -> UUID | None:
        return self.id if self.kind is CreditKind.ADVANCE else None

    @property
    def credit_note_id(self) -> UUID | None:
        return self.id if self.kind is CreditKind.CREDIT_NOTE else None


@dataclass(frozen=True, slots=True)
class Settlement:
    """One stored allocation that was not taken back; `kind` is MONEY or a deduction's."""

    id: UUID
    open_item_id: UUID
    document_number: str
    kind: str
    amount_minor: int
    effective_on: date
    base_minor: int | None = None  # of a foreign item: what the slice is worth at the item's rate
    credit_base_minor: int | None = None  # and at the credit's rate


def entry_for_settlements(
    credit: Credit,
    parts: Sequence[ReceiptAllocation | Settlement],
    *,
    entry_id: UUID,
    effective_on: date,
    is_undone: bool,
) -> JournalEntry:
    """Dr advances or credit notes and what was kept back / Cr receivables; the other way round when undone.

    An advance of 1,179.00 that pays an invoice of 1,180.00 with 1.00 tax deducted: Dr advances 1,179.00, Dr TDS
    receivable 1.00, Cr receivables 1,180.00.
    """
    if credit.currency == BASE_CURRENCY:
        lines = _settlement_lines(credit, parts)
    else:
        lines = settlement_lines(parts, credit.partner_code, CONTROL_ACCOUNTS[credit.kind])
    return JournalEntry(
        id=entry_id,
        kind="allocation_undone" if is_undone else "allocation",
        source_id=credit.id,
        currency=credit.currency,
        effective_on=effective_on,
        description=f"{credit.document_number} {'no longer ' if is_undone else ''}set against invoices".strip(),
        lines=tuple(line.mirrored() for line in lines) if is_undone else tuple(lines),
    )


def _settlement_lines(credit: Credit, parts: Sequence[ReceiptAllocation | Settlement]) -> list[JournalLine]:
    by_account: dict[str, int] = {}
    for part in parts:
        account = CONTROL_ACCOUNTS[credit.kind] if part.kind == MONEY else DEDUCTION_ACCOUNTS[part.kind]
        by_account[account] = by_account.get(account, 0) + part.amount_minor
    lines = [
        JournalLine(account, amount, credit.partner_code) for account, amount in sorted(by_account.items())
    ]
    return [*lines, JournalLine(RECEIVABLES, -sum(by_account.values()), credit.partner_code)]
