"""Items of a batch that came as a table: CSV, or a workbook whose first visible sheet has a header and rows."""

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from shared.errors import FieldProblem, Malformed, TooLarge
from shared.workbook_reading import (
    CellLook,
    WorkbookUnreadable,
    opened_archive,
    rows_of_sheet,
    workbook_of,
)
from shared.workbook_reading.sheet import SheetRow, column_letters

WORKBOOK: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV: Final = "text/csv"
# A cell has no time zone, and whoever filled it in is in India.
WRITERS_TIME_ZONE: Final = ZoneInfo("Asia/Kolkata")


class TableRow(dict[str, str]):
    """A row by the names of the header; `number` counts as the file shows it, the header of a CSV being row 1."""

    def __init__(self, cells: Mapping[str, str], number: int, letters: Mapping[str, str]) -> None:
        super().__init__(cells)
        self.number = number
        self._letters = letters  # of a workbook's columns, by name

    def place(self, column: str) -> dict[str, str]:
        """Where a value of the row stands, for people who look into the file."""
        place = {"row": f"{self.number}", "column": column}
        letters = self._letters.get(column)
        return place | ({"cell": f"{letters}{self.number}"} if letters else {})


def csv_rows(body: bytes) -> list[TableRow]:
    """Malformed when it is no UTF-8, or a row has not as many cells as the header."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise Malformed(f"The CSV is not UTF-8: byte {error.start} cannot be read") from error
    reader = csv.DictReader(io.StringIO(text, newline=""), strict=True)
    try:
        names = [name.strip() for name in reader.fieldnames or ()]
        if len(set(names)) < len(names):
            raise Malformed("The header of the CSV names a column twice")
        rows: list[TableRow] = []
        for number, row in enumerate(reader, start=2):
            if None in row or None in row.values():
                raise Malformed(f"Line {reader.line_num} of the CSV has not as many cells as the header")
            cells = (value.strip() for value in row.values())
            rows.append(TableRow(dict(zip(names, cells, strict=True)), number, {}))
    except csv.Error as error:
        raise Malformed(f"Line {reader.line_num} of the CSV cannot be read: {error}") from error
    return rows


def workbook_rows(body: bytes, *, rows_max: int) -> list[TableRow]:
    """Of the first visible sheet that holds something; its first row is the header, "Order number" or order_number.

    An empty cell is as if it were not there. WorkbookUnreadable for what is no workbook, or must not be unpacked;
    Malformed for a header that names a column twice and for cells right of it; TooLarge for more than so many rows.
    """
    with opened_archive(io.BytesIO(body)) as archive:
        book = workbook_of(archive)
        for sheet in book.sheets:
            rows = rows_of_sheet(book, sheet, CellLook(_moment_text))
            header = next(rows, None)
            if header is None:
                continue
            letters = _letters(header)
            found: list[TableRow] = []
            for row in rows:
                found.append(_row(row, letters))
                if len(found) > rows_max:
                    raise TooLarge(f"The workbook has more than {rows_max} rows; send the rest in another")
            return found
    raise WorkbookUnreadable("no visible sheet of the workbook holds a header and rows")


def _letters(header: SheetRow) -> dict[str, str]:
    """Column letters by name."""
    letters: dict[str, str] = {}
    for place, title in enumerate(header.cells):
        name = "_".join(title.partition("(")[0].casefold().split())
        if not name:
            continue
        if name in letters:
            both = f"{letters[name]}{header.number} and {column_letters(place)}{header.number}"
            raise Malformed(f"The header of the workbook names '{name}' twice, in {both}")
        letters[name] = column_letters(place)
    return letters


def _row(row: SheetRow, letters: Mapping[str, str]) -> TableRow:
    names = {letter: name for name, letter in letters.items()}
    cells: dict[str, str] = {}
    problems: list[FieldProblem] = []
    for place, text in enumerate(row.cells):
        shown, letter = text.strip(), column_letters(place)
        if letter in names:
            cells |= {names[letter]: shown} if shown else {}
        elif shown:
            problems.append(
                FieldProblem(f"{letter}{row.number}", "expected nothing: its column has no heading")
            )
    if problems:
        raise Malformed(f"Row {row.number} of the workbook has cells without a heading", problems=problems)
    return TableRow(cells, row.number, letters)


def _moment_text(moment: datetime) -> str:
    """A day, or an instant in India if the cell has a time of day."""
    if moment.time() == datetime.min.time():
        return f"{moment:%Y-%m-%d}"
    return moment.replace(tzinfo=WRITERS_TIME_ZONE).isoformat()


def placed(errors: Sequence[dict[str, str]], row: TableRow) -> list[dict[str, str]]:
    """Problems of an item that is one row of a table, with the cell of each."""
    return [one | row.place(one["pointer"].lstrip("/").partition("/")[0]) for one in errors]
