"""Tables as a workbook, row by row in constant memory: dates are dates, money is a number, text is never calculated."""

import tempfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby
from typing import IO, Any, Final
from zoneinfo import ZoneInfo

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name, xl_rowcol_to_cell_fast
from xlsxwriter.worksheet import CellNumberTuple, CellStringTuple, Worksheet

from shared.documents.rupee_formats import number_format
from shared.documents.table import (
    FORMULA_SIGNS,
    Amount,
    Calculated,
    Cell,
    Column,
    ColumnSum,
    CountSum,
    Kind,
    Row,
)

# A cell has no time zone, and its readers are in India.
READERS_TIME_ZONE: Final = ZoneInfo("Asia/Kolkata")
READERS_TIME_ZONE_NAME: Final = "IST"
DIGITS_MAX: Final = 15  # a cell's number is a double: what has more digits would be changed
TEXT_LENGTH_MAX: Final = 32_767  # of a cell
_CUT_MARK: Final = " … (cut)"
_FIRST_DATE: Final = date(1900, 3, 1)  # before it spreadsheets count days that never were
_DAY_ZERO: Final = date(1899, 12, 30).toordinal()  # from which they count after it
_WIDTH_MIN: Final = 8
_WIDTH_MAX: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetChart:
    """One column of a table drawn over another, both by their places; its first rows, totals left out."""

    title: str
    category: int
    value: int
    rows_count: int
    is_line: bool


class Workbook:
    """A workbook under way. The same sheets and the same `made_at` give the same bytes.

    `is_small` sets it in memory, for what is known to have few rows: temporary files cost three times as much as these.
    """

    def __init__(self, target: IO[bytes], *, title: str, made_at: datetime, is_small: bool = False) -> None:
        self._folder = None if is_small else tempfile.TemporaryDirectory(prefix="workbook-")
        options: dict[str, object] = {"default_date_format": "yyyy-mm-dd"}
        if self._folder is None:
            options |= {"in_memory": True}
        else:
            options |= {
                "tmpdir": self._folder.name,
                "constant_memory": True,
            }  # rows wait until the file is whole
        self._book = xlsxwriter.Workbook(target, options)
        self._book.set_properties({"title": title, "created": made_at})
        self._looks: dict[tuple[tuple[str, object], ...], Look] = {}
        self._sheets: list[SheetTable] = []

    def sheet(
        self, name: str, columns: Sequence[Column], heading: Sequence[tuple[str, str]] = ()
    ) -> "SheetTable":
        """A new sheet; the heading's pairs stand above the table. Names are at most 31 characters."""
        table = SheetTable(self, self._book.add_worksheet(name, PlainSheet), columns, heading)
        self._sheets.append(table)
        return table

    def chart(self, table: "SheetTable", wanted: SheetChart) -> None:
        """A sheet with a chart that the reader's program draws from the table, and draws anew when it is changed."""
        drawn = self._book.add_chart({"type": "line" if wanted.is_line else "column"})
        assert drawn is not None, "the library knows both types"
        drawn.add_series(table.series(wanted))
        drawn.set_title({"name": wanted.title, "name_font": {"size": 12}})
        drawn.set_legend({"none": True})
        drawn.set_size({"width": 960, "height": 480})
        self._book.add_worksheet("Chart").insert_chart(1, 1, drawn)

    def look(self, **properties: object) -> "Look":
        """One object per look, however many rows have it."""
        key = tuple(properties.items())  # in the order of the call, which is the same for the same rows
        if key not in self._looks:
            self._looks[key] = Look(self._book, properties)
        return self._looks[key]

    def close(self) -> None:
        """Finish the file; nothing of it can be read before."""
        for sheet in self._sheets:
            sheet.finish()
        self._book.close()
        if self._folder is not None:
            self._folder.cleanup()

    def discard(self) -> None:
        """Leave nothing behind of a file that nobody gets."""
        if self._folder is None:
            return
        for sheet in self._book.worksheets():
            if sheet.row_data_fh is not None:
                sheet.row_data_fh.close()
        self._folder.cleanup()


