"""One row of a delimited statement: an entry, a stated balance, or text around them."""

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Final

from services.payments.adapters.statement_formats.delimited_header import Columns, Layout, columns_from_cells
from services.payments.adapters.statement_formats.delimited_rows import Row
from services.payments.adapters.statement_formats.delimited_values import (
    WrittenAmount,
    amount_from_text,
    cleaned,
    date_from_text,
    instant_from_text,
    is_absent,
)
from services.payments.adapters.statement_formats.text_source import unreadable
from services.payments.domain.bank_statement import RejectedLine, StatementLine
from shared.money import MoneyError


class BalanceKind(StrEnum):
    OPENING = "opening"
    CLOSING = "closing"


_SUMMARY: Final = re.compile(
    r"statement summary\b.*|end of (?:the )?statement\b.*|legends?\b.*", re.IGNORECASE
)
_TOTAL: Final = re.compile(r"(?:grand|page|sub|net)?[ -]*totals?\s*:?-?|transaction total\b.*", re.IGNORECASE)
_OPENING: Final = re.compile(
    r"(?:opening bal(?:ance)?|b/f|balance b/f|(?:balance )?brought forward|balance forward)\s*:?-?",
    re.IGNORECASE,
)
_CLOSING: Final = re.compile(
    r"(?:closing bal(?:ance)?|c/f|balance c/f|(?:balance )?carried forward)\s*:?-?", re.IGNORECASE
)
_BALANCE_WORDS: Final = ((BalanceKind.OPENING, _OPENING), (BalanceKind.CLOSING, _CLOSING))
_AMOUNT_START: Final = re.compile(r"-?\d{1,3}")
_AMOUNT_END: Final = re.compile(r"\d{2,3}(?:\.\d+)?")
_CREDIT_MARKS: Final = frozenset({"cr", "c", "credit", "+", "deposit"})
_DEBIT_MARKS: Final = frozenset({"dr", "d", "debit", "-", "withdrawal"})


@dataclass(frozen=True, slots=True)
class StatedBalance:
    """A row that states a balance and is no entry."""

    kind: BalanceKind
    amount_minor: int
    balance_on: date | None


@dataclass(frozen=True, slots=True)
class TablePlace:
    """Which part of the file a table is, its name there, and how many entries stand before it."""

    part_number: int = 1
    lines_before: int = 0
    name: str = ""


class _UnreadableRowError(Exception):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail


