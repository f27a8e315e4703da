"""Workbooks with data from outside: one table of texts, bounded by what is in it and not by where."""

import csv
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter

from services.research.adapters.loading.workbook_table import table_of_workbook
from services.research.domain.errors import FileUnreadable

Cells = list[tuple[int, int, Any]]
TABLE: Cells = [(0, 0, "DOT"), (0, 1, "Name"), (1, 0, 12), (1, 1, "Müller"), (2, 0, 13)]


def a_workbook(folder: Path, *sheets: Cells) -> Path:
    """Values by row and column from 0, on as many sheets."""
    path = folder / "sent.xlsx"
    with xlsxwriter.Workbook(path) as book:
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for cells in sheets:
            sheet = book.add_worksheet()
            for row, column, value in cells:
                sheet.write(row, column, value, *([day] if isinstance(value, datetime) else []))
    return path


def table(folder: Path, *sheets: Cells) -> list[list[str]]:
    with table_of_workbook(a_workbook(folder, *sheets), folder).open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file))


def test_rows_have_one_width_and_cells_are_the_texts_that_somebody_sees(tmp_path: Path) -> None:
    typed: Cells = [(3, 1, 0.1 + 0.2), (3, 2, datetime(2026, 10, 31)), (3, 3, True)]  # noqa: DTZ001 - cells have no zone

    assert table(tmp_path, [*TABLE, *typed]) == [
        ["DOT", "Name", "", ""],
        ["12", "Müller", "", ""],
        ["13", "", "", ""],
        ["", "0.3", "2026-10-31", "True"],
    ]


def test_the_first_sheet_with_a_table_counts_wherever_the_table_stands(tmp_path: Path) -> None:
    aside = [(row + 4, column + 2, value) for row, column, value in TABLE]

    assert table(tmp_path, [(0, 0, "A note")], aside) == [["DOT", "Name"], ["12", "Müller"], ["13", ""]]


def test_one_cell_far_below_costs_no_more_than_the_cell(tmp_path: Path) -> None:
    assert table(tmp_path, [*TABLE, (99_999, 1, "far")])[-1] == ["", "far"]


def test_one_cell_in_the_last_corner_is_refused_and_takes_no_room_for_the_others(tmp_path: Path) -> None:
    with pytest.raises(FileUnreadable, match="at most 256 columns; perhaps send it as CSV"):
        table(tmp_path, [*TABLE, (99_999, 16_383, "far")])


@pytest.mark.parametrize("sheets", [[[]], [[(0, 0, "only"), (0, 1, "headings")]]])
def test_a_workbook_without_a_table_is_refused(tmp_path: Path, sheets: list[Cells]) -> None:
    with pytest.raises(FileUnreadable, match="No sheet"):
        table(tmp_path, *sheets)
