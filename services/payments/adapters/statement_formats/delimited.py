"""Statements as delimited text, as the portals of Indian banks export them."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import BinaryIO, Final

from services.payments.adapters.statement_formats.delimited_entry import BalanceKind, RowReader, StatedBalance
from services.payments.adapters.statement_formats.delimited_header import (
    HEADER_ROWS_MAX,
    Layout,
    layout_from_lines,
)
from services.payments.adapters.statement_formats.delimited_rows import reversed_lines, rows_of
from services.payments.adapters.statement_formats.text_source import text_encoding, text_lines, unreadable
from services.payments.domain.bank_statement import (
    Balance,
    PartClosed,
    PartOpened,
    RejectedLine,
    StatementEvent,
    StatementLine,
)

_HEAD_LINES: Final = HEADER_ROWS_MAX * 4


def read_delimited(file: BinaryIO, *, default_currency: str, account_number: str) -> Iterator[StatementEvent]:
    """Yield the events of the file's one part, entries oldest first; line numbers stay those of the file.

    The file is read twice: the order of a statement and the meaning of signs show only in the whole of it.
    """
    encoding = text_encoding(file)
    layout = layout_from_lines(list(islice(text_lines(file, encoding), _HEAD_LINES)))
    if layout is None:
        expected = (
            "headings for a date, amounts and a narration (e.g. Date, Narration, Debit, Credit, Balance)"
        )
        raise unreadable(1, f"{expected} within the first {HEADER_ROWS_MAX} rows")
    source = _Source(file, encoding, layout, layout.currency or default_currency)
    survey = _surveyed(source)
    yield PartOpened(1, layout.account_number or account_number, source.currency, "", "", is_final=True)
    proof = _BalanceProof(source.currency, survey)
    lines = source.lines(is_signed=survey.is_signed)
    for line in reversed_lines(lines) if survey.is_newest_first else lines:
        proof.accept(line)
        yield line
    yield proof.part_closed()


@dataclass(frozen=True, slots=True)
class _Source:
    file: BinaryIO
    encoding: str
    layout: Layout
    currency: str

    def reader(self, *, is_signed: bool) -> RowReader:
        return RowReader(self.layout, self.currency, is_signed=is_signed)

    def read_rows(self, reader: RowReader) -> Iterator[StatementLine | RejectedLine | StatedBalance]:
        rows = rows_of(text_lines(self.file, self.encoding), self.layout.delimiter)
        for row in islice(rows, self.layout.header_index + 1, None):
            found = reader.read(row)
            if found is not None:
                yield found

    def lines(self, *, is_signed: bool) -> Iterator[StatementLine | RejectedLine]:
        for found in self.read_rows(self.reader(is_signed=is_signed)):
            if not isinstance(found, StatedBalance):
                yield found


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


def _surveyed(source: _Source) -> _Survey:
    survey, order = _Survey(), _Order()
    reader = source.reader(is_signed=True)
    for found in source.read_rows(reader):
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

    def part_closed(self) -> PartClosed:
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
            part_number=1,
            opening=self._balance(self._opening_minor, first_on),
            closing=self._balance(closing_minor, last_on),
            balance_breaks=tuple(self._breaks),
        )

    def _balance(self, amount_minor: int | None, balance_on: date | None) -> Balance | None:
        return None if amount_minor is None else Balance(amount_minor, self._currency, balance_on)
