"""Margin waterfall: from list price to what is left, line by line in whole minor units, so that every stage adds up.

    list − discounts on the invoice = invoice
    invoice − rebates, co-op, freight, warranty, cost of payment terms = pocket price
    pocket price − cost = pocket margin
    pocket margin − cost to serve = contribution

What is given back is told for one piece, or in percent: of the list price for what is on the invoice, of the invoice for
everything else. Terms cost the invoice × annual rate × days / 365. Worked: 100.00 list less 10 % is 90.00; a rebate of
2 % and 60 days at 12 % take 1.80 and 1.78; 86.42 less a cost of 70.00 leaves 16.42.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Final

from services.reporting.domain.analysis import (
    AnalysisResult,
    CellKind,
    Chart,
    ChartKind,
    ChartPoint,
    Check,
    Figure,
    ResultColumn,
    ResultTable,
    text_columns,
    titled,
)
from services.reporting.domain.analysis_rows import RowReader, RowReading, SourceRow
from services.reporting.domain.errors import CostUnknown
from services.reporting.domain.exact_parts import decimal_text, minor, money_text, whole

DAYS_OF_A_YEAR: Final = 365
ON_INVOICE: Final = ("trade_discount", "volume_discount", "promotion")
OFF_INVOICE: Final = ("rebate", "coop", "freight_allowance", "warranty_reserve", "terms")
COST: Final = ("cost",)
TO_SERVE: Final = ("cost_to_serve",)
STEPS: Final = (*ON_INVOICE, *OFF_INVOICE, *COST, *TO_SERVE)
# What stands behind which steps.
STAGES: Final = {
    "invoice": ("Invoice", ON_INVOICE, "list − discounts on the invoice"),
    "pocket": ("Pocket price", OFF_INVOICE, "invoice − rebates, co-op, freight, warranty and terms"),
    "margin": ("Pocket margin", COST, "pocket price − cost"),
    "contribution": ("Contribution", TO_SERVE, "pocket margin − cost to serve"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class MarginWaterfallOptions:
    """`annual_rate_percent` is what money costs in a year, for payment terms."""

    currency: str = "INR"
    keys: tuple[str, ...] = ("product_code",)
    annual_rate_percent: str = "0"


@dataclass(frozen=True, slots=True)
class MarginLine:
    """One row: list value, what each step takes of it, and what is left behind each stage; in minor units."""

    key: tuple[str, ...]
    quantity: Fraction
    list_minor: int
    steps: dict[str, int]
    stages: dict[str, int]


def margin_waterfall_analysis(rows: Sequence[SourceRow], options: MarginWaterfallOptions) -> AnalysisResult:
    """CostUnknown names a line without a cost: it is never taken for nought."""
    reading = RowReading(rows)
    reading.need_columns("quantity", "list_price", *options.keys)
    lines = [_line(row, options) for row in reading]
    reading.refuse_problems()
    return AnalysisResult(
        figures=_figures(lines, options),
        checks=_checks(lines, options),
        tables=(_table(lines, options),),
        charts=(_chart(lines, options),),
    )


def _line(row: RowReader, options: MarginWaterfallOptions) -> MarginLine:
    key = tuple(row.text(column) for column in options.keys)
    quantity = row.number_in("quantity")
    if not (row.optional("cost") or row.optional("cost_percent")):
        raise CostUnknown(f"{' '.join(key)} has no cost in row {row.number}", row=row.number)
    list_minor = whole(minor(row.number_in("list_price") * quantity, options.currency))
    steps: dict[str, int] = {}
    stages: dict[str, int] = {}
    left = of = list_minor
    for stage, (_, names, _) in STAGES.items():
        for name in names:
            steps[name] = _step(row, name, quantity, of, options)
            left -= steps[name]
        stages[stage] = left
        if stage == "invoice":
            of = left
    return MarginLine(key, quantity, list_minor, steps, stages)


def _step(
    row: RowReader, name: str, quantity: Fraction, of_minor: int, options: MarginWaterfallOptions
) -> int:
    """What the step takes of the line: percent of what it is measured by, or so much for one."""
    if name == "terms":
        days = row.optional_number("terms_days") or Fraction(0)
        return whole(of_minor * Fraction(options.annual_rate_percent) / 100 * days / DAYS_OF_A_YEAR)
    percent, each = row.optional_number(f"{name}_percent"), row.optional_number(name)
    if percent is not None and each is not None:
        row.refuse(name, f"expected either {name} or {name}_percent")
    if percent is not None:
        return whole(of_minor * percent / 100)
    return whole(minor((each or Fraction(0)) * quantity, options.currency))


def _sums(lines: Sequence[MarginLine]) -> dict[str, int]:
    found = {"list": sum(line.list_minor for line in lines)}
    for line in lines:
        for name, value in (*line.steps.items(), *line.stages.items()):
            found[name] = found.get(name, 0) + value
    return found


def _figures(lines: Sequence[MarginLine], options: MarginWaterfallOptions) -> tuple[Figure, ...]:
    sums = _sums(lines)
    named = [("list", "List", "Σ quantity × list price")]
    for stage, (title, names, formula) in STAGES.items():
        named += [(name, titled(name), f"Σ {name} of each line") for name in names]
        named.append((stage, title, formula))
    figures = [
        Figure(
            code=code,
            title=title,
            value=money_text(sums[code], options.currency),
            unit=options.currency,
            formula=how,
        )
        for code, title, how in named
    ]
    for stage in ("pocket", "margin", "contribution"):
        share = None if sums["list"] == 0 else decimal_text(Fraction(100 * sums[stage], sums["list"]), 2)
        title = f"{STAGES[stage][0]} in percent of list"
        figures.append(
            Figure(code=f"{stage}_percent", title=title, value=share, unit="%", formula=f"{stage} / list")
        )
    return tuple(figures)


def _checks(lines: Sequence[MarginLine], options: MarginWaterfallOptions) -> tuple[Check, ...]:
    sums = _sums(lines)
    left = sums["list"] - sum(sums[name] for name in STEPS) - sums["contribution"]
    return (Check("contribution", "list − all steps − contribution", money_text(left, options.currency)),)


def _table(lines: Sequence[MarginLine], options: MarginWaterfallOptions) -> ResultTable:
    columns = [
        *text_columns(options.keys),
        ResultColumn(code="quantity", title="Quantity", kind=CellKind.DECIMAL),
        _money("list", "List", options),
    ]
    before = "list"
    for stage, (title, names, _) in STAGES.items():
        columns += [_money(name, titled(name), options) for name in names]
        taken = "".join(f"-{{{name}}}" for name in names)
        columns.append(_money(stage, title, options, formula=f"={{{before}}}{taken}"))
        before = stage
    rows = []
    for line in lines:
        values = {"list": line.list_minor, **line.steps, **line.stages}
        money = (
            money_text(values[column.code], options.currency) for column in columns[len(options.keys) + 1 :]
        )
        rows.append((*line.key, decimal_text(line.quantity), *money))
    return ResultTable("lines", "Each line from list to contribution", tuple(columns), tuple(rows))


def _money(code: str, title: str, options: MarginWaterfallOptions, *, formula: str = "") -> ResultColumn:
    return ResultColumn(
        code=code, title=title, kind=CellKind.MONEY, unit=options.currency, is_summed=True, formula=formula
    )


def _chart(lines: Sequence[MarginLine], options: MarginWaterfallOptions) -> Chart:
    sums = _sums(lines)
    points = [ChartPoint("List", money_text(sums["list"], options.currency), is_total=True)]
    for stage, (title, names, _) in STAGES.items():
        points += [
            ChartPoint(titled(name), money_text(-sums[name], options.currency))
            for name in names
            if sums[name]
        ]
        points.append(ChartPoint(title, money_text(sums[stage], options.currency), is_total=True))
    return Chart("margin", "From list to contribution", ChartKind.WATERFALL, options.currency, tuple(points))
