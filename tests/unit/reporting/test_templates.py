"""Templates and the check of what was filled, cell by cell, as pure functions; workbooks as they are read back."""

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from uuid_utils.compat import uuid7

from services.reporting.adapters.submission_reading import entry_of_csv, entry_of_workbook, identity_of
from services.reporting.adapters.template_workbook import (
    HEADER_ROW,
    SheetRow,
    TemplateSheet,
    write_template_workbook,
)
from services.reporting.domain.errors import TemplateInvalid, WorkbookNotOfCollection
from services.reporting.domain.given_rows import GivenFacts, Whose, given_rows
from services.reporting.domain.shipped_templates import ANNUAL_PLAN, SALES_FORECAST, SHIPPED_TEMPLATES
from services.reporting.domain.submission_check import Asked, Checked, Entry, EntryRow, check_entry
from services.reporting.domain.template import (
    EntryKind,
    RowSource,
    ShownFigure,
    Template,
    TemplateColumn,
    check_template,
    sheet_columns,
)
from services.reporting.domain.template_collection import WorkbookIdentity, accuracy, check_identity
from shared.errors import Malformed

DECEMBER = date(2026, 12, 1)
LISTS = {
    "partner_code": ["CP1", "CP2"],
    "product_code": ["GEN-25", "GEN-62"],
    "confidence": ["high", "medium", "low"],
}
COLUMNS = sheet_columns(SALES_FORECAST, DECEMBER, 3)
GIVEN = [("CP1", "GEN-62")]


def an_entry(*rows: Mapping[str, str]) -> Entry:
    names = [one.name for one in COLUMNS]
    letters = [chr(ord("A") + place) for place in range(len(names))]
    taken = [EntryRow(6 + place, [row.get(name, "") for name in names]) for place, row in enumerate(rows)]
    return Entry(letters=letters, header_row=5, unknown_columns={}, rows=taken)


def a_row(**cells: str) -> dict[str, str]:
    months = {"quantity_2026_12": "4", "quantity_2027_01": "2.5", "quantity_2027_02": "0"}
    return {"partner_code": "CP1", "product_code": "GEN-62", **months, **cells}


def checked(
    *rows: Mapping[str, str], template: Template = SALES_FORECAST, keys: Sequence[tuple[str, ...]] = GIVEN
) -> Checked:
    asked = Asked(template=template, columns=COLUMNS, lists=LISTS, keys=keys)
    return check_entry(asked, an_entry(*rows))


def found(result: Checked) -> list[tuple[str | None, str]]:
    return [(one.cell, one.code.value) for one in result.findings]


def test_templates_that_come_with_the_system_can_be_filled_and_checked() -> None:
    for template in SHIPPED_TEMPLATES:
        check_template(template)


def test_every_contradiction_of_a_template_is_told_at_once() -> None:
    total = TemplateColumn(name="total", title="Total", kind=EntryKind.DECIMAL, sum_of=("nothing",))
    key = TemplateColumn(
        name="partner_code", title="Total", kind=EntryKind.DECIMAL, is_key=True, at_least="x"
    )
    broken = replace(SALES_FORECAST, columns=(total, key))

    with pytest.raises(TemplateInvalid) as refused:
        check_template(broken)

    pointers = {one.pointer for one in refused.value.problems}
    assert {"/columns/0/sum_of/0", "/columns/1", "/columns/1/kind", "/columns/1/at_least"} <= pointers
    assert {"/columns", "/rules/0/left", "/rows_from", "/feeds"} <= pointers


def test_a_clean_sheet_says_what_was_asked_and_nothing_else() -> None:
    result = checked(a_row(quantity_2026_12="1,200", total="99", certain="12", confidence="high"), {})

    assert result.findings_count == 0
    (row,) = result.rows
    assert row.cells["quantity_2026_12"] == "1200"
    assert "total" not in row.cells


