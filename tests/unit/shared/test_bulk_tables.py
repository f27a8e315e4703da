"""Batches that come as a workbook: what a cell means, where it stands, and what is refused."""

from datetime import datetime

import pytest

from shared.bulk_tables import workbook_rows
from shared.errors import Malformed, TooLarge
from shared.workbook_reading import WorkbookUnreadable
from tests.factories.workbooks import a_workbook


def test_cells_are_told_as_their_sheet_means_them() -> None:
    body = a_workbook(
        ("Order number", "Ordered on", "Modified at (IST)", "Tax percent", "Quantity", "Note"),
        ("SO/1", datetime(2026, 10, 12), datetime(2026, 10, 20, 15, 0), 0.18, 2.5, None),  # noqa: DTZ001 - cells have none
        formats={"D2": "0%"},
    )

    (row,) = workbook_rows(body, rows_max=10)

    assert row == {
        "order_number": "SO/1",
        "ordered_on": "2026-10-12",
        "modified_at": "2026-10-20T15:00:00+05:30",
        "tax_percent": "18",
        "quantity": "2.5",
    }
    assert row.place("quantity") == {"row": "2", "column": "quantity", "cell": "E2"}
    assert row.place("absent") == {"row": "2", "column": "absent"}


def test_empty_rows_are_passed_over_and_keep_the_numbers_of_the_others() -> None:
    rows = workbook_rows(a_workbook(("code",), ("A",), (), ("B",)), rows_max=10)

    assert [(row["code"], row.number) for row in rows] == [("A", 2), ("B", 4)]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([("code", "Code"), ("A", "B")], "names 'code' twice, in A1 and B1"),
        ([("code",), ("A", "what is this")], "Row 2 of the workbook has cells without a heading"),
        ([("account",), (1234567890123456,)], "cell A2: expected a text; a spreadsheet keeps 15 digits"),
        ([], "no visible sheet"),
    ],
)
def test_what_would_be_read_wrongly_is_refused_where_it_stands(
    rows: list[tuple[object, ...]], expected: str
) -> None:
    with pytest.raises(Malformed) as refusal:
        workbook_rows(a_workbook(*rows), rows_max=10)

    assert expected in refusal.value.detail


def test_a_file_that_is_no_workbook_and_one_with_too_many_rows_are_refused() -> None:
    with pytest.raises(WorkbookUnreadable):
        workbook_rows(b"code,name\nA,B\n", rows_max=10)
    with pytest.raises(TooLarge, match="more than 1 rows"):
        workbook_rows(a_workbook(("code",), ("A",), ("B",)), rows_max=1)
