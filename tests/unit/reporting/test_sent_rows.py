"""Workbooks that somebody sent: read as texts, and bounded by what is in them and not by where."""

import re
from collections.abc import Sequence
from datetime import datetime
from io import BytesIO
from typing import Any
from zipfile import ZIP_DEFLATED, ZipFile

import pytest
import xlsxwriter

from services.reporting.adapters.sent_rows import rows_of_workbook
from shared.errors import Malformed, TooLarge


def a_sheet(*cells: tuple[int, int, Any]) -> bytes:
    """Values by row and column, from 0."""
    target = BytesIO()
    book = xlsxwriter.Workbook(target, {"in_memory": True})
    sheet, day = book.add_worksheet(), book.add_format({"num_format": "yyyy-mm-dd"})
    for row, column, value in cells:
        if isinstance(value, datetime):
            sheet.write_datetime(row, column, value, day)
        else:
            sheet.write(row, column, value)
    book.close()
    return target.getvalue()


def moved(content: bytes, reference: str, to: str) -> bytes:
    """The same workbook with one cell somewhere else."""
    target = BytesIO()
    row, far = (re.sub("[A-Z]", "", cell) for cell in (reference, to))
    with ZipFile(BytesIO(content)) as old, ZipFile(target, "w", ZIP_DEFLATED) as new:
        for entry in old.infolist():
            text = old.read(entry)
            if entry.filename.endswith("sheet1.xml"):
                text = text.replace(f'r="{reference}"'.encode(), f'r="{to}"'.encode())
                text = text.replace(f'<row r="{row}"'.encode(), f'<row r="{far}"'.encode())
            new.writestr(entry, text)
    return target.getvalue()


def below(header: Sequence[str], *values: Any) -> list[tuple[int, int, Any]]:
    return [(0, place, name) for place, name in enumerate(header)] + [
        (1, place, value) for place, value in enumerate(values)
    ]


def test_cells_are_the_texts_that_somebody_typed() -> None:
    header = ("Code", "Days", "Rate", "Since", "Is open", "Left")
    values = ("CP-1", 45, 0.1 + 0.2, datetime(2026, 10, 31), True, None)  # noqa: DTZ001 - cells have no time zone

    rows = rows_of_workbook(a_sheet(*below(header, *values)), rows_max=10)

    assert rows == [
        {
            "Code": "CP-1",
            "Days": "45",
            "Rate": "0.3",
            "Since": "2026-10-31",
            "Is open": "true",
            "Left": "",
        }
    ]


def test_a_table_may_stand_anywhere_and_have_lines_without_anything() -> None:
    content = a_sheet((2, 1, "Code"), (2, 2, "Name"), (3, 1, "CP-1"), (9, 1, "CP-2"), (9, 2, "Iyer"))

    rows = rows_of_workbook(content, rows_max=2)

    assert rows == [{"Code": "CP-1", "Name": ""}, {"Code": "CP-2", "Name": "Iyer"}]


def test_one_cell_in_the_last_corner_of_a_sheet_takes_no_room_for_the_others() -> None:
    content = moved(a_sheet(*below(["Code"], "CP-1"), (2, 0, "far")), "A3", "XFD1048576")

    with pytest.raises(Malformed, match="columns"):
        rows_of_workbook(content, rows_max=10)


def test_a_cell_in_the_last_line_is_a_row_as_any_other() -> None:
    content = moved(a_sheet(*below(["Code"], "CP-1"), (2, 0, "CP-2")), "A3", "A1048576")

    assert rows_of_workbook(content, rows_max=2) == [{"Code": "CP-1"}, {"Code": "CP-2"}]


def test_more_rows_than_agreed_are_refused() -> None:
    content = a_sheet(*below(["Code"], "CP-1"), (2, 0, "CP-2"))

    with pytest.raises(TooLarge, match="at most 1"):
        rows_of_workbook(content, rows_max=1)


@pytest.mark.parametrize("content", [b"no workbook", a_sheet(), a_sheet((0, 0, "Code"), (0, 1, "Code"))])
def test_what_is_no_table_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed):
        rows_of_workbook(content, rows_max=10)