@pytest.mark.parametrize(
    ("cells", "cell", "code"),
    [
        ({"quantity_2026_12": ""}, "E6", "required"),
        ({"quantity_2026_12": "many"}, "E6", "no_number"),
        ({"quantity_2026_12": "-1"}, "E6", "out_of_range"),
        ({"quantity_2026_12": "1.2345"}, "E6", "too_many_digits"),
        ({"quantity_2027_01": "1000000.5"}, "F6", "out_of_range"),
        ({"confidence": "certainly"}, "J6", "not_in_list"),
        ({"partner_code": "CP9"}, "A6", "not_in_list"),
        ({"certain": "7", "confidence": "low"}, "I6", "rule_broken"),
        ({"certain": "1"}, "J6", "rule_broken"),
        ({"remark": "x" * 1001}, "K6", "too_long"),
    ],
)
def test_a_wrong_cell_is_named_with_what_was_expected(cells: dict[str, str], cell: str, code: str) -> None:
    result = checked(a_row(**cells))

    assert found(result) == [(cell, code)]
    assert result.findings[0].expected.startswith("expected")


def test_a_list_that_only_suggests_takes_other_texts() -> None:
    assert checked(a_row(), a_row(product_code="NEW-1")).findings_count == 0


def test_a_row_stands_once_and_one_that_was_given_is_not_left_empty() -> None:
    emptied = dict.fromkeys(("quantity_2026_12", "quantity_2027_01", "quantity_2027_02"), "")

    twice = checked(a_row(), a_row(quantity_2026_12="5"))
    empty = checked(a_row(**emptied))

    assert found(twice) == [("A7", "duplicate_row")]
    assert found(empty) == [("E6", "required"), ("F6", "required"), ("G6", "required")]


def test_rows_of_a_closed_list_are_neither_missing_nor_more() -> None:
    closed = replace(SALES_FORECAST, takes_new_rows=False)

    result = checked(a_row(product_code="GEN-25"), template=closed)

    assert [one.code.value for one in result.findings] == ["missing_row", "unknown_row"]


def test_months_are_compared_as_their_sum_with_a_single_cell() -> None:
    columns = sheet_columns(ANNUAL_PLAN, date(2027, 4, 1), 2)
    texts = {
        "zone": "North",
        "segment": "Telecom",
        "target": "100",
        "amount_2027_04": "60",
        "amount_2027_05": "39",
    }
    entry = Entry(
        letters=list("ABCDEFGH"),
        header_row=5,
        unknown_columns={},
        rows=[EntryRow(6, [texts.get(one.name, "") for one in columns])],
    )
    asked = Asked(
        template=ANNUAL_PLAN, columns=columns, lists={"zone": ["North"]}, keys=[("North", "Telecom")]
    )

    assert found(check_entry(asked, entry)) == [("D6", "rule_broken")]


def test_a_column_that_is_gone_is_told_before_its_cells_are() -> None:
    entry = an_entry(a_row())
    gone = replace(
        entry, letters=[None if place == 4 else letter for place, letter in enumerate(entry.letters)]
    )

    result = check_entry(Asked(template=SALES_FORECAST, columns=COLUMNS, lists=LISTS, keys=GIVEN), gone)

    assert [(one.column, one.code.value) for one in result.findings] == [
        ("quantity_2026_12", "column_missing")
    ]


def test_a_csv_names_columns_by_name_or_title_in_any_order() -> None:
    content = "Forecast Jan 2027 (pieces),partner_code,product_code,quantity_2026_12,quantity_2027_02\n1,CP1,GEN-62,2,3\n"

    entry = entry_of_csv(content.encode(), COLUMNS)

    told = dict(zip([one.name for one in COLUMNS], entry.rows[0].cells, strict=True))
    assert (told["quantity_2026_12"], told["quantity_2027_01"], told["quantity_2027_02"]) == ("2", "1", "3")
    assert entry.letters[5] == "A"


@pytest.mark.parametrize(
    "content", [b"partner_code,\0\n", b"\xff\xfe", b'"partner_code', b"nothing,known\n1,2\n", b""]
)
def test_what_is_no_table_of_the_template_is_refused(content: bytes) -> None:
    with pytest.raises(Malformed):
        entry_of_csv(content, COLUMNS)


