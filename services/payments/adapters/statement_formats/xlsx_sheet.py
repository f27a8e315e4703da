"""The rows of a sheet as texts: what a cell shows, never what a formula would compute."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Context, Decimal, DecimalException
from typing import Final

from services.payments.adapters.statement_formats.delimited_rows import Row
from services.payments.adapters.statement_formats.xlsx_markup import Attributes, ElementWatcher, watched_entry
from services.payments.adapters.statement_formats.xlsx_workbook import Workbook, whole_number
from services.payments.domain.errors import StatementUnreadable

_COLUMNS_MAX: Final = 256
_ROW_CHARACTERS_MAX: Final = 50_000
_REFERENCE: Final = re.compile(r"\$?([A-Z]{1,3})\$?\d{1,7}")
# Spreadsheets compute in binary and show 15 digits: 412037.15999999997 is shown, and meant, as 412037.16.
_SHOWN: Final = Context(prec=15)
_EPOCH, _EPOCH_1904 = date(1899, 12, 30), date(1904, 1, 1)
_LAST_DAY: Final = 2_958_465  # 31 December 9999


def rows_of_sheet(book: Workbook, sheet: str) -> Iterator[Row]:
    """Yield the rows that hold something; one row is in memory at a time, and a formula counts as its stored result."""
    watcher = _SheetReader(book)
    for _ in watched_entry(book.archive, sheet, watcher):
        yield from watcher.taken_rows()
        if watcher.is_past_rows:
            return


@dataclass(slots=True)
class _Cell:
    column: int
    kind: str
    style: int
    parts: list[str] = field(default_factory=list)


class _SheetReader(ElementWatcher):
    def __init__(self, book: Workbook) -> None:
        self._book = book
        self._rows: list[Row] = []
        self._row_number = 0
        self._cells: list[str] = []
        self._cell: _Cell | None = None
        self._is_value = False
        self._characters = 0
        self.is_past_rows = False

    def taken_rows(self) -> list[Row]:
        rows, self._rows = self._rows, []
        return rows

    def start(self, name: str, attributes: Attributes) -> None:
        if self.is_past_rows:
            return
        if name == "row":
            stated = whole_number(attributes.get("r", ""))
            self._row_number = stated if stated > self._row_number else self._row_number + 1
            self._cells, self._characters = [], 0
        elif name == "c":
            self._cell = _Cell(
                self._column(attributes.get("r", "")), attributes.get("t", "n"), _style(attributes)
            )
        elif self._cell is not None and name in ("v", "t"):
            self._is_value = True

    def text(self, text: str) -> None:
        if self._is_value and self._cell is not None:
            self._cell.parts.append(text)
            self._characters += len(text)
            if self._characters > _ROW_CHARACTERS_MAX:
                raise self._refusal(f"at most {_ROW_CHARACTERS_MAX:,} characters in a row")

    def end(self, name: str) -> None:
        if name in ("v", "t"):
            self._is_value = False
        elif name == "c" and self._cell is not None:
            self._take(self._cell)
            self._cell = None
        elif name == "row" and any(self._cells):
            self._rows.append(Row(self._row_number, self._cells, ("\t".join(self._cells),)))
            self._cells = []
        elif name == "sheetData":
            self.is_past_rows = True

    def _column(self, reference: str) -> int:
        matched = _REFERENCE.fullmatch(reference)
        if matched is None:
            return len(self._cells)
        column = 0
        for letter in matched[1]:
            column = column * 26 + ord(letter) - ord("A") + 1
        return column - 1

    def _take(self, cell: _Cell) -> None:
        if cell.column >= _COLUMNS_MAX:
            raise self._refusal(f"at most {_COLUMNS_MAX} columns")
        shown = self._shown(cell)
        if not shown:
            return
        self._cells += [""] * (cell.column + 1 - len(self._cells))
        self._cells[cell.column] = shown

    def _shown(self, cell: _Cell) -> str:
        text = "".join(cell.parts)
        match cell.kind:
            case "s":
                index = whole_number(text)
                if not 0 <= index < len(self._book.shared_texts):
                    raise self._refusal("a cell that refers to a text of the workbook")
                return self._bounded(self._book.shared_texts[index])
            case "b":
                return "TRUE" if text == "1" else "FALSE"
            case "n" if cell.style in self._book.date_styles:
                return _day_text(text, is_1904=self._book.is_1904)
            case "n":
                return _number_text(text)
        return text

    def _bounded(self, text: str) -> str:
        self._characters += len(text)
        if self._characters > _ROW_CHARACTERS_MAX:
            raise self._refusal(f"at most {_ROW_CHARACTERS_MAX:,} characters in a row")
        return text

    def _refusal(self, expected: str) -> StatementUnreadable:
        return StatementUnreadable(f"row {self._row_number} of the sheet: expected {expected}")


def _style(attributes: Attributes) -> int:
    return whole_number(attributes.get("s", "0"))


def _number_text(text: str) -> str:
    """Return the number in plain digits as the sheet shows it; what is no number stays as it is."""
    try:
        number = _SHOWN.plus(Decimal(text))
    except DecimalException:
        return text
    if not number.is_finite() or abs(number.adjusted()) > 30:
        return text
    plain = format(number, "f")
    return plain.rstrip("0").rstrip(".") if "." in plain else plain


def _day_text(text: str, *, is_1904: bool) -> str:
    """Return the day of a serial number as dd/mm/yyyy; the time of day, its fraction, is left out."""
    try:
        number = Decimal(text)
    except DecimalException:
        return text
    if not number.is_finite() or not 0 < number <= _LAST_DAY - (1462 if is_1904 else 0):
        return text
    serial = int(number)
    return f"{(_EPOCH_1904 if is_1904 else _EPOCH) + timedelta(days=serial):%d/%m/%Y}"
