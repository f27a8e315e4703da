"""The workbook that a respondent fills, and the marked copy of what they sent: one layout, row by row the same.

The sheet `Entry` is protected but for the cells to be filled; drop-downs take their values from the sheet `Lists`; a hidden
sheet says whose workbook it is.
"""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import IO, Final

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.utility import xl_col_to_name
from xlsxwriter.worksheet import Worksheet

from services.reporting.adapters.workbook_sheets import (
    ListEntries,
    write_findings,
    write_identity,
    write_instructions,
    write_lists,
)
from services.reporting.domain.submission_check import Finding
from services.reporting.domain.template import NUMBERS, EntryKind, SheetColumn, Template
from shared.documents.rupee_formats import number_format
from shared.documents.table import begins_like_a_formula

ENTRY_SHEET: Final = "Entry"
HEADER_ROW: Final = 5  # as the sheet numbers it: title, respondent, what to do and sums stand above
NEW_ROWS_MAX: Final = 500
NOTES_MAX: Final = 1_000
_DARK, _GREY, _YELLOW, _RED = "#1F3864", "#EDEDED", "#FFF9E0", "#F4B6A6"
_WIDTHS: Final = {EntryKind.TEXT: 18, EntryKind.DATE: 12}
# What people wrote stays a text, whatever it looks like.
_OPTIONS: Final = {
    "default_date_format": "yyyy-mm-dd", "strings_to_formulas": False, "strings_to_urls": False,
}  # fmt: skip
_PROTECTION: Final = {
    "format_columns": True, "format_rows": True, "sort": True, "autofilter": True, "objects": False,
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SheetRow:
    """A row as it is written: texts by the names of sheet columns; `is_given` if the workbook comes with it."""

    cells: Mapping[str, str]
    is_given: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TemplateSheet:
    """Everything that stands in a workbook. `identity` is empty in a specimen, `findings` but in a marked copy;
    their rows are counted as this sheet counts them."""

    template: Template
    columns: Sequence[SheetColumn]
    title: str
    facts: Sequence[tuple[str, str]]
    lists: Mapping[str, ListEntries]
    identity: Mapping[str, str]
    rows: Sequence[SheetRow]
    made_at: datetime
    findings: Sequence[Finding] = ()
    findings_count: int = 0
    places: Mapping[int, int] = field(default_factory=dict)  # row of the finding → row of this sheet


def write_template_workbook(target: IO[bytes], sheet: TemplateSheet) -> None:
    """The same content gives the same bytes. Blocks for a second where there are thousands of rows: call it in a thread."""
    with tempfile.TemporaryDirectory(prefix="template-") as folder:
        book = xlsxwriter.Workbook(target, {"tmpdir": folder, **_OPTIONS})
        book.set_properties({"title": sheet.title, "created": sheet.made_at})
        entry = book.add_worksheet(ENTRY_SHEET)
        ranges = write_lists(book, sheet.lists)
        _EntrySheet(book, entry, sheet, ranges).write()
        write_instructions(book, sheet.template, sheet.columns, sheet.facts)
        if sheet.findings_count:
            write_findings(book, sheet.findings, sheet.findings_count, _finding_places(sheet))
        if sheet.identity:
            write_identity(book, sheet.identity)
        book.close()


def _finding_places(sheet: TemplateSheet) -> dict[Finding, tuple[str, str]]:
    """Where each finding stands in this copy, for links, and the heading there."""
    places = {column.name: place for place, column in enumerate(sheet.columns)}
    found: dict[Finding, tuple[str, str]] = {}
    for one in sheet.findings:
        place = places.get(one.column or "")
        address = f"{xl_col_to_name(place or 0)}{sheet.places.get(one.row, HEADER_ROW)}"
        found[one] = (address, "" if place is None else sheet.columns[place].title)
    return found


class _EntrySheet:
    """The sheet that is filled."""

    def __init__(
        self,
        book: xlsxwriter.Workbook,
        entry: Worksheet,
        sheet: TemplateSheet,
        ranges: Mapping[str, str],
    ) -> None:
        self._book, self._entry, self._sheet, self._ranges = book, entry, sheet, ranges
        self._formats: dict[tuple[object, ...], Format] = {}
        self._places = {column.name: place for place, column in enumerate(sheet.columns)}
        self._given = len(sheet.rows)
        new = min(NEW_ROWS_MAX, sheet.template.rows_max - self._given) if sheet.template.takes_new_rows else 0
        self._last = HEADER_ROW + self._given + max(new, 0)
        self._marks = _marks(sheet)

    def write(self) -> None:
        self._write_heading()
        for number, row in enumerate(self._sheet.rows, HEADER_ROW + 1):
            self._write_row(number, row)
        blank = SheetRow(cells={}, is_given=False)
        for number in range(HEADER_ROW + 1 + self._given, self._last + 1):
            self._write_row(number, blank)
        self._write_notes()
        for place, column in enumerate(self._sheet.columns):
            self._validate(place, column)
            self._entry.set_column(place, place, _WIDTHS.get(column.column.kind, 14))
        keys = sum(column.column.is_key for column in self._sheet.columns)
        self._entry.freeze_panes(HEADER_ROW, keys)
        self._entry.autofilter(
            HEADER_ROW - 1, 0, max(self._last, HEADER_ROW) - 1, len(self._sheet.columns) - 1
        )
        self._entry.protect("", _PROTECTION)
        self._entry.set_landscape()
        self._entry.fit_to_pages(1, 0)
        self._entry.repeat_rows(HEADER_ROW - 1)

    def _write_heading(self) -> None:
        entry, facts = self._entry, " · ".join(text for _, text in self._sheet.facts)
        entry.write_string(0, 0, self._sheet.title, self._format(bold=True, font_size=14))
        entry.write_string(1, 0, facts, self._format())
        told = "Fill the yellow cells; what is grey is given or calculated. How: see the sheet Instructions."
        if self._sheet.findings_count:
            told = (
                f"{self._sheet.findings_count} findings: correct the red cells (their notes say what is"
                " expected; all of them are on the sheet Findings) and send this workbook again."
            )
        entry.write_string(2, 0, told, self._format(italic=True, font_color="#7F3F00"))
        header = {
            "bold": True,
            "bg_color": _DARK,
            "font_color": "#FFFFFF",
            "text_wrap": True,
            "valign": "top",
        }
        entry.set_row(HEADER_ROW - 1, 48)
        for place, column in enumerate(self._sheet.columns):
            entry.write_string(HEADER_ROW - 1, place, column.title, self._format(border=1, **header))
            if column.column.kind in NUMBERS and self._last > HEADER_ROW:
                self._write_sum(place, column)
            elif place == 0:
                entry.write_string(HEADER_ROW - 2, 0, "Total", self._format(bold=True))

    def _write_sum(self, place: int, column: SheetColumn) -> None:
        """Above the header, where it stays in sight; it follows the filter."""
        letter = xl_col_to_name(place)
        formula = f"=SUBTOTAL(9,{letter}{HEADER_ROW + 1}:{letter}{self._last})"
        values = [row.cells.get(column.name, "") for row in self._sheet.rows]
        shown = self._format(bold=True, bottom=1, num_format=self._number_format(column))
        self._entry.write_formula(HEADER_ROW - 2, place, formula, shown, _sum(values))

    def _write_row(self, number: int, row: SheetRow) -> None:
        for place, column in enumerate(self._sheet.columns):
            rule, text = column.column, row.cells.get(column.name, "")
            look: dict[str, object] = {"border": 1, "border_color": "#BFBFBF"}
            if column.column.kind in NUMBERS:
                look["num_format"] = self._number_format(column)
            if rule.kind is EntryKind.DATE:
                look["num_format"] = "yyyy-mm-dd"
            is_locked = not rule.is_asked or (rule.is_key and row.is_given)
            look |= {"bg_color": _GREY} if is_locked else {"bg_color": _YELLOW, "locked": False}
            if (number, place) in self._marks:
                look |= {"bg_color": _RED}
            if rule.sum_of:
                self._write_formula(number, place, column, row, look)
            else:
                self._write_cell(number, place, rule.kind, text, look)

    def _write_formula(
        self, number: int, place: int, column: SheetColumn, row: SheetRow, look: dict[str, object]
    ) -> None:
        summed = [one for one in self._sheet.columns if one.column.name in column.column.sum_of]
        cells = ",".join(f"{xl_col_to_name(self._places[one.name])}{number}" for one in summed)
        value = _sum([row.cells.get(one.name, "") for one in summed])
        formula = f'=IF(COUNT({cells})=0,"",SUM({cells}))'
        is_empty = not any(row.cells.get(one.name) for one in summed)
        self._entry.write_formula(number - 1, place, formula, self._format(**look), "" if is_empty else value)

    def _write_cell(
        self, number: int, place: int, kind: EntryKind, text: str, look: dict[str, object]
    ) -> None:
        at = (number - 1, place)
        if not text:
            self._entry.write_blank(*at, None, self._format(**look))
        elif kind in NUMBERS and (value := _number(text)) is not None:
            self._entry.write_number(*at, value, self._format(**look))
        elif kind is EntryKind.DATE and (day := _day(text)) is not None:
            self._entry.write_datetime(*at, datetime(day.year, day.month, day.day), self._format(**look))  # noqa: DTZ001 - a cell has none
        else:
            shown = {"quote_prefix": True, **look} if begins_like_a_formula(text) else look
            self._entry.write_string(*at, text, self._format(**shown))

    def _write_notes(self) -> None:
        for count, ((number, place), said) in enumerate(self._marks.items()):
            if count >= NOTES_MAX:
                break
            self._entry.write_comment(number - 1, place, "\n".join(said), {"author": "Check", "x_scale": 1.6})

    def _validate(self, place: int, column: SheetColumn) -> None:
        """What the reader's program refuses while somebody types; the check afterwards does not rest on it."""
        rule = column.column
        if not rule.is_asked or self._last <= HEADER_ROW:
            return
        wanted = _validation(rule.kind, rule.at_least, rule.at_most)
        if rule.name in self._ranges:
            wanted = {"validate": "list", "source": self._ranges[rule.name]}
        if rule.takes_others:
            wanted["error_type"] = "information"
        message = {"input_title": rule.title[:32], "input_message": rule.note[:255]} if rule.note else {}
        error = {
            "error_title": "Not expected",
            "error_message": "See the sheet Instructions for what goes here.",
        }
        options = {**wanted, **message, **error, "ignore_blank": True}
        self._entry.data_validation(HEADER_ROW, place, self._last - 1, place, options)

    def _number_format(self, column: SheetColumn) -> str:
        match column.column.kind:
            case EntryKind.MONEY:
                return number_format("1000000.00", self._sheet.template.currency)
            case EntryKind.INTEGER:
                return "#,##0"
        return "#,##0.###"

    def _format(self, **properties: object) -> Format:
        key = tuple(sorted(properties.items()))
        if key not in self._formats:
            self._formats[key] = self._book.add_format(properties)
        return self._formats[key]


def _validation(kind: EntryKind, low: str | None, high: str | None) -> dict[str, object]:
    if kind is EntryKind.TEXT:
        return {"validate": "any"}
    if kind is EntryKind.DATE:
        first, last = date.fromisoformat(low or "1990-01-01"), date.fromisoformat(high or "2199-12-31")
        return {"validate": "date", "criteria": "between", "minimum": first, "maximum": last}
    name = "integer" if kind is EntryKind.INTEGER else "decimal"
    least, most = float(low or "-999999999999"), float(high or "999999999999")
    return {"validate": name, "criteria": "between", "minimum": least, "maximum": most}


def _marks(sheet: TemplateSheet) -> dict[tuple[int, int], list[str]]:
    """What is wrong with a cell of this copy, by its row and place; of a row as one, with its first cell."""
    places = {column.name: place for place, column in enumerate(sheet.columns)}
    marks: dict[tuple[int, int], list[str]] = {}
    for one in sheet.findings:
        at = (sheet.places.get(one.row, HEADER_ROW), places.get(one.column or "", 0))
        marks.setdefault(at, []).append(one.expected)
    return marks


def _number(text: str) -> float | None:
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        return None
    return value if len(text.strip("-0.").replace(".", "")) <= 15 and abs(value) < 1e300 else None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _sum(texts: Sequence[str]) -> float:
    return sum(value for text in texts if text and (value := _number(text)) is not None)
