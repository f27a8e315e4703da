"""A run's document in each format it is given out in, written to a file some thousand rows at a time."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from pathlib import Path
from typing import IO, Final

import msgspec

from services.reporting.adapters.analysis_charts import chart_svg
from services.reporting.adapters.definition_store import definition_of
from services.reporting.adapters.frozen_rows import frozen_rows
from services.reporting.adapters.report_document import INDIA, ReportDocument, report_document
from services.reporting.adapters.run_store import Row
from services.reporting.domain.analysis import ChartKind
from services.reporting.domain.errors import ReportTooLarge
from services.reporting.domain.report_source import ValueKind
from shared.documents.amounts import grouped
from shared.documents.csv_table import CsvTable
from shared.documents.pdf import render_pdf
from shared.documents.table import Amount, Cell, ColumnSum, CountSum, Kind
from shared.documents.xlsx_table import SheetChart, Workbook

TEMPLATE: Final = Path(__file__).with_name("report.typ")
PDF_ROWS_MAX: Final = 5_000
TAGGED_ROWS_MAX: Final = 500  # tags make long tables many times as large
NATIVE_CHART_ROWS_MAX: Final = 2_000
_DASH: Final = "–"
_SHORT: Final = frozenset({"currency", "zone", "partner_code"})
_RIGHT: Final = frozenset({Kind.MONEY, Kind.INTEGER, Kind.DECIMAL})


class ReportFormat(StrEnum):
    PDF = "pdf"
    XLSX = "xlsx"
    CSV = "csv"
    JSON = "json"


MEDIA_TYPES: Final[Mapping[ReportFormat, str]] = {
    ReportFormat.PDF: "application/pdf",
    ReportFormat.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    ReportFormat.CSV: "text/csv; charset=utf-8; header=present",
    ReportFormat.JSON: "application/json",
}


def write_report(target: IO[bytes], run: Row, content: bytes, wanted: ReportFormat) -> None:
    """The same run and format give the same bytes. Blocks for seconds where there are many rows: call it in a thread.

    ReportTooLarge for a PDF of more than 5,000 rows, which nobody reads.
    """
    if wanted is ReportFormat.PDF and run.rows_count > PDF_ROWS_MAX:
        raise ReportTooLarge(
            f"{run.rows_count} rows are too many for paper, which holds {PDF_ROWS_MAX}; ask for xlsx or csv",
            rows_count=run.rows_count,
        )
    with frozen_rows(content) as rows:
        document = report_document(run, definition_of(run.definition), rows)
        _WRITERS[wanted](target, document, run)


def _write_csv(target: IO[bytes], document: ReportDocument, _run: Row) -> None:
    """The table alone: programs read it, and sums are theirs to make."""
    table = CsvTable(target, document.headings)
    for part in document.cells():
        table.write(part)
    table.close()


def _write_json(target: IO[bytes], document: ReportDocument, run: Row) -> None:
    """What the run says of itself, its columns, and its rows as arrays of texts."""
    head = {
        "run_id": run.id,
        "title": document.title,
        "facts": dict(document.facts),
        "columns": [
            {"name": one.name, "kind": one.kind, "title": one.title, "unit": one.unit}
            for one in document.columns
        ],
    }
    target.write(msgspec.json.encode(head)[:-1] + b',"rows":[')
    comma = b""
    for part in document.cells():
        for row in part:
            target.write(comma + msgspec.json.encode([_text(cell) for cell in row]))
            comma = b","
    target.write(b"]}")


def _write_xlsx(target: IO[bytes], document: ReportDocument, run: Row) -> None:
    """The table with its heading, filter and sums, and the chart on a sheet of its own, drawn by the reader's program."""
    book = Workbook(target, title=document.title, made_at=run.cut_off_at)
    try:
        sheet = book.sheet("Report", document.headings, [("Report", document.title), *document.facts])
        for part in document.cells():
            sheet.write(part)
        for total in document.totals:
            sheet.write_total(total)
        if document.chart is not None and run.rows_count <= NATIVE_CHART_ROWS_MAX:
            names = [one.name for one in document.columns]
            definition = definition_of(run.definition)
            assert definition.chart is not None
            book.chart(
                sheet,
                SheetChart(
                    title=document.chart.title,
                    category=names.index(definition.chart.category),
                    value=names.index(definition.chart.measure),
                    rows_count=run.rows_count,
                    is_line=document.chart.kind is ChartKind.LINES,
                ),
            )
        book.close()
    except BaseException:
        book.discard()
        raise


def _write_pdf(target: IO[bytes], document: ReportDocument, run: Row) -> None:
    content: dict[str, object] = {
        "title": document.title,
        "description": document.description,
        "facts": [{"label": label, "value": value} for label, value in document.facts],
        "columns": [
            {
                "title": one.title,
                "right": one.kind in _RIGHT,
                "wide": one.kind is Kind.TEXT and one.name not in _SHORT,
            }
            for one in document.headings
        ],
        "rows": [_on_paper(document, row) for part in document.cells() for row in part],
        "totals": [_on_paper(document, total, empty="") for total in document.totals],
        "chart": chart_svg(document.chart).decode() if document.chart else None,
    }
    target.write(render_pdf(TEMPLATE, content, is_tagged=run.rows_count <= TAGGED_ROWS_MAX))


Writer = Callable[[IO[bytes], ReportDocument, Row], None]
_WRITERS: Final[Mapping[ReportFormat, Writer]] = {
    ReportFormat.PDF: _write_pdf,
    ReportFormat.XLSX: _write_xlsx,
    ReportFormat.CSV: _write_csv,
    ReportFormat.JSON: _write_json,
}


def _text(cell: Cell) -> str | bool | None:
    match cell:
        case None | bool():
            return cell
        case Amount(text=text):
            return text
        case datetime():
            return cell.astimezone(UTC).isoformat().replace("+00:00", "Z")
        case date():
            return cell.isoformat()
    return str(cell)


def _on_paper(document: ReportDocument, row: Sequence[Cell], empty: str = _DASH) -> list[str]:
    """As people read it: amounts by lakh and crore, shares in percent, instants in India, nothing as a dash."""
    return [
        f"{cell * 100:.2f} %"
        if column.kind is ValueKind.SHARE and isinstance(cell, Decimal)
        else _paper(cell)
        for column, cell in zip(document.columns, row, strict=True)
    ]


def _paper(cell: Cell) -> str:
    match cell:
        case Amount(text=amount) if not amount.strip("-0."):
            text = _DASH  # a column of zeros hides the figures between them
        case bool():
            text = "yes" if cell else "no"
        case (
            Amount(text=amount, currency=currency) | ColumnSum(amount=Amount(text=amount, currency=currency))
        ):
            text = grouped(amount, currency)
        case int() | Decimal() | CountSum():
            text = grouped(str(cell.count if isinstance(cell, CountSum) else cell), "INR")
        case datetime():
            text = f"{cell.astimezone(INDIA):%Y-%m-%d %H:%M}"
        case _:
            text = str(cell)
    return text
