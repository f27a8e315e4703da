"""Rows of a workbook that somebody sent: its first sheet, every cell as the text that an exact reading needs."""

import io
from collections.abc import Iterable
from datetime import date, datetime, time
from decimal import Decimal
from typing import Final

from services.reporting.domain.analysis_rows import SourceRow
from shared.errors import Malformed, TooLarge
from shared.workbook_reading import CellLook, opened_archive, rows_of_sheet, workbook_of
from shared.workbook_reading.sheet import SheetRow

_FIRST_DAYS: Final = (date(1899, 12, 30), date(1904, 1, 1))


def rows_of_workbook(content: bytes, *, rows_max: int) -> list[SourceRow]:
    """One row per line below the header of the first sheet; empty lines are left out.

    Read line by line: what a cell far away costs is the cell. Malformed for what is no workbook, has no header, too many
    columns, or names one twice; TooLarge for more rows.
    """
    with opened_archive(io.BytesIO(content)) as archive:
        book = workbook_of(archive)
        if not book.sheets:
            raise Malformed("The workbook has no sheet that is shown")
        return _rows(rows_of_sheet(book, book.sheets[0], _LOOK), rows_max)


def _rows(lines: Iterable[SheetRow], rows_max: int) -> list[SourceRow]:
    lines = iter(lines)
    header = next(lines, None)
    if header is None:
        raise Malformed("The first sheet of the workbook is empty; expected a header and rows")
    places = [(place, name) for place, cell in enumerate(header.cells) if (name := cell.strip())]
    if not places or len({name for _, name in places}) < len(places):
        raise Malformed("The first line of the first sheet has to name each column once")
    rows: list[SourceRow] = []
    for line in lines:
        cells, width = line.cells, len(line.cells)
        row = {name: cells[place] if place < width else "" for place, name in places}
        if not any(row.values()):
            continue
        if len(rows) == rows_max:
            raise TooLarge(f"More than {rows_max} rows in one workbook; expected at most {rows_max}")
        rows.append(row)
    return rows


def cell_text(value: object) -> str:
    """A value of JSON as text: numbers exactly as they were written, nothing as an empty text."""
    match value:
        case None:
            return ""
        case bool():
            return str(value).lower()
        case float():
            return f"{Decimal(repr(value)):f}".removesuffix(".0")
    return str(value).strip()


def _moment_text(moment: datetime) -> str:
    """A day without its midnight, an hour without the day on which the sheet begins to count."""
    if moment.date() in _FIRST_DAYS:
        return moment.time().isoformat()
    return f"{moment:%Y-%m-%d}" if moment.time() == time.min else moment.isoformat(sep=" ")


_LOOK: Final = CellLook(_moment_text, is_exact=False, truths=("false", "true"))
