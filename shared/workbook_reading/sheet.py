"""The rows of a sheet as texts: what a cell shows, never what a formula would compute."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Context, Decimal, DecimalException
from typing import Final

from shared.workbook_reading.archive import WorkbookUnreadable
from shared.workbook_reading.markup import Attributes, ElementWatcher, watched_entry
from shared.workbook_reading.workbook import Workbook, whole_number

_COLUMNS_MAX: Final = 256
_ROW_CHARACTERS_MAX: Final = 50_000
_REFERENCE: Final = re.compile(r"\$?([A-Z]{1,3})\$?\d{1,7}")
# Spreadsheets compute in binary and show 15 digits: 412037.15999999997 is shown, and meant, as 412037.16.
_SHOWN: Final = Context(prec=15)
_EPOCH, _EPOCH_1904 = datetime(1899, 12, 30), datetime(1904, 1, 1)  # noqa: DTZ001 - cells have no time zone
_DAY_SECONDS: Final = 86_400
_LAST_DAY: Final = 2_958_465  # 31 December 9999


@dataclass(frozen=True, slots=True)
class SheetRow:
    """A row as the sheet numbers it, and its cells from column A on."""

    number: int
    cells: list[str]


@dataclass(frozen=True, slots=True)
class CellLook:
    """How cells are told: an instant as text, which has no time zone. `is_exact` tells 18 % as 18, not as 0.18, and
    refuses a number whose digits the spreadsheet has lost: it keeps fifteen. `truths` are the texts of false and true.
    """

    moment: Callable[[datetime], str]
    is_exact: bool = True
    truths: tuple[str, str] = ("FALSE", "TRUE")


def rows_of_sheet(book: Workbook, sheet: str, look: CellLook) -> Iterator[SheetRow]:
    """Yield the rows that hold something; one row is in memory at a time, and a formula counts as its stored result."""
    watcher = _SheetReader(book, look)
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
    def __init__(self, book: Workbook, look: CellLook) -> None:
        self._book = book
        self._look = look
        self._rows: list[SheetRow] = []
        self._row_number = 0
        self._cells: list[str] = []
        self._cell: _Cell | None = None
        self._is_value = False
        self._characters = 0
        self.is_past_rows = False

    def taken_rows(self) -> list[SheetRow]:
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
            self._rows.append(SheetRow(self._row_number, self._cells))
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
                return self._look.truths[text == "1"]
            case "n" if cell.style in self._book.date_styles:
                return self._moment_text(text)
            case "n":
                return self._number_text(text, is_percent=cell.style in self._book.percent_styles, cell=cell)
        return text

    def _moment_text(self, text: str) -> str:
        """What is no serial number of a day stays as it is."""
        number, is_1904 = _number(text), self._book.is_1904
        if number is None or not 0 < number <= _LAST_DAY - (1462 if is_1904 else 0):
            return text
        seconds = timedelta(seconds=int((number * _DAY_SECONDS).to_integral_value()))
        return self._look.moment((_EPOCH_1904 if is_1904 else _EPOCH) + seconds)

    def _number_text(self, text: str, *, is_percent: bool, cell: _Cell) -> str:
        """In plain digits as the sheet shows it; what is no number stays as it is."""
        number = _number(text)
        if number is None or abs(number.adjusted()) > 30:
            return text
        if self._look.is_exact and number.adjusted() >= _SHOWN.prec:
            place = f"{column_letters(cell.column)}{self._row_number}"
            raise WorkbookUnreadable(
                f"cell {place}: expected a text; a spreadsheet keeps {_SHOWN.prec} digits of a number"
            )
        if self._look.is_exact and is_percent:
            number *= 100
        plain = format(number, "f")
        return plain.rstrip("0").rstrip(".") if "." in plain else plain

    def _bounded(self, text: str) -> str:
        self._characters += len(text)
        if self._characters > _ROW_CHARACTERS_MAX:
            raise self._refusal(f"at most {_ROW_CHARACTERS_MAX:,} characters in a row")
        return text

    def _refusal(self, expected: str) -> WorkbookUnreadable:
        return WorkbookUnreadable(f"row {self._row_number} of the sheet: expected {expected}")


def _style(attributes: Attributes) -> int:
    return whole_number(attributes.get("s", "0"))


def _number(text: str) -> Decimal | None:
    try:
        number = _SHOWN.plus(Decimal(text))
    except DecimalException:
        return None
    return number if number.is_finite() else None


def column_letters(column: int) -> str:
    """0 is A, 26 is AA."""
    letters = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters
