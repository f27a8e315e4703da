"""Tables that leave the system: exact, readable, and nothing in them is calculated by whoever opens them."""

import csv
import io
import re
import zipfile
from collections.abc import Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Literal

import pytest
import xlsxwriter
from hypothesis import given, settings
from hypothesis import strategies as st
from python_calamine import CalamineWorkbook
from xlsxwriter.worksheet import Worksheet

from shared.documents.attachment import attachment_headers
from shared.documents.body_table import BodyTable
from shared.documents.csv_table import CsvTable
from shared.documents.rupee_formats import number_format
from shared.documents.table import Amount, Cell, Column, Kind
from shared.documents.xlsx_table import TEXT_LENGTH_MAX, PlainSheet, Workbook
from shared.wire import MoneyBody, WireModel, money

AT = datetime(2026, 10, 14, 18, 45, tzinfo=UTC)


def csv_of(*rows: Sequence[Cell], columns: int = 1) -> str:
    target = io.BytesIO()
    table = CsvTable(target, [Column.named(f"c{place}", Kind.TEXT) for place in range(columns)])
    table.write(rows)
    table.close()
    return target.getvalue().decode()


def workbook_of(*rows: Sequence[Cell], kind: Kind = Kind.TEXT) -> bytes:
    target = io.BytesIO()
    book = Workbook(target, title="Cells", made_at=AT)
    book.sheet("Cells", [Column.named("cell_at", kind)]).write(rows)
    book.close()
    return target.getvalue()


def cells_of(workbook: bytes) -> list[list[object]]:
    return CalamineWorkbook.from_filelike(io.BytesIO(workbook)).get_sheet_by_index(0).to_python()


def part_of(workbook: bytes, name: str) -> str:
    return zipfile.ZipFile(io.BytesIO(workbook)).read(name).decode()


@pytest.mark.parametrize("sign", ["=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠"])
def test_a_text_that_looks_like_a_formula_is_no_formula_in_csv(sign: str) -> None:
    (_, row) = csv.reader(io.StringIO(csv_of([f"{sign}1+1"]), newline=""))

    assert row == [f"'{sign}1+1"]


def test_figures_stay_figures_in_csv() -> None:
    row = [-12, Decimal("-0.50"), Amount.of(-9_440_000, "INR"), date(2026, 10, 1), AT, True, None]

    assert (
        csv_of(row, columns=7).splitlines()[1] == "-12,-0.50,-94400.00,2026-10-01,2026-10-14T18:45:00Z,true,"
    )


@settings(max_examples=50)
@given(st.lists(st.text(st.characters(codec="utf-8")), min_size=1, max_size=4))
def test_any_text_comes_back_from_csv(texts: list[str]) -> None:
    (_, row) = csv.reader(io.StringIO(csv_of(texts, columns=len(texts)), newline=""), strict=True)

    assert [cell.removeprefix("'") for cell in row] == [text.removeprefix("'") for text in texts]


def test_a_workbook_holds_texts_dates_and_figures_as_what_they_are() -> None:
    rows: list[Sequence[Cell]] = [
        ["श्री गणेश"],
        [date(2026, 10, 1)],
        [Amount.of(123_456_789, "INR")],
        [True],
        [7],
    ]

    found = cells_of(workbook_of(*rows))

    assert found[1:] == [["श्री गणेश"], [date(2026, 10, 1)], [1234567.89], [True], [7.0]]


def test_an_instant_is_shown_to_readers_in_indian_time() -> None:
    found = cells_of(workbook_of([AT], kind=Kind.INSTANT))

    assert found == [["Cell at (IST)"], [datetime.fromisoformat("2026-10-15T00:15")]]


def test_a_formula_in_a_workbook_is_a_text_that_stays_one_when_edited() -> None:
    workbook = workbook_of(["=HYPERLINK(1)"])

    assert cells_of(workbook)[1] == ["=HYPERLINK(1)"]
    assert "<f>" not in part_of(workbook, "xl/worksheets/sheet1.xml")
    assert 'quotePrefix="1"' in part_of(workbook, "xl/styles.xml")


def test_a_figure_that_a_cell_would_round_stays_a_text() -> None:
    found = cells_of(workbook_of([Amount("1234567890123.45", "INR")], [Amount("12345678901234.56", "INR")]))

    assert found[1:] == [[1234567890123.45], ["12345678901234.56"]]


def test_a_text_longer_than_a_cell_is_cut_where_one_sees_it() -> None:
    ((found,),) = cells_of(workbook_of(["x" * (TEXT_LENGTH_MAX + 1)]))[1:]

    assert (len(str(found)), str(found)[-5:]) == (TEXT_LENGTH_MAX, "(cut)")


def test_the_header_is_frozen_and_filtered_and_totals_stand_outside() -> None:
    target = io.BytesIO()
    book = Workbook(target, title="T", made_at=AT)
    sheet = book.sheet("T", [Column.named("amount", Kind.MONEY)], heading=[("Partner", "CP0001")])
    sheet.write([[Amount.of(100, "INR")], [Amount.of(200, "INR")]])
    sheet.write_total([Amount.of(300, "INR")])
    book.close()

    page = part_of(target.getvalue(), "xl/worksheets/sheet1.xml")
    assert '<autoFilter ref="A3:A5"/>' in page
    assert 'topLeftCell="A4"' in page


