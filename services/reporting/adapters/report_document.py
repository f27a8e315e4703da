"""A run as a document: what its heading says, its table, its totals and its picture, before it is set in a format."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final
from zoneinfo import ZoneInfo

from services.reporting.adapters.cell_values import row_currency
from services.reporting.adapters.frozen_rows import FrozenRows, Values
from services.reporting.adapters.run_store import Row as RunRow
from services.reporting.domain.analysis import Chart, ChartKind, ChartPoint
from services.reporting.domain.pivot import pivoted
from services.reporting.domain.report_definition import (
    Function,
    Layout,
    ReportChartKind,
    ReportDefinition,
    ResultColumn,
    result_columns,
)
from services.reporting.domain.report_source import ValueKind
from shared.documents.table import Amount, Cell, Column, ColumnSum, CountSum, Kind
from shared.money import text_from_minor

INDIA: Final = ZoneInfo("Asia/Kolkata")
CHART_POINTS_MAX: Final = 40
_KINDS: Final = {
    ValueKind.TEXT: Kind.TEXT,
    ValueKind.TRUTH: Kind.TRUTH,
    ValueKind.INTEGER: Kind.INTEGER,
    ValueKind.DECIMAL: Kind.DECIMAL,
    ValueKind.DATE: Kind.DATE,
    ValueKind.INSTANT: Kind.INSTANT,
    ValueKind.MONEY: Kind.MONEY,
    ValueKind.SHARE: Kind.DECIMAL,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDocument:
    """Rows come some thousand at a time; `totals` are one row per currency, sums where the table sums itself."""

    title: str
    description: str
    facts: Sequence[tuple[str, str]]
    columns: Sequence[ResultColumn]
    parts: Iterator[list[Values]]
    totals: Sequence[Sequence[Cell]]
    chart: Chart | None

    @property
    def headings(self) -> list[Column]:
        return [Column(one.name, _KINDS[one.kind], one.title) for one in self.columns]

    def cells(self) -> Iterator[list[list[Cell]]]:
        for part in self.parts:
            yield [row_cells(self.columns, row) for row in part]


def report_document(run: RunRow, definition: ReportDefinition, rows: FrozenRows) -> ReportDocument:
    """As its layout wants it; read once, from the first row to the last."""
    columns = result_columns(definition)
    names = [column.name for column in columns]
    chart = _chart(definition, columns, rows)
    totals = _totals(definition, columns, run.totals, rows)
    parts = rows.all(names)
    if definition.layout is Layout.PIVOT:
        columns, turned = pivoted(definition, (row for part in parts for row in part))
        parts, totals = iter([turned]), _pivot_totals(columns, turned)
    return ReportDocument(
        title=definition.title,
        description=definition.description,
        facts=_facts(run),
        columns=columns,
        parts=parts,
        totals=totals,
        chart=chart,
    )


def row_cells(columns: Sequence[ResultColumn], values: Values) -> list[Cell]:
    """Money with the digits of the row's currency, instants aware."""
    currency = row_currency(columns, values)
    return [_cell(column.kind, value, currency) for column, value in zip(columns, values, strict=True)]


def _cell(kind: ValueKind, value: object, currency: str) -> Cell:
    match value:
        case int() if kind is ValueKind.MONEY and not isinstance(value, bool):
            return Amount.of(value, currency)
        case datetime():
            return value.replace(tzinfo=UTC)
    return value  # type: ignore[return-value] # texts, truths, numbers and days are cells as they are


def _totals(
    definition: ReportDefinition,
    columns: Sequence[ResultColumn],
    totals: Sequence[dict[str, object]],
    rows: FrozenRows,
) -> list[list[Cell]]:
    """Below the table: where all of it is of one currency, sums that the workbook calculates; else what was found."""
    added = {one.name for one in definition.measures if one.function in (Function.SUM, Function.COUNT)}
    names = [one.name for one in columns if one.name.removesuffix("_before").removesuffix("_change") in added]
    sums = rows.sums(names) if len(totals) == 1 else {}
    return [_total_row(columns, total, sums) for total in totals]


