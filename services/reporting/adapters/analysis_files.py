"""An analysis as a workbook that calculates, and its tables as CSV."""

import io
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from services.reporting.adapters.analysis_store import Row as AnalysisRow
from services.reporting.domain.analysis import (
    AnalysisResult,
    Cell,
    CellKind,
    Check,
    Figure,
    ResultColumn,
    ResultTable,
)
from shared.documents.csv_table import CsvTable
from shared.documents.table import Amount, Calculated, Column, ColumnSum, Kind, Row
from shared.documents.table import Cell as FileCell
from shared.documents.xlsx_table import Workbook
from shared.money import EXPONENTS

SHEET_NAME_MAX: Final = 31
_KINDS: Final[Mapping[CellKind, Kind]] = {
    CellKind.TEXT: Kind.TEXT,
    CellKind.INTEGER: Kind.INTEGER,
    CellKind.DECIMAL: Kind.DECIMAL,
    CellKind.MONEY: Kind.MONEY,
}
_FIGURE_COLUMNS: Final = (
    Column("title", Kind.TEXT, "Figure"),
    Column("value", Kind.DECIMAL, "Value"),
    Column("unit", Kind.TEXT, "Unit"),
    Column("formula", Kind.TEXT, "How it is calculated"),
)
_CHECK_COLUMNS: Final = (
    Column("sentence", Kind.TEXT, "Has to be nought"),
    Column("residual", Kind.DECIMAL, "Is"),
)


def analysis_workbook(
    result: AnalysisResult, heading: Sequence[tuple[str, str]], *, title: str, made_at: datetime
) -> bytes:
    """Figures, checks, then a sheet per table. Columns that follow from others are formulas, totals are sums."""
    target = io.BytesIO()
    book = Workbook(target, title=title, made_at=made_at)
    book.sheet("Figures", _FIGURE_COLUMNS, [*heading, *(("Note", note) for note in result.notes)]).write(
        [_figure_row(figure) for figure in result.figures]
    )
    if result.checks:
        book.sheet("Checks", _CHECK_COLUMNS).write([_check_row(check) for check in result.checks])
    for table in result.tables:
        sheet = book.sheet(
            table.code.replace("_", " ").capitalize()[:SHEET_NAME_MAX],
            [_column(column) for column in table.columns],
            [("Table", table.title)],
        )
        sheet.write([_row(table, row) for row in table.rows])
        if table.rows and any(column.is_summed for column in table.columns):
            sheet.write_total(_totals(table))
    book.close()
    return target.getvalue()


def analysis_heading(row: AnalysisRow) -> list[tuple[str, str]]:
    """What its workbook says above the figures: what was asked, by whom, and its hashes."""
    told = [
        ("Analysis", row.title),
        ("Kind", row.kind),
        ("Made", f"{row.made_at:%Y-%m-%d %H:%M} UTC by {row.made_by}"),
    ]
    told += [
        (name.replace("_", " ").capitalize(), str(value)) for name, value in row.options.items() if value
    ]
    return [*told, ("Content SHA-256", row.content_sha256), ("Rows SHA-256", row.rows_sha256)]


def table_csv(table: ResultTable) -> bytes:
    """One table, exact."""
    target = io.BytesIO()
    sheet = CsvTable(target, [_column(column) for column in table.columns])
    sheet.write([_row(table, row) for row in table.rows])
    sheet.close()
    return target.getvalue()


def _figure_row(figure: Figure) -> Row:
    value: FileCell = None
    if figure.value is not None:
        value = _number(figure.value, figure.unit)
    return [figure.title, value, figure.unit, figure.formula]


def _number(text: str, unit: str) -> FileCell:
    if _is_currency(unit):
        return Amount(text, unit)
    try:
        return Decimal(text)
    except ArithmeticError:
        return text


def _check_row(check: Check) -> Row:
    return [check.sentence, Decimal(check.residual)]


def _column(column: ResultColumn) -> Column:
    title = f"{column.title} ({column.unit})" if column.unit else column.title
    return Column(column.code, _KINDS[column.kind], title)


def _row(table: ResultTable, row: Sequence[Cell]) -> Row:
    return [_cell(column, cell) for column, cell in zip(table.columns, row, strict=True)]


def _cell(column: ResultColumn, cell: Cell) -> FileCell:
    if cell is None or column.kind is CellKind.TEXT:
        return cell
    if column.kind is CellKind.INTEGER:
        return int(cell)
    value = Amount(cell, column.unit) if column.kind is CellKind.MONEY else Decimal(cell)
    return Calculated(column.formula, value) if column.formula else value


def _totals(table: ResultTable) -> Row:
    """Sums of the columns that may be summed; the first column says what the row is."""
    cells: list[FileCell] = []
    for place, column in enumerate(table.columns):
        if column.is_summed:
            total = sum((Decimal(row[place] or 0) for row in table.rows), Decimal(0))
            cells.append(ColumnSum(Amount(str(total), column.unit)))
        else:
            cells.append("Total" if place == 0 else None)
    return cells


def _is_currency(unit: str) -> bool:
    return unit in EXPONENTS or (len(unit) == 3 and unit.isalpha() and unit.isupper())