class RowReader:
    """Reads rows in file order and numbers the entries among them, readable or not."""

    def __init__(self, layout: Layout, currency: str, place: TablePlace, *, is_signed: bool) -> None:
        self._layout = layout
        self._columns: Columns = layout.columns
        self._currency = currency
        self._is_signed = is_signed  # an amount without a mark is a credit, a negative one a debit
        self._is_past_summary = False
        self.saw_sign = False
        self._part_number = place.part_number
        self.line_count = place.lines_before

    def read(self, row: Row) -> StatementLine | RejectedLine | StatedBalance | None:
        """Return the entry or balance of a row; None for totals and text without date and amount."""
        if len(row.lines) > 1:
            self._refuse_swallowed_entries(row)
        try:
            cells, note = self._fitted([cleaned(cell) for cell in row.cells])
        except _UnreadableRowError as error:
            self.line_count += 1
            return self._rejected(row, error.code, error.detail)
        first = next(filter(None, cells), "")
        self._is_past_summary = self._is_past_summary or bool(_SUMMARY.fullmatch(first))
        texts = (first, self._cell(cells, self._columns.narration))
        if kind := next((kind for kind, words in _BALANCE_WORDS if any(map(words.fullmatch, texts))), None):
            return self._stated_balance(cells, kind)
        if not self._is_entry(cells, texts):
            return None
        self.line_count += 1
        try:
            return self._line(cells, row, (note,) if note else ())
        except _UnreadableRowError as error:
            return self._rejected(row, error.code, error.detail)
        except MoneyError as error:
            return self._rejected(row, "invalid_amount", error.detail)

    def _rejected(self, row: Row, code: str, detail: str) -> RejectedLine:
        return RejectedLine(
            self.line_count, self._part_number, code, f"file line {row.file_line}: {detail}", row.raw
        )

    def _refuse_swallowed_entries(self, row: Row) -> None:
        """A cell may hold line ends, but not what looks like the next entry: then a quote is not closed."""
        column = self._columns.booked if self._columns.booked is not None else self._columns.valued
        for line in row.lines[1:]:
            parts = line.split(self._layout.delimiter)
            if (
                column is not None
                and len(parts) > column + 2
                and date_from_text(cleaned(parts[column].strip('"')))
            ):
                raise unreadable(row.file_line, "the quote opened here to be closed before the next entry")

    def _fitted(self, cells: list[str]) -> tuple[list[str], str]:
        """Return exactly the header's number of cells and what was done for it.

        A narration with unquoted delimiters makes a row longer than its header: its parts are put together
        again. If an amount was cut at its commas instead, the row cannot be trusted and is refused.
        """
        width, column = self._columns.width, self._columns.narration
        surplus = len(cells) - width
        if surplus <= 0 or not any(cells[width:]):
            return (cells + [""] * -surplus)[:width], ""
        if not any(date_from_text(cell) for cell in cells):
            return cells[:width], ""
        is_amount_cut = any(map(_is_cut_amount, cells[1:], cells[2:]))
        if column is None or is_amount_cut:
            raise _UnreadableRowError("column_count", f"{len(cells)} cells under {width} headings")
        narration = self._layout.delimiter.join(cells[column : column + surplus + 1])
        note = f"narration put together from {surplus + 1} cells"
        return [*cells[:column], narration, *cells[column + surplus + 1 :]], note

    def _stated_balance(self, cells: list[str], kind: BalanceKind) -> StatedBalance | None:
        balance = self._running_balance(cells)
        return None if balance is None else StatedBalance(kind, balance, self._booked_on(cells))

    def _is_entry(self, cells: list[str], texts: tuple[str, str]) -> bool:
        columns = self._columns
        has_date = self._booked_on(cells) is not None
        has_amount = any(_has_digit(self._cell(cells, each)) for each in columns.amounts)
        if has_date and has_amount:
            return True
        if self._is_past_summary:
            return False
        if has_date:
            # A date alone is a print date; with more beside it, it is an entry without its amount.
            return len([cell for cell in cells if cell]) > 2
        if has_amount:
            return not any(map(_TOTAL.fullmatch, texts)) and not columns_from_cells(cells).is_statement
        # What stands for a date cannot be read, but there is a balance: an entry that lost both.
        return _has_digit(self._first_date(cells)) and _has_digit(self._cell(cells, columns.balance))

    def _line(self, cells: list[str], row: Row, notes: tuple[str, ...]) -> StatementLine:
        booked_on = self._booked_on(cells)
        if booked_on is None:
            raise _UnreadableRowError("invalid_date", f"'{self._first_date(cells)[:40]}' is not a date")
        amount_minor = self._signed_amount(cells)
        if amount_minor == 0:
            notes += ("zero amount: information only",)
        columns = self._columns
        reference, transaction = (
            self._reference(cells, columns.reference),
            self._reference(cells, columns.transaction),
        )
        return StatementLine(
            line_number=self.line_count,
            part_number=self._part_number,
            booked_on=booked_on,
            value_on=self._value_on(cells, booked_on),
            amount_minor=amount_minor,
            currency=self._currency,
            narration=" ".join(self._cell(cells, columns.narration).splitlines()),
            bank_reference=reference or transaction,
            is_final=amount_minor != 0,
            running_balance_minor=self._running_balance(cells),
            raw=row.raw,
            other_references=(f"TXID:{transaction}",) if transaction else (),
            notes=notes,
            credited_at=instant_from_text(self._cell(cells, columns.booked)),
        )

    def _signed_amount(self, cells: list[str]) -> int:
        """The direction comes from the column or the mark, never from words of the narration."""
        columns = self._columns
        if columns.amount is not None and columns.debit is None:
            return self._marked_amount(cells, columns.amount)
        debit = amount_from_text(self._cell(cells, columns.debit), self._currency)
        credit = amount_from_text(self._cell(cells, columns.credit), self._currency)
        if debit is None and credit is None:
            raise _UnreadableRowError("invalid_amount", "neither a debit nor a credit amount")
        taken, given = _column_amount(debit, "CR"), _column_amount(credit, "DR")
        if taken and given:
            raise _UnreadableRowError("direction_unknown", "both a debit and a credit amount")
        return given - taken

    def _marked_amount(self, cells: list[str], column: int) -> int:
        amount = amount_from_text(self._cell(cells, column), self._currency)
        if amount is None:
            raise _UnreadableRowError("invalid_amount", "no amount")
        mark_column = self._columns.mark if self._columns.mark is not None else self._columns.soft_mark
        mark = self._cell(cells, mark_column).casefold().strip("(). ") or amount.mark.casefold()
        if mark not in _CREDIT_MARKS | _DEBIT_MARKS:
            mark = amount.mark.casefold()
        if mark in _CREDIT_MARKS | _DEBIT_MARKS:
            if amount.amount_minor < 0 and mark in _CREDIT_MARKS:
                raise _UnreadableRowError("direction_unknown", "a negative amount marked as credit")
            return abs(amount.amount_minor) if mark in _CREDIT_MARKS else -abs(amount.amount_minor)
        self.saw_sign = self.saw_sign or amount.amount_minor < 0
        if not self._is_signed:
            raise _UnreadableRowError("direction_unknown", "an amount without a sign or a mark Dr or Cr")
        return amount.amount_minor

    def _running_balance(self, cells: list[str]) -> int | None:
        """Negative when overdrawn; None when the row has none or none that can be read."""
        try:
            balance = amount_from_text(self._cell(cells, self._columns.balance), self._currency)
        except MoneyError:
            return None
        if balance is None:
            return None
        mark = balance.mark.casefold() or self._cell(cells, self._columns.balance_mark).casefold().strip(
            "(). "
        )
        return -abs(balance.amount_minor) if mark in _DEBIT_MARKS else balance.amount_minor

    def _booked_on(self, cells: list[str]) -> date | None:
        return date_from_text(self._first_date(cells))

    def _first_date(self, cells: list[str]) -> str:
        return self._cell(cells, self._columns.booked) or self._cell(cells, self._columns.valued)

    def _value_on(self, cells: list[str], booked_on: date) -> date:
        text = self._cell(cells, self._columns.valued)
        value_on = booked_on if is_absent(text) else date_from_text(text)
        if value_on is None:
            raise _UnreadableRowError("invalid_date", f"'{text[:40]}' is not a value date")
        return value_on

    def _reference(self, cells: list[str], column: int | None) -> str:
        text = self._cell(cells, column)
        return "" if is_absent(text) else " ".join(text.split())

    def _cell(self, cells: list[str], column: int | None) -> str:
        return cells[column] if column is not None else ""


def _column_amount(amount: WrittenAmount | None, contrary_mark: str) -> int:
    """Return the amount of a debit or credit column; a sign or the other column's mark makes it unclear."""
    if amount is None:
        return 0
    if amount.amount_minor < 0 or amount.mark == contrary_mark:
        raise _UnreadableRowError("direction_unknown", "an amount whose sign or mark contradicts its column")
    return amount.amount_minor


def _has_digit(text: str) -> bool:
    return any(character.isdigit() for character in text)


def _is_cut_amount(left: str, right: str) -> bool:
    """Tell whether two neighbouring cells are the halves of 1,200.00."""
    return bool(_AMOUNT_START.fullmatch(left) and _AMOUNT_END.fullmatch(right))