class PlainSheet(Worksheet):
    """The library's sheet, set with fewer steps: of a short document they cost a fifth.

    A row need not say which columns it spans, formats are those of cells alone, and none of our formulas has a function
    that has to be marked as newer than the file format. A test compares the sheet with the library's own.
    """

    def _calculate_spans(self) -> None:
        self.row_spans: dict[int, str] = {}

    def _prepare_formula(self, formula: str, *_: object) -> str:
        return formula.removeprefix("=")

    def _write_cell(self, row: int, col: int, cell: tuple[Any, ...]) -> None:
        if isinstance(cell, CellNumberTuple):
            said = f"><v>{cell.number:.16G}</v>"
        elif isinstance(cell, CellStringTuple) and not self.constant_memory:
            said = f' t="s"><v>{cell.string}</v>'
        else:
            super()._write_cell(row, col, cell)
            return
        looks = "" if cell.format is None else f' s="{cell.format._get_xf_index()}"'
        at = xl_rowcol_to_cell_fast(row, col)
        self.fh.write(f'<c r="{at}"{looks}{said}</c>')  # type: ignore[attr-defined]  # open while cells are written


class Look:
    """How a row is set: one format per kind of cell in it, made when the first such cell is written."""

    def __init__(self, book: xlsxwriter.Workbook, properties: dict[str, object]) -> None:
        self._book, self.properties = book, properties
        self._shown_as: dict[str, Format] = {}
        self._money: dict[tuple[str, int, bool], Format] = {}
        self._quoted: Format | None = None
        self.plain = book.add_format(properties) if properties else None

    def shown_as(self, number_format: str) -> Format:
        """Of figures and days."""
        known = self._shown_as.get(number_format)
        if known is None:
            known = self._book.add_format({"num_format": number_format, **self.properties})
            self._shown_as[number_format] = known
        return known

    def money(self, amount: Amount) -> Format:
        """What shows an amount depends on its currency, its sign and how many digits it has before the point."""
        key = (amount.currency, amount.text.find("."), amount.text[:1] == "-")
        known = self._money.get(key)
        if known is None:
            known = self._money[key] = self.shown_as(number_format(amount.text, amount.currency))
        return known

    @property
    def quoted(self) -> Format:
        """Of texts that look like a formula: Excel keeps such a text a text also when somebody edits the cell."""
        if self._quoted is None:
            self._quoted = self._book.add_format({"quote_prefix": True, **self.properties})
        return self._quoted


