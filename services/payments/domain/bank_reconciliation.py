"""Why the bank's balance and the book's differ on a day, item by item, and whether anything is left."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID


class ItemKind(StrEnum):
    """What stands between bank and book."""

    CREDIT_NOT_BOOKED = "credit_not_booked"
    DEBIT_NOT_BOOKED = "debit_not_booked"
    RECEIPT_NOT_AT_BANK = "receipt_not_at_bank"
    REFUND_NOT_AT_BANK = "refund_not_at_bank"
    ENTRY_NOT_AT_BANK = "entry_not_at_bank"
    AMOUNT_DIFFERS = "amount_differs"
    OPENING_DIFFERENCE = "opening_difference"


class BankBasis(StrEnum):
    """How sure the bank's balance of the day is.

    STATED: a statement covers the day. CONTINUED: none does, and the next one opens with what the one before closed.
    CARRIED: the last statement ends before the day. NOT_STATED: no statement tells a balance.
    """

    STATED = "stated"
    CONTINUED = "continued"
    CARRIED = "carried"
    NOT_STATED = "not_stated"


class ReconciliationState(StrEnum):
    PROVED = "proved"
    TOLERATED = "tolerated"
    UNEXPLAINED = "unexplained"


@dataclass(frozen=True, slots=True)
class StatementSpan:
    """One proved statement within a file: which days it covers, and with which balances it begins and ends."""

    statement_id: UUID
    part_number: int
    file_name: str
    sha256: str
    first_on: date
    last_on: date
    opening_minor: int
    closing_minor: int
    last_lines: int = 0  # how many lines it has of its last day


@dataclass(frozen=True, slots=True)
class BankBalance:
    """What the bank says the account held at the end of the day; `span` is the statement that says so."""

    amount_minor: int | None
    basis: BankBasis
    span: StatementSpan | None


def covering_span(spans: Sequence[StatementSpan], day: date) -> StatementSpan | None:
    """The statement that tells most about the day: it reaches furthest, and of equals has most lines of its last day.

    A file fetched at noon and one fetched at night end on the same day, and only the second knows the evening.
    """
    covering = [span for span in spans if span.first_on <= day <= span.last_on]
    return max(covering, key=lambda span: (span.last_on, span.last_lines), default=None)


def balance_between(spans: Sequence[StatementSpan], day: date) -> BankBalance:
    """The balance of a day that no statement covers, from the statements around it."""
    before = max((s for s in spans if s.last_on < day), key=lambda s: (s.last_on, s.first_on), default=None)
    after = min((s for s in spans if s.first_on > day), key=lambda s: s.first_on, default=None)
    if before is None:
        return BankBalance(None, BankBasis.NOT_STATED, None)
    if after is not None and after.opening_minor == before.closing_minor:
        return BankBalance(before.closing_minor, BankBasis.CONTINUED, before)
    return BankBalance(before.closing_minor, BankBasis.CARRIED, before)


@dataclass(frozen=True, slots=True)
class ReconcilingItem:
    """One reason for the difference; `amount_minor` is what the bank has more than the book because of it."""

    kind: ItemKind
    amount_minor: int
    occurred_on: date
    reference: str = ""
    narration: str = ""
    bank_line_id: UUID | None = None
    journal_entry_id: UUID | None = None
    source_id: UUID | None = None
    decision: str = ""
    reason: str = ""
    exception_id: UUID | None = None
    owner: str = ""


@dataclass(frozen=True, slots=True)
class BankReconciliation:
    """Balance per bank, balance per book, and what lies between them on a day."""

    day: date
    currency: str
    bank: BankBalance
    book_minor: int
    items: tuple[ReconcilingItem, ...]

    @property
    def residual_minor(self) -> int | None:
        """What no item explains: 100.00 at the bank, 90.00 in the book and one credit of 10.00 not booked leave 0.

        None when no statement tells the bank's balance.
        """
        if self.bank.amount_minor is None:
            return None
        return self.bank.amount_minor - self.book_minor - sum(item.amount_minor for item in self.items)

    def state_within(self, tolerated_minor: int) -> ReconciliationState:
        """PROVED without a residual; TOLERATED within what a signed tolerance allows; UNEXPLAINED otherwise."""
        residual = self.residual_minor
        if residual is None:
            return ReconciliationState.UNEXPLAINED
        if residual == 0:
            return ReconciliationState.PROVED
        if abs(residual) <= tolerated_minor:
            return ReconciliationState.TOLERATED
        return ReconciliationState.UNEXPLAINED