def test_a_text_is_never_a_formula_in_a_workbook() -> None:
    told = replace(SALES_FORECAST, instructions='=HYPERLINK("http://elsewhere")')
    target = io.BytesIO()

    write_template_workbook(target, replace(a_sheet([]), template=told))

    with zipfile.ZipFile(target) as archive:
        sheets = [archive.read(name).decode() for name in archive.namelist() if "worksheets/" in name]
    assert not any("HYPERLINK" in sheet for sheet in sheets)


def test_a_workbook_is_read_back_as_it_was_given_out_with_its_identity() -> None:
    sheet = a_sheet([SheetRow(cells={**a_row(), "ordered_before": "7"}, is_given=True)])
    target = io.BytesIO()
    write_template_workbook(target, sheet)

    entry = entry_of_workbook(target.getvalue(), COLUMNS)

    assert entry.header_row == HEADER_ROW
    told = dict(zip([one.name for one in COLUMNS], entry.rows[0].cells, strict=True))
    assert (told["ordered_before"], told["quantity_2027_01"], told["total"]) == ("7", "2.5", "6.5")
    assert identity_of(target.getvalue()) == sheet.identity
    again = io.BytesIO()
    write_template_workbook(again, sheet)
    assert again.getvalue() == target.getvalue()


def test_an_identity_cannot_be_changed_nor_taken_elsewhere() -> None:
    ours, key = an_identity(), b"k" * 32
    told = {**ours.facts(), "signature": ours.signature(key)}
    other = replace(ours, respondent_id=uuid7())

    check_identity(ours, told, key)
    for expected, said in (
        (other, told),
        (ours, {**told, "signature": ours.signature(b"x" * 32)}),
        (ours, {}),
    ):
        with pytest.raises(WorkbookNotOfCollection):
            check_identity(expected, said, key)


def test_given_rows_have_the_figures_of_their_keys() -> None:
    ordered = {("CP1", "GEN-62"): ("12", "North"), ("CP2", "GEN-25"): ("3", "West")}
    facts = GivenFacts(ordered={None: ordered, ShownFigure.ORDERED_BEFORE: {}}, lists={}, accepted={})

    rows = given_rows(SALES_FORECAST, facts, Whose(zone="North"), ("zone", "North"))

    assert rows == [{"partner_code": "CP1", "product_code": "GEN-62", "ordered_before": "0"}]


def test_rows_of_the_collection_before_come_again_with_what_was_accepted() -> None:
    template = replace(ANNUAL_PLAN, rows_from=RowSource.ACCEPTED_BEFORE, takes_new_rows=True)
    before = {("zone", "North"): [{"zone": "North", "segment": "Telecom", "target": "100"}]}
    facts = GivenFacts(ordered={}, lists={}, accepted=before)

    rows = given_rows(template, facts, Whose(zone="North"), ("zone", "North"))

    assert rows == [{"zone": "North", "segment": "Telecom", "target_before": "100"}]


def test_accuracy_is_one_less_the_weighted_errors() -> None:
    share = accuracy(Decimal(20), Decimal(150))

    assert share is not None
    assert f"{share:.4f}" == "0.8667"
    assert accuracy(Decimal(20), Decimal(0)) is None


def an_identity() -> WorkbookIdentity:
    return WorkbookIdentity(
        template="sales-forecast", revision=1, collection_id=uuid7(), respondent_id=uuid7(), first_month=DECEMBER,
        months=3,
    )  # fmt: skip


def a_sheet(rows: Sequence[SheetRow]) -> TemplateSheet:
    identity = an_identity()
    return TemplateSheet(
        template=SALES_FORECAST,
        columns=COLUMNS,
        title="Sales forecast",
        facts=[("Asked", "CP1")],
        lists={name: [(value, "") for value in values] for name, values in LISTS.items()},
        identity={**identity.facts(), "signature": identity.signature(b"k" * 32)},
        rows=rows,
        made_at=datetime(2026, 11, 20, tzinfo=UTC),
    )
