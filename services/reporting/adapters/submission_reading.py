"""A submission as it was sent: the sheet `Entry` of a workbook, or a CSV, as rows of texts in the order of the template."""

import csv
import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import islice
from typing import Final

from services.reporting.adapters.template_workbook import ENTRY_SHEET
from services.reporting.adapters.workbook_sheets import IDENTITY_SHEET
from services.reporting.domain.errors import WorkbookNotOfCollection
from services.reporting.domain.submission_check import Entry, EntryRow
from services.reporting.domain.template import ROWS_MAX, SheetColumn
from shared.errors import Malformed, TooLarge
from shared.workbook_reading import CellLook, WorkbookUnreadable, opened_archive, rows_of_sheet, workbook_of
from shared.workbook_reading.sheet import SheetRow, column_letters

HEADER_WITHIN: Final = 30
ROWS_READ_MAX: Final = ROWS_MAX + 5_000
_IDENTITY_ROWS_MAX: Final = 40
_UNKNOWN_MAX: Final = 20


def identity_of(content: bytes) -> dict[str, str]:
    """What the workbook says of itself; WorkbookNotOfCollection where it says nothing."""
    with opened_archive(io.BytesIO(content)) as archive:
        book = workbook_of(archive)
        entry = book.by_name.get(IDENTITY_SHEET)
        if entry is None:
            raise WorkbookNotOfCollection(
                "The workbook is none that this system made: fill the one that was sent"
            )
        rows = islice(rows_of_sheet(book, entry, _LOOK), _IDENTITY_ROWS_MAX)
        return {row.cells[0]: row.cells[1] for row in rows if len(row.cells) > 1}


def entry_of_workbook(content: bytes, columns: Sequence[SheetColumn]) -> Entry:
    """WorkbookUnreadable without the sheet or its header, TooLarge for more rows than any template takes."""
    with opened_archive(io.BytesIO(content)) as archive:
        book = workbook_of(archive)
        sheet = book.by_name.get(ENTRY_SHEET)
        if sheet is None:
            raise WorkbookUnreadable(f"the workbook has no sheet {ENTRY_SHEET}")
        return _entry(rows_of_sheet(book, sheet, _LOOK), columns)


def entry_of_csv(content: bytes, columns: Sequence[SheetColumn]) -> Entry:
    """Its header names columns as the template does, by name or by title. Malformed for what is no CSV in UTF-8."""
    if b"\0" in content:
        raise Malformed("The CSV has null characters, which no text has")
    try:
        reader = csv.reader(io.StringIO(content.decode("utf-8-sig"), newline=""), strict=True)
        rows = (SheetRow(number, cells) for number, cells in enumerate(reader, 1) if any(cells))
        return _entry(rows, columns)
    except UnicodeDecodeError as error:
        raise Malformed(f"The CSV is not UTF-8: byte {error.start} cannot be read") from error
    except csv.Error as error:
        raise Malformed(f"Line {reader.line_num} of the CSV cannot be read: {error}") from error


def _entry(rows: Iterable[SheetRow], columns: Sequence[SheetColumn]) -> Entry:
    rows = iter(rows)
    header = _header(rows, columns)
    places = {_plain(cell): place for place, cell in reversed(list(enumerate(header.cells))) if cell.strip()}
    found = [places.get(_plain(one.title), places.get(_plain(one.name))) for one in columns]
    taken: list[EntryRow] = []
    for row in rows:
        cells = row.cells
        here = len(cells)
        texts = [cells[place].strip() if place is not None and place < here else "" for place in found]
        taken.append(EntryRow(row.number, texts))
        if len(taken) > ROWS_READ_MAX:
            raise TooLarge(f"More than {ROWS_READ_MAX} rows; a template takes at most {ROWS_MAX}")
    known = set(found)
    unknown = {
        cell[:100]: f"{column_letters(place)}{header.number}"
        for place, cell in enumerate(header.cells)
        if cell.strip() and place not in known
    }
    return Entry(
        letters=[None if place is None else column_letters(place) for place in found],
        header_row=header.number,
        unknown_columns=dict(islice(unknown.items(), _UNKNOWN_MAX)),
        rows=taken,
    )


def _header(rows: Iterable[SheetRow], columns: Sequence[SheetColumn]) -> SheetRow:
    """Of the first rows that which names most columns: people write above tables."""
    asked = {_plain(text) for one in columns if one.column.is_asked for text in (one.title, one.name)}
    for row in rows:
        if row.number > HEADER_WITHIN:
            break
        named = sum(_plain(cell) in asked for cell in row.cells)
        if named and named * 2 >= min(sum(one.column.is_asked for one in columns), 4):
            return row
    raise WorkbookUnreadable("no row names the columns of the template; the header has to stay as it is")


def _plain(text: str) -> str:
    return " ".join(text.casefold().split())


def _moment_text(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}" if moment.time() == datetime.min.time() else moment.isoformat()


_LOOK: Final = CellLook(_moment_text)