class SheetTable:
    """One table of a workbook, with a header that stays in sight and can be filtered."""

    def __init__(
        self,
        book: Workbook,
        sheet: Worksheet,
        columns: Sequence[Column],
        heading: Sequence[tuple[str, str]],
    ) -> None:
        self._book, self._sheet, self._columns = book, sheet, columns
        self._widths = [_WIDTH_MIN] * len(columns)
        self._next = 0
        self._is_filtered = False
        self._plain = book.look()
        for label, text in heading:
            sheet.write_string(self._next, 0, label, book.look(bold=True).plain)
            self._widen(0, len(label) * 6 // 5)  # bold
            self._write_text(1, text, self._plain)
            self._next += 1
        self._header = self._next = self._next + bool(heading)
        looks = book.look(
            bold=True, bg_color="#1F3864", font_color="#FFFFFF", text_wrap=True, valign="top"
        ).plain
        for place, column in enumerate(columns):
            title = column.title + (f" ({READERS_TIME_ZONE_NAME})" if column.kind is Kind.INSTANT else "")
            sheet.write_string(self._next, place, title, looks)
            self._widen(place, len(title))
        sheet.freeze_panes(self._next + 1, 0)
        self._set_paper()
        self._next += 1

    def _set_paper(self) -> None:
        """Printed on A4 across, all columns on one page, with the header on each."""
        self._sheet.set_paper(9)
        self._sheet.set_landscape()
        self._sheet.fit_to_pages(1, 0)
        self._sheet.repeat_rows(self._header)

    def write(self, rows: Iterable[Row]) -> None:
        """Add rows; what was written cannot be changed."""
        for row in rows:
            self._write_row(row, self._plain)

    def write_total(self, row: Row) -> None:
        """Add a row in bold under a line, which the filter leaves out."""
        self._finish_filter()
        self._write_row(row, self._book.look(bold=True, top=1))

    def series(self, wanted: SheetChart) -> dict[str, object]:
        """Where the figures of a chart stand."""
        first, last = self._header + 1, self._header + wanted.rows_count
        name = self._sheet.name
        return {
            "categories": [name, first, wanted.category, last, wanted.category],
            "values": [name, first, wanted.value, last, wanted.value],
            "fill": {"color": "#1F3864"},
            "gap": 60,
        }

    def finish(self) -> None:
        """Set what is known only at the end: filter and widths."""
        self._finish_filter()
        first = 0
        for width, equal in groupby(min(width + 2, _WIDTH_MAX) for width in self._widths):
            following = first + len(list(equal))
            self._sheet.set_column(first, following - 1, width)
            first = following

    def _finish_filter(self) -> None:
        if self._columns and not self._is_filtered:
            self._is_filtered = True
            self._sheet.autofilter(self._header, 0, max(self._next - 1, self._header), len(self._columns) - 1)

    def _write_row(self, row: Row, look: Look) -> None:
        for place, cell in enumerate(row):
            self._write_cell(place, cell, look)
        self._next += 1

    def _write_cell(self, place: int, cell: Cell, look: Look) -> None:
        """Asked for in the order of how often they come: sheets are mostly amounts, texts and gaps."""
        match cell:
            case Amount():
                self._write_number(place, cell.text, look.money(cell), look)
            case str():
                self._write_text(place, cell, look)
            case None:
                if look.plain is not None:
                    self._sheet.write_blank(self._next, place, None, look.plain)
            case datetime():
                local = cell.astimezone(READERS_TIME_ZONE).replace(tzinfo=None)
                self._sheet.write_datetime(self._next, place, local, look.shown_as("yyyy-mm-dd hh:mm:ss"))
                self._widen(place, 19)
            case date() if cell >= _FIRST_DATE:
                days = cell.toordinal() - _DAY_ZERO
                self._sheet.write_number(self._next, place, days, look.shown_as("yyyy-mm-dd"))
                self._widen(place, 10)
            case bool():
                self._sheet.write_boolean(self._next, place, cell, look.plain)
            case int() | Decimal():
                self._write_number(place, str(cell), look.shown_as("General"), look)
            case ColumnSum():
                self._write_sum(place, cell.amount, cell.amount.text, look.money(cell.amount), look)
            case CountSum():
                self._write_sum(place, cell.count, str(cell.count), look.plain, look)
            case Calculated():
                self._write_calculated(place, cell, look)
            case _:
                self._write_text(place, str(cell), look)

    def _write_number(self, place: int, text: str, shown: Format, look: Look) -> None:
        if len(text) > DIGITS_MAX and _digits(text) > DIGITS_MAX:
            self._write_text(place, text, self._book.look(align="right", **look.properties))
            return
        self._sheet.write_number(self._next, place, float(text), shown)
        self._widen(place, len(text) * 5 // 4)

    def _write_sum(
        self, place: int, whole: Amount | int, text: str, shown: Format | None, look: Look
    ) -> None:
        """A formula that follows the filter; a sum with more digits than a number holds is written as it is."""
        first, last = self._header + 2, self._next
        if last < first or _digits(text) > DIGITS_MAX:
            self._write_cell(place, whole, look)
            return
        letter = xl_col_to_name(place)
        formula = f"=SUBTOTAL(9,{letter}{first}:{letter}{last})"
        self._sheet.write_formula(self._next, place, formula, shown, float(text))
        self._widen(place, len(text) * 5 // 4)

    def _write_calculated(self, place: int, cell: Calculated, look: Look) -> None:
        """A formula over cells of its row, with what it comes to for readers that do not calculate."""
        text = cell.value.text if isinstance(cell.value, Amount) else str(cell.value)
        if _digits(text) > DIGITS_MAX:
            self._write_cell(place, cell.value, look)
            return
        shown = look.money(cell.value) if isinstance(cell.value, Amount) else look.shown_as("General")
        letters = {one.name: f"{xl_col_to_name(at)}{self._next + 1}" for at, one in enumerate(self._columns)}
        self._sheet.write_formula(self._next, place, cell.formula.format_map(letters), shown, float(text))
        self._widen(place, len(text) * 5 // 4)

    def _write_text(self, place: int, text: str, look: Look) -> None:
        shown = text if len(text) <= TEXT_LENGTH_MAX else text[: TEXT_LENGTH_MAX - len(_CUT_MARK)] + _CUT_MARK
        looks = look.quoted if text.startswith(FORMULA_SIGNS) else look.plain
        self._sheet.write_string(self._next, place, shown, looks)
        self._widen(place, len(shown))

    def _widen(self, place: int, length: int) -> None:
        if place < len(self._widths) and length > self._widths[place]:
            self._widths[place] = length


def _digits(text: str) -> int:
    """Of a plain number: those that count, in front of the point and behind it."""
    return len(text.lstrip("-0.").replace(".", ""))
