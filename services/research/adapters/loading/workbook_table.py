"""A workbook's table as delimited text: its first visible sheet with rows below a header, bounded by what is in it."""

import csv
from collections.abc import Iterable
from datetime import datetime, time
from pathlib import Path
from typing import Final

from services.research.domain.errors import FileUnreadable
from shared.workbook_reading import (
    CellLook,
    WorkbookUnreadable,
    opened_archive,
    rows_of_sheet,
    workbook_of,
)
from shared.workbook_reading.sheet import SheetRow

CELLS_MAX: Final = 100_000_000  # written out, with those that are empty


def table_of_workbook(path: Path, scratch: Path) -> Path:
    """Where it was written: rows of one width from the first column that is used, without rows that hold nothing.

    Read line by line: what a cell far away costs is the cell. FileUnreadable for what is no workbook, holds no table, or
    is wider than workbooks may be.
    """
    try:
        with path.open("rb") as file, opened_archive(file) as archive:
            book = workbook_of(archive)
            for sheet in book.sheets:
                if (table := _table(rows_of_sheet(book, sheet, _LOOK), scratch)) is not None:
                    return table
    except WorkbookUnreadable as error:
        raise FileUnreadable(
            f"The workbook cannot be read: {error.detail}; perhaps send it as CSV"
        ) from error
    raise FileUnreadable("No sheet of the workbook holds a table")


def _table(rows: Iterable[SheetRow], scratch: Path) -> Path | None:
    """None of a sheet with fewer than two rows. How wide it is is known at its end, so it is written twice."""
    ragged, table = scratch / "ragged.csv", scratch / "sheet.csv"
    count, first, width = 0, None, 0
    with ragged.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        for row in rows:
            used = next(place for place, cell in enumerate(row.cells) if cell)
            count, width = count + 1, max(width, len(row.cells))
            first = used if first is None else min(first, used)
            writer.writerow(row.cells)
    if count < 2 or first is None:
        return None
    if count * (width - first) > CELLS_MAX:
        raise FileUnreadable(
            f"{count} rows of {width - first} columns; expected at most {CELLS_MAX} cells of a workbook: send it as CSV"
        )
    with (
        ragged.open(encoding="utf-8", newline="") as file,
        table.open("w", encoding="utf-8", newline="") as to,
    ):
        csv.writer(to).writerows((row + [""] * (width - len(row)))[first:] for row in csv.reader(file))
    return table


def _moment_text(moment: datetime) -> str:
    """A day without its midnight."""
    return f"{moment:%Y-%m-%d}" if moment.time() == time.min else moment.isoformat(sep=" ")


_LOOK: Final = CellLook(_moment_text, is_exact=False, truths=("False", "True"))
