"""A template's workbook in a real office program: drop-downs stay, what was filled is read, marks are seen."""

import io
import re
import zipfile
from dataclasses import replace
from pathlib import Path

import pypdfium2
import pytest

from services.reporting.adapters.submission_reading import entry_of_workbook, identity_of
from services.reporting.adapters.template_workbook import SheetRow, TemplateSheet, write_template_workbook
from services.reporting.application.make_workbook import as_sent
from services.reporting.domain.shipped_templates import SALES_FORECAST
from services.reporting.domain.submission_check import Asked, check_entry
from tests.office import converted, office
from tests.unit.reporting.test_templates import COLUMNS, LISTS, a_row, a_sheet

KEYS = [("CP1", "GEN-25"), ("CP1", "GEN-62")]
FILLED = [a_row(product_code="GEN-25", certain="1.5", confidence="low"), a_row(remark="=no formula")]
WRONG = [
    a_row(product_code="GEN-25", quantity_2026_12="many", quantity_2027_01="-3"),
    a_row(confidence="sure"),
]
RED = (0xF4, 0xB6, 0xA6)


@pytest.fixture(scope="module")
def saved(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A filled workbook and a marked copy, each as the office program saves it, and the marked one as pages."""
    program, folder = office(), tmp_path_factory.mktemp("office")
    files = [_written(folder / "filled.xlsx", _filled(FILLED)), _written(folder / "marked.xlsx", _marked())]
    filled, marked = converted(program, files, "xlsx", folder)
    (pages,) = converted(program, files[1:], "pdf", folder)
    return {"filled": filled, "marked": marked, "pages": pages}


def test_drop_downs_and_protection_survive(saved: dict[str, Path]) -> None:
    with zipfile.ZipFile(saved["filled"]) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()

    validations = re.findall(r"<dataValidation [^>]*?type=\"(\w+)\".*?</dataValidation>", sheet, re.DOTALL)
    assert {"decimal", "list"} <= set(validations)
    assert re.search(r"<formula1>Lists!\$A\$2:\$A\$3</formula1>", sheet)
    assert 'sheetProtection sheet="true"' in sheet


def test_what_was_filled_is_read_whole_with_its_identity(saved: dict[str, Path]) -> None:
    content = saved["filled"].read_bytes()
    entry = entry_of_workbook(content, COLUMNS)

    result = check_entry(Asked(template=SALES_FORECAST, columns=COLUMNS, lists=LISTS, keys=KEYS), entry)

    assert [(one.cell, one.code) for one in result.findings] == []
    assert [row.cells.get("quantity_2027_01") for row in result.rows] == ["2.5", "2.5"]
    assert [row.cells.get("remark") for row in result.rows] == [None, "=no formula"]
    assert identity_of(content)["template"] == "sales-forecast"


def test_the_marked_copy_opens_with_its_notes_and_red_cells(saved: dict[str, Path]) -> None:
    with zipfile.ZipFile(saved["marked"]) as archive:
        notes = "".join(archive.read(name).decode() for name in archive.namelist() if "comments" in name)
        names = archive.read("xl/workbook.xml").decode()
    page = pypdfium2.PdfDocument(saved["pages"])[0].render(scale=1).to_pil().convert("RGB")

    reds = sum(
        count
        for count, colour in page.getcolors(maxcolors=1 << 24)
        if all(abs(one - wanted) <= 2 for one, wanted in zip(colour, RED, strict=True))
    )
    assert "expected a number" in notes
    assert "expected one of high, low, medium" in notes
    assert 'name="Findings"' in names
    assert reds > 500


def test_the_marked_copy_is_read_again_as_it_was_sent(saved: dict[str, Path]) -> None:
    entry = entry_of_workbook(saved["marked"].read_bytes(), COLUMNS)

    result = check_entry(Asked(template=SALES_FORECAST, columns=COLUMNS, lists=LISTS, keys=KEYS), entry)

    assert [(one.cell, one.code.value) for one in result.findings] == [
        ("E6", "no_number"), ("F6", "out_of_range"), ("J7", "not_in_list"),
    ]  # fmt: skip


def _filled(rows: list[dict[str, str]]) -> TemplateSheet:
    return a_sheet([SheetRow(cells=row, is_given=True) for row in rows])


def _marked() -> TemplateSheet:
    sheet = _filled(WRONG)
    entry = entry_of_workbook(_bytes(sheet), COLUMNS)
    found = check_entry(Asked(template=SALES_FORECAST, columns=COLUMNS, lists=LISTS, keys=KEYS), entry)
    rows, places = as_sent(sheet, entry)
    return replace(
        sheet, rows=rows, places=places, findings=found.findings, findings_count=found.findings_count
    )


def _bytes(sheet: TemplateSheet) -> bytes:
    target = io.BytesIO()
    write_template_workbook(target, sheet)
    return target.getvalue()


def _written(file: Path, sheet: TemplateSheet) -> Path:
    file.write_bytes(_bytes(sheet))
    return file