def _total_row(
    columns: Sequence[ResultColumn], total: dict[str, object], sums: Mapping[str, object]
) -> list[Cell]:
    currency = str(total.get("currency") or "INR")
    row: list[Cell] = []
    for column in columns:
        value = sums.get(column.name, total.get(column.name)) if column.is_measure else None
        if column.name == "currency":
            row.append(currency)
        elif isinstance(value, int):
            amount = Amount.of(value, currency) if column.kind is ValueKind.MONEY else value
            row.append(_summed(amount) if column.name in sums else amount)
        else:
            row.append(None if value is None else Decimal(str(value)))
    if row and row[0] is None:
        row[0] = "Total"
    return row


def _summed(amount: Amount | int) -> Cell:
    return ColumnSum(amount) if isinstance(amount, Amount) else CountSum(amount)


def _pivot_totals(columns: Sequence[ResultColumn], rows: Sequence[Values]) -> list[list[Cell]]:
    """Of amounts in one currency; sums of two would mean nothing."""
    if not rows or not any(column.kind is ValueKind.MONEY for column in columns):
        return []
    currencies = {row_currency(columns, row) for row in rows}
    if len(currencies) != 1:
        return []
    (currency,) = currencies
    found: list[Cell] = []
    for place, column in enumerate(columns):
        values = [row[place] for row in rows]
        is_money = column.kind is ValueKind.MONEY
        total = sum(value for value in values if isinstance(value, int)) if is_money else 0
        found.append(ColumnSum(Amount.of(total, currency)) if is_money else None)
    found[0] = "Total"
    return [found]


def _facts(run: RunRow) -> list[tuple[str, str]]:
    made = run.cut_off_at.astimezone(INDIA)
    facts = [
        ("Period", f"{run.first_on} to {run.last_on} ({run.period})"),
        ("As of", f"{made:%Y-%m-%d %H:%M} IST"),
        ("Definition", f"{run.definition_name}, version {run.revision}"),
        ("Rows", f"{run.rows_count}"),
        ("Run", f"{run.id}"),
        ("SHA-256", run.content_sha256),
    ]
    shown = [("Zone", run.zone), ("Partner", run.partner_code)]
    if not run.sees_all:
        shown.append(("Rows of", ", ".join([*run.zones, *([run.own_code] if run.own_code else [])])))
    return facts[:2] + [(label, value) for label, value in shown if value] + facts[2:]


def _chart(definition: ReportDefinition, columns: Sequence[ResultColumn], rows: FrozenRows) -> Chart | None:
    """The measure over its category, summed over the other groups; the largest forty where there are more."""
    wanted = definition.chart
    if wanted is None:
        return None
    column = next(one for one in columns if one.name == wanted.measure)
    series = ["currency"] if column.kind is ValueKind.MONEY else []
    found = rows.summed(wanted.measure, [wanted.category, *series], CHART_POINTS_MAX)
    if not found:
        return None
    points = [
        ChartPoint(
            _label(row[0]), str(_plotted(column, row[-1], _label(row[-2]))), "".join(map(_label, row[1:-1]))
        )
        for row in found
        if row[-1] is not None
    ]
    return Chart(
        code=wanted.measure,
        title=f"{column.title} by {wanted.category.replace('_', ' ')}",
        kind=ChartKind.LINES if wanted.kind is ReportChartKind.LINE else ChartKind.BARS,
        unit=", ".join(sorted({point.series for point in points})) or column.unit,
        points=tuple(points),
    )


def _label(value: object) -> str:
    return "(none)" if value is None else str(value)


def _plotted(column: ResultColumn, value: object, currency: str) -> Decimal:
    if column.kind is ValueKind.MONEY and isinstance(value, int):
        return Decimal(text_from_minor(value, currency))
    return Decimal(str(value))
