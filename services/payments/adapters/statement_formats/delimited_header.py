"""Finding the header row and what each column means, for the layouts of Indian banks."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields
from itertools import islice
from typing import Final

from services.payments.adapters.statement_formats.delimited_headings import role_of_heading
from services.payments.adapters.statement_formats.delimited_rows import Row, rows_of
from services.payments.domain.errors import StatementUnreadable

HEADER_ROWS_MAX: Final = 40
_DELIMITERS: Final = (",", "\t", ";", "|")

_ACCOUNT_LABEL: Final = re.compile(r"\b(?:account|a/c|acct|ac)\b\.?\s*(?:no|number|num|#)\b", re.IGNORECASE)
_ACCOUNT_NUMBER: Final = re.compile(r"[0-9Xx*]{4,}[0-9]{2,}|[0-9]{6,}")
_CURRENCY_LABEL: Final = re.compile(r"\bcurrency\b", re.IGNORECASE)
_CURRENCY_CODE: Final = re.compile(r"\b[A-Z]{3}\b")


@dataclass(frozen=True, slots=True)
class Columns:
    """Cell numbers by meaning; None where the bank has no such column."""

    width: int
    booked: int | None = None
    valued: int | None = None
    narration: int | None = None
    reference: int | None = None
    transaction: int | None = None
    debit: int | None = None
    credit: int | None = None
    amount: int | None = None
    mark: int | None = None
    soft_mark: int | None = None
    balance: int | None = None
    balance_mark: int | None = None

    @property
    def has_date(self) -> bool:
        return self.booked is not None or self.valued is not None

    @property
    def amounts(self) -> tuple[int, ...]:
        return tuple(each for each in (self.debit, self.credit, self.amount) if each is not None)

    @property
    def has_amount(self) -> bool:
        return self.amount is not None or (self.debit is not None and self.credit is not None)

    @property
    def is_statement(self) -> bool:
        has_text = self.narration is not None or self.reference is not None or self.balance is not None
        return self.has_date and self.has_amount and has_text

    @property
    def known_count(self) -> int:
        return sum(getattr(self, each.name) is not None for each in fields(self)) - 1


@dataclass(frozen=True, slots=True)
class Layout:
    """How a delimited file is to be read, and what stands above its header."""

    delimiter: str
    header_index: int  # rows before the header
    columns: Columns
    account_number: str
    currency: str


def layout_from_lines(lines: Sequence[str]) -> Layout | None:
    """Return the layout whose header row names the most columns, None when no row is a header."""
    layouts = [layout for delimiter in _DELIMITERS if (layout := _layout(lines, delimiter)) is not None]
    return max(layouts, key=lambda layout: layout.columns.known_count, default=None)


def layout_from_rows(rows: Iterable[Row], delimiter: str) -> Layout | None:
    """Return the layout by the first row that is a header, None when none is."""
    preamble = list[Row]()
    for index, row in enumerate(islice(rows, HEADER_ROWS_MAX)):
        columns = columns_from_cells(_without_empty_end(row.cells))
        if columns.is_statement:
            return Layout(delimiter, index, columns, _account_number(preamble), _currency(preamble))
        preamble.append(row)
    return None


def columns_from_cells(cells: Sequence[str]) -> Columns:
    """Return what each heading means: the first of equal ones counts; a mark after a balance is its own."""
    roles = dict[str, int]()
    previous_role = ""
    for index, cell in enumerate(cells):
        role = role_of_heading(cell)
        if role == "mark" and previous_role == "balance":
            role = "balance_mark"
        if role:
            roles.setdefault(role, index)
        previous_role = role
    if "amount" in roles and "mark" not in roles and "balance_mark" in roles:
        # One mark only, and it happens to stand after the balance: it is the one of the amount.
        roles["mark"] = roles.pop("balance_mark")
    return Columns(width=len(cells), **roles)


def _layout(lines: Sequence[str], delimiter: str) -> Layout | None:
    try:
        return layout_from_rows(rows_of(lines, delimiter), delimiter)
    except StatementUnreadable:
        return None  # this delimiter makes no rows of the file; another one may


def _without_empty_end(cells: list[str]) -> list[str]:
    end = len(cells)
    while end and not cells[end - 1].strip():
        end -= 1
    return cells[:end]


def _account_number(preamble: Sequence[Row]) -> str:
    """The number as the bank prints it, masked or not; SBI puts an underscore before it."""
    for row in preamble:
        for value in _values_after(row.cells, _ACCOUNT_LABEL):
            if found := _ACCOUNT_NUMBER.search(value.replace(" ", "")):
                return found[0]
    return ""


def _currency(preamble: Sequence[Row]) -> str:
    for row in preamble:
        for value in _values_after(row.cells, _CURRENCY_LABEL):
            if found := _CURRENCY_CODE.search(value):
                return found[0]
    return ""


def _values_after(cells: Sequence[str], label: re.Pattern[str]) -> list[str]:
    """Return the text after a label: the rest of its cell, or the next cell that holds something."""
    for index, cell in enumerate(cells):
        if matched := label.search(cell):
            following = [text for text in cells[index + 1 :] if text.strip(" :-")][:1]
            return [cell[matched.end() :], *following]
    return []