@pytest.mark.parametrize("options", [{"in_memory": True}, {"constant_memory": True}])
def test_a_sheet_without_what_is_not_needed_is_otherwise_the_librarys_own(options: dict[str, bool]) -> None:
    def sheet_of(kind: type[Worksheet]) -> str:
        target = io.BytesIO()
        book = xlsxwriter.Workbook(target, options)
        sheet = book.add_worksheet("Cells", kind)
        sheet.write_row(0, 0, ["text", 1.5, True, None, -0.1], book.add_format({"bold": True}))
        sheet.write_formula(1, 1, "=SUBTOTAL(9,B1:B1)", None, 1.5)
        sheet.write_row(2, 0, ["<text>", 123_456_789_012_345, 1e-7])
        sheet.write_formula(2, 3, "=A1-B1*100/C1", book.add_format({"top": 1}), -3)
        book.close()
        return re.sub(' spans="[0-9:]+"', "", part_of(target.getvalue(), "xl/worksheets/sheet1.xml"))

    assert sheet_of(PlainSheet) == sheet_of(Worksheet)


def test_a_date_is_the_day_that_readers_see() -> None:
    days = [date(1900, 3, 1), date(2000, 2, 29), date(2026, 12, 31), date(9999, 12, 31)]

    assert [row[0] for row in cells_of(workbook_of(*[[day] for day in days], kind=Kind.DATE))[1:]] == days


def test_all_columns_are_printed_on_one_page_with_the_header_on_each() -> None:
    workbook = workbook_of(["a"])

    assert '<pageSetUpPr fitToPage="1"/>' in part_of(workbook, "xl/worksheets/sheet1.xml")
    assert "_xlnm.Print_Titles" in part_of(workbook, "xl/workbook.xml")


def test_the_same_workbook_has_the_same_bytes() -> None:
    assert workbook_of(["one"], [1]) == workbook_of(["one"], [1])


def shown(text: str, currency: str = "INR") -> str:
    """The figure as the format's one fitting section shows it."""
    sections = number_format(text, currency).split(";")
    value = Decimal(text)
    section = next(
        one for one in sections if not (bound := re.match(r"\[>=(\d+)\]", one)) or value >= int(bound[1])
    )
    pattern = re.sub(r"\[.*?\]", "", section).replace("\\", "")
    whole, _, fraction = text.lstrip("-").partition(".")
    digits, out = list(whole), ""
    for place in reversed(pattern.partition(".")[0]):
        if place == "," and digits:
            out = "," + out
        elif place in "#0" and digits:
            out = digits.pop() + out
    return ("-" if value < 0 else "") + "".join(digits) + out + ("." + fraction if fraction else "")


@pytest.mark.parametrize(
    ("amount", "seen"),
    [
        ("999.00", "999.00"),
        ("12345.60", "12,345.60"),
        ("412037.16", "4,12,037.16"),
        ("12345678.00", "1,23,45,678.00"),
        ("-412037.16", "-4,12,037.16"),
        ("-12.00", "-12.00"),
        ("1234567890.00", "1,23,45,67,890.00"),
        ("-98765432.10", "-9,87,65,432.10"),
    ],
)
def test_rupees_are_grouped_by_lakh_and_crore(amount: str, seen: str) -> None:
    assert shown(amount) == seen


def test_other_currencies_have_their_own_digits() -> None:
    assert [number_format("1", one) for one in ("USD", "JPY", "KWD")] == ["#,##0.00", "#,##0", "#,##0.000"]


class _Part(WireModel):
    number: str
    amount: MoneyBody


class _Cause(WireModel):
    code: str
    stated_on: date


class _Body(WireModel):
    state: Literal["open", "closed"]
    count: int
    at: datetime | None
    amount: MoneyBody
    parts: list[_Part]
    cause: _Cause | None


def test_columns_are_taken_from_the_body_of_the_list() -> None:
    table = BodyTable(_Body)
    body = _Body(
        state="open",
        count=2,
        at=AT,
        amount=money(150, "INR"),
        parts=[_Part(number="A", amount=money(100, "INR")), _Part(number="B", amount=money(50, "INR"))],
        cause=None,
    )

    assert [(column.name, column.kind.value) for column in table.columns] == [
        ("state", "text"),
        ("count", "integer"),
        ("at", "instant"),
        ("amount", "money"),
        ("amount_currency", "text"),
        ("parts", "text"),
        ("cause_code", "text"),
        ("cause_stated_on", "date"),
    ]
    parts = "A 1.00 INR; B 0.50 INR"
    assert table.row(body) == ["open", 2, AT, Amount("1.50", "INR"), "INR", parts, None, None]


def test_a_file_is_named_for_old_and_new_readers() -> None:
    assert attachment_headers("खाता.csv")["Content-Disposition"] == (
        "attachment; filename=\"____.csv\"; filename*=UTF-8''%E0%A4%96%E0%A4%BE%E0%A4%A4%E0%A4%BE.csv"
    )
