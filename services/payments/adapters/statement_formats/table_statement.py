"""A statement as a table, whatever holds its rows: which way it runs, what is signed, and whether balances follow."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice

from services.payments.adapters.statement_formats.delimited_entry import (
    BalanceKind,
    RowReader,
    StatedBalance,
    TablePlace,
)
from services.payments.adapters.statement_formats.delimited_header import Layout
from services.payments.adapters.statement_formats.delimited_rows import Row, reversed_lines
from services.payments.domain.bank_statement import (
    Balance,
    PartClosed,
    PartOpened,
    RejectedLine,
    StatementEvent,
    StatementLine,
)


@dataclass(frozen=True, slots=True)
class Table:
    """`rows` gives all rows anew each time it is called; the header is among them."""

    rows: Callable[[], Iterator[Row]]
    layout: Layout
    currency: str
    place: TablePlace

    def reader(self, *, is_signed: bool) -> RowReader:
        return RowReader(self.layout, self.currency, self.place, is_signed=is_signed)

    def read_rows(self, reader: RowReader) -> Iterator[StatementLine | RejectedLine | StatedBalance]:
        for row in islice(self.rows(), self.layout.header_index + 1, None):
            found = reader.read(row)
            if found is not None:
                yield found

    def lines(self, *, is_signed: bool) -> Iterator[StatementLine | RejectedLine]:
        for found in self.read_rows(self.reader(is_signed=is_signed)):
            if not isinstance(found, StatedBalance):
                yield found


def table_events(table: Table, account_number: str) -> Iterator[StatementEvent]:
    """Yield the events of one part, entries oldest first; line numbers follow the order of the file.

    The rows are read twice: the order of a statement and the meaning of signs show only in the whole of it.
    """
    survey = _surveyed(table)
    part_number = table.place.part_number
    number = table.layout.account_number or account_number
    yield PartOpened(part_number, number, table.currency, table.place.name, "", is_final=True)
    proof = _BalanceProof(table.currency, survey)
    lines = table.lines(is_signed=survey.is_signed)
    for line in reversed_lines(lines) if survey.is_newest_first else lines:
        proof.accept(line)
        yield line
    yield proof.part_closed(part_number)


@dataclass(slots=True)
class _Survey:
    """What only the whole file shows."""

    is_signed: bool = False
    is_newest_first: bool = False
    first_stated: dict[BalanceKind, StatedBalance] = field(default_factory=dict)
    last_stated: dict[BalanceKind, StatedBalance] = field(default_factory=dict)

    def stated(self, kind: BalanceKind) -> StatedBalance | None:
        """Pages repeat such rows; the statement's own opening is the oldest, its closing the newest."""
        is_oldest_wanted = kind is BalanceKind.OPENING
        found = self.first_stated if is_oldest_wanted != self.is_newest_first else self.last_stated
        return found.get(kind)


def _surveyed(table: Table) -> _Survey:
    survey, order = _Survey(), _Order()
    reader = table.reader(is_signed=True)
    for found in table.read_rows(reader):
        if isinstance(found, StatedBalance):
            survey.first_stated.setdefault(found.kind, found)
            survey.last_stated[found.kind] = found
        elif isinstance(found, StatementLine):
            order.accept(found)
    survey.is_signed = reader.saw_sign
    survey.is_newest_first = order.is_newest_first
    return survey


@dataclass(slots=True)
class _Order:
    """Counts neighbours whose running balances fit in either order; dates decide when balances do not."""

    oldest_first_count: int = 0
    newest_first_count: int = 0
    first: StatementLine | None = None
    previous: StatementLine | None = None

    def accept(self, line: StatementLine) -> None:
        previous, self.previous = self.previous, line
        self.first = self.first or line
        if previous is None or previous.running_balance_minor is None or line.running_balance_minor is None:
            return
        self.oldest_first_count += (
            line.running_balance_minor == previous.running_balance_minor + line.amount_minor
        )
        self.newest_first_count += (
            previous.running_balance_minor == line.running_balance_minor + previous.amount_minor
        )

    @property
    def is_newest_first(self) -> bool:
        if self.oldest_first_count != self.newest_first_count:
            return self.newest_first_count > self.oldest_first_count
        if self.first is None or self.previous is None:
            return False
        return self.first.booked_on > self.previous.booked_on


class _BalanceProof:
    """Follows the running balance, oldest line first, and derives what opening and closing must be."""

    def __init__(self, currency: str, survey: _Survey) -> None:
        self._currency = currency
        self._survey = survey
        self._moved_minor = 0  # sum of the lines before the first stated running balance
        self._expected: int | None = None
        self._first: StatementLine | None = None
        self._last: StatementLine | None = None
        self._opening_minor: int | None = None
        self._breaks: list[int] = []

    def accept(self, line: StatementLine | RejectedLine) -> None:
        if isinstance(line, RejectedLine):
            # Its amount is unknown, so the next balance proves nothing about the line that states it.
            self._expected = None
            return
        self._first, self._last = self._first or line, line
        self._moved_minor += line.amount_minor
        running = line.running_balance_minor
        if running is None:
            self._expected = None if self._expected is None else self._expected + line.amount_minor
            return
        if self._opening_minor is None:
            self._opening_minor = running - self._moved_minor
        elif self._expected is not None and self._expected + line.amount_minor != running:
            self._breaks.append(line.line_number)
        self._expected = running

    def part_closed(self, part_number: int) -> PartClosed:
        opening = self._survey.stated(BalanceKind.OPENING)
        closing = self._survey.stated(BalanceKind.CLOSING)
        first_on = self._first.booked_on if self._first else None
        last_on = self._last.booked_on if self._last else None
        closing_minor = self._last.running_balance_minor if self._last else None
        if opening is not None:
            self._opening_minor, first_on = opening.amount_minor, opening.balance_on or first_on
        if closing is not None:
            closing_minor, last_on = closing.amount_minor, closing.balance_on or last_on
        return PartClosed(
            part_number=part_number,
            opening=self._balance(self._opening_minor, first_on),
            closing=self._balance(closing_minor, last_on),
            balance_breaks=tuple(self._breaks),
        )

    def _balance(self, amount_minor: int | None, balance_on: date | None) -> Balance | None:
        return None if amount_minor is None else Balance(amount_minor, self._currency, balance_on)
