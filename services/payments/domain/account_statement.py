"""A partner's account over a period: opening, each movement, closing, what is open, and the proof that all agree."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from services.payments.domain.ageing import Ageing, AgeingBasis, OpenAmount
from services.payments.domain.business_day import financial_year_start
from services.payments.domain.errors import DateImpossible, StatementUnproved


class StatementKind(StrEnum):
    """Everything that moved in a period, or only what is open at its end."""

    ACTIVITY = "activity"
    OUTSTANDING = "outstanding"


@dataclass(frozen=True, slots=True)
class Period:
    """Both days included; everything as of the end of the last one."""

    first: date
    last: date

    @property
    def eve(self) -> date:
        """The day whose closing balance is the opening one."""
        return self.first - timedelta(days=1)


def period_of(first: date | None, last: date | None, today: date) -> Period:
    """The financial year so far unless days are given. DateImpossible for a future or turned period."""
    end = last or today
    begin = first or financial_year_start(end)
    if end > today:
        raise DateImpossible(f"{end} has not come; expected {today} or before")
    if begin > end:
        raise DateImpossible(f"The period ends on {end}, before it begins on {begin}")
    return Period(begin, end)


class Movement(NamedTuple):
    """One document's effect on what the partner owes: positive is a debit. `id` is the document's.

    A tuple, because an account has tens of thousands of them and a dataclass takes eight times as long to make.
    """

    on: date
    kind: str
    id: UUID
    document_number: str
    reference: str
    amount_minor: int


@dataclass(frozen=True, slots=True)
class MemoCheque:
    """A cheque in hand: listed below the balance, never in it."""

    cheque_number: str
    drawee_bank: str
    cheque_on: date
    received_on: date
    amount_minor: int


class MemoDeduction(NamedTuple):
    """Tax the partner kept back and for which its certificate is awaited: settled, and listed for memory."""

    kind: str
    document_number: str
    deducted_on: date
    amount_minor: int


@dataclass(frozen=True, slots=True)
class BookFigures:
    """What the books say of one account in one currency, each by a way of its own.

    `ledger_minor` sums the journal's lines of the partner's control accounts. `live_minor` sums the open items as
    they stand now and is compared only when nothing counts from a later day (`latest_on`).
    """

    ledger_minor: int
    live_minor: int
    latest_on: date | None


@dataclass(frozen=True, slots=True)
class AccountSection:
    """The account in one currency; every section stands alone."""

    currency: str
    opening_minor: int
    movements: tuple[Movement, ...]
    items: tuple[OpenAmount, ...]
    ageing: Ageing
    cheques: tuple[MemoCheque, ...]
    deductions: tuple[MemoDeduction, ...]
    books: BookFigures

    @property
    def debit_minor(self) -> int:
        return sum(one.amount_minor for one in self.movements if one.amount_minor > 0)

    @property
    def credit_minor(self) -> int:
        return -sum(one.amount_minor for one in self.movements if one.amount_minor < 0)

    @property
    def closing_minor(self) -> int:
        return self.opening_minor + self.debit_minor - self.credit_minor

    @property
    def items_minor(self) -> int:
        return sum(item.signed_minor for item in self.items)

    @property
    def is_empty(self) -> bool:
        """Nothing moved, nothing is owed and nothing is open."""
        return not (self.opening_minor or self.movements or self.items or self.cheques)


@dataclass(frozen=True, slots=True)
class StatementWanted:
    """Whose account, which kind and period, and how what is open is aged."""

    partner_code: str
    kind: StatementKind
    period: Period
    basis: AgeingBasis
    bounds: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StatementParty:
    """Whom the statement is for; `gstin` and `address` are '' when not known."""

    code: str
    name: str
    address: str
    city: str
    zone: str
    gstin: str


@dataclass(frozen=True, slots=True)
class AccountStatement:
    """Composed at one instant; every section is proved."""

    wanted: StatementWanted
    partner: StatementParty
    sections: tuple[AccountSection, ...]

    @property
    def is_empty(self) -> bool:
        """There is nothing to send: nothing moved and nothing is owed, or, of an outstanding one, nothing is open."""
        if self.wanted.kind is StatementKind.OUTSTANDING:
            return not any(section.items or section.cheques for section in self.sections)
        return all(section.is_empty for section in self.sections)


def running(opening_minor: int, movements: Iterable[Movement]) -> Iterator[tuple[Movement, int]]:
    """Each movement with the balance after it."""
    balance = opening_minor
    for one in movements:
        balance += one.amount_minor
        yield one, balance


def prove(partner_code: str, as_of: date, sections: Sequence[AccountSection]) -> None:
    """StatementUnproved unless ledger, closing, ageing and open items tell the same amount in each currency."""
    for section in sections:
        books = section.books
        told = {
            "ledger": books.ledger_minor,
            "closing": section.closing_minor,
            "ageing": section.ageing.total_minor,
            "open items": section.items_minor,
        }
        if books.latest_on is None or books.latest_on <= as_of:
            told["open items as they stand"] = books.live_minor
        if len(set(told.values())) > 1:
            figures = ", ".join(f"{name} {minor}" for name, minor in told.items())
            raise StatementUnproved(
                f"{partner_code} {section.currency}: on {as_of} the books disagree by minor units: {figures}",
                partner_code=partner_code,
                currency=section.currency,
            )
