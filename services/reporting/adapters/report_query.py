"""Turns a definition into SQL over its source: names from the source alone, values as parameters alone."""

from dataclasses import dataclass, field
from typing import Final

from services.reporting.adapters.source_rows import SOURCE_ROWS
from services.reporting.domain.report_definition import (
    Comparison,
    Filter,
    Function,
    Measure,
    Operator,
    ReportDefinition,
    literal,
    measure_kind,
    result_columns,
)
from services.reporting.domain.report_period import ReportPeriod
from services.reporting.domain.report_source import SOURCES, Source, ValueKind
from shared.identity import RowScope

_COMPARED: Final = {Operator.AT_LEAST: ">=", Operator.AT_MOST: "<="}
Value = object


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """Which rows of the source a run is of."""

    period: ReportPeriod
    scope: RowScope
    zone: str | None
    partner_code: str | None


@dataclass(slots=True)
class _Values:
    """Parameters of a statement under way."""

    given: dict[str, Value] = field(default_factory=dict)

    def add(self, value: Value) -> str:
        name = f"v{len(self.given)}"
        self.given[name] = value
        return f"${name}"


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL and the values it takes."""

    text: str
    values: dict[str, Value]


FIGURES: Final = "figures"  # the table that figure_rows is kept in while a run is made
BEHIND: Final = "rows_behind"


def figure_rows(definition: ReportDefinition, rows: Rows) -> Statement:
    """Groups and totals of a definition with measures in one pass over the rows, with how many are behind each."""
    values = _Values()
    groups, apart = definition.group_names, _total_groups(definition)
    figures = _figures(definition, values)
    chosen = _chosen(definition, rows, rows.period, values)
    if groups == apart:
        marked, grouping = "CAST(NULL AS BOOLEAN)", f" GROUP BY {', '.join(groups)}" if groups else ""
    else:
        marked = f"grouping({next(name for name in groups if name not in apart)}) = 1"
        grouping = f" GROUP BY GROUPING SETS (({', '.join(groups)}), ({', '.join(apart)}))"
    shown = ", ".join([*groups, *figures, f"count(*) AS {BEHIND}", f"{marked} AS is_total"])
    return Statement(f"SELECT {shown} FROM ({chosen}){grouping}", values.given)


def grouped_rows(definition: ReportDefinition, rows: Rows) -> Statement:
    """The result: one row per group, with the figures of another period beside it if asked for."""
    values = _Values()
    current = f"SELECT * FROM {FIGURES} WHERE is_total IS NOT TRUE"
    before = _period_compared(definition, rows.period)
    if before is None:
        return Statement(_placed(definition, current), values.given)
    groups = definition.group_names
    figures = _figures(definition, values)
    chosen = _chosen(definition, rows, before, values)
    grouping = f" GROUP BY {', '.join(groups)}" if groups else ""
    earlier = f"SELECT {', '.join([*groups, *figures])} FROM ({chosen}){grouping}"
    same = " AND ".join(f"n.{name} IS NOT DISTINCT FROM b.{name}" for name in groups) or "true"
    shown = [f"coalesce(n.{name}, b.{name}) AS {name}" for name in groups]
    for measure in definition.measures:
        shown += _compared(measure)
    joined = f"SELECT {', '.join(shown)} FROM ({current}) AS n FULL JOIN ({earlier}) AS b ON {same}"
    return Statement(_placed(definition, joined), values.given)


def total_rows(definition: ReportDefinition) -> Statement:
    """The measures of everything at once, by currency where amounts are summed, and the rows behind them."""
    groups = _total_groups(definition)
    names = ", ".join([*groups, *(one.name for one in definition.measures), BEHIND])
    order = " ORDER BY currency" if groups else ""
    return Statement(f"SELECT {names} FROM {FIGURES} WHERE is_total IS NOT FALSE{order}", {})


def listed_rows(definition: ReportDefinition, rows: Rows) -> Statement:
    """The result of a definition that lists columns."""
    values = _Values()
    chosen = _chosen(definition, rows, rows.period, values)
    return Statement(_placed(definition, chosen), values.given)


def detail_rows(definition: ReportDefinition, rows: Rows) -> Statement:
    """The rows of the source that a run is made of, with all their columns."""
    values = _Values()
    names = ", ".join(column.name for column in SOURCES[definition.source].columns)
    chosen = _chosen(definition, rows, rows.period, values)
    text = f"SELECT row_number() OVER (ORDER BY {names}) AS position, {names} FROM ({chosen})"
    return Statement(text, values.given)


def counted_details(definition: ReportDefinition, rows: Rows) -> Statement:
    """How many rows of the source a run is made of."""
    values = _Values()
    return Statement(f"SELECT count(*) FROM ({_chosen(definition, rows, rows.period, values)})", values.given)


def _total_groups(definition: ReportDefinition) -> tuple[str, ...]:
    return ("currency",) if "currency" in definition.group_names else ()


def _figures(definition: ReportDefinition, values: _Values) -> list[str]:
    source = SOURCES[definition.source]
    return [f"{_figure(one, source, values)} AS {one.name}" for one in definition.measures]


def _chosen(definition: ReportDefinition, rows: Rows, period: ReportPeriod, values: _Values) -> str:
    source = SOURCES[definition.source]
    text = SOURCE_ROWS[source.name]
    if "$as_of" in text:
        text = text.replace("$as_of", values.add(period.last_on))
    conditions = list(_scope_conditions(rows, values))
    if source.period_column is not None:
        first, last = values.add(period.first_on), values.add(period.last_on)
        conditions.append(f"{source.period_column} BETWEEN {first} AND {last}")
    conditions += [_condition(one, source, values) for one in definition.filters]
    return f"SELECT * FROM ({text}) WHERE {' AND '.join(conditions) or 'true'}"


def _scope_conditions(rows: Rows, values: _Values) -> list[str]:
    """What the caller may see, then what of it was asked for."""
    found = []
    if not rows.scope.sees_all:
        zones, own = values.add(sorted(rows.scope.zones)), values.add(rows.scope.partner_code)
        found.append(
            f"coalesce(list_contains({zones}::VARCHAR[], zone) OR partner_code = {own}::VARCHAR, false)"
        )
    if rows.zone is not None:
        found.append(f"zone = {values.add(rows.zone)}")
    if rows.partner_code is not None:
        found.append(f"partner_code = {values.add(rows.partner_code)}")
    return found


def _condition(one: Filter, source: Source, values: _Values) -> str:
    column = source.by_name[one.column]
    match one.operator:
        case Operator.IS_EMPTY:
            return f"{column.name} IS NULL"
        case Operator.IS_NOT_EMPTY:
            return f"{column.name} IS NOT NULL"
        case Operator.AT_LEAST | Operator.AT_MOST:
            given = values.add(literal(column, one.values[0]))
            return f"{column.name} {_COMPARED[one.operator]} {given}"
    listed = ", ".join(values.add(literal(column, value)) for value in one.values)
    if one.operator is Operator.IN:
        return f"{column.name} IN ({listed})"
    return f"({column.name} IS NULL OR {column.name} NOT IN ({listed}))"


def _figure(measure: Measure, source: Source, values: _Values) -> str:
    """Exact: sums of integers stay integers; a mean is rounded to two digits, a share to four, half up (none is below
    nought). 2 of 3 are (2 x 10,000 x 2 + 3) // (2 x 3) ten-thousandths, 0.6667."""
    only = f" FILTER ({_condition(measure.only, source, values)})" if measure.only else ""
    column = measure.column
    match measure.function:
        case Function.COUNT:
            return f"count(*){only}"
        case Function.COUNT_DISTINCT:
            return f"count(DISTINCT {column}){only}"
        case Function.MIN | Function.MAX:
            return f"{measure.function}({column}){only}"
        case Function.MEAN:
            thousandths = f"CAST(sum({column}){only} * 1000 AS HUGEINT)"
            counted = f"nullif(count({column}){only}, 0)"
            return f"CAST(({thousandths} * 2 + 10 * {counted}) // (20 * {counted}) AS DECIMAL(16, 0)) * 0.01"
        case Function.SHARE:
            true_ones, counted = f"count_if({column}){only}", f"nullif(count({column}){only}, 0)"
            return f"CAST(({true_ones} * 20000 + {counted}) // (2 * {counted}) AS DECIMAL(5, 0)) * 0.0001"
    kind = "DECIMAL(38, 3)" if measure_kind(measure, source) is ValueKind.DECIMAL else "BIGINT"
    return f"CAST(coalesce(sum({column}){only}, 0) AS {kind})"


def _compared(measure: Measure) -> list[str]:
    """Nothing in a period is nought for what adds up, and unknown for a share or mean."""
    adds_up = measure.function in (Function.COUNT, Function.COUNT_DISTINCT, Function.SUM)
    now, then = (
        f"coalesce({place}.{measure.name}, 0)" if adds_up else f"{place}.{measure.name}"
        for place in ("n", "b")
    )
    return [
        f"{now} AS {measure.name}",
        f"{then} AS {measure.name}_before",
        f"{now} - {then} AS {measure.name}_change",
    ]


def _period_compared(definition: ReportDefinition, period: ReportPeriod) -> ReportPeriod | None:
    match definition.comparison:
        case Comparison.PERIOD_BEFORE:
            return period.before()
        case Comparison.YEAR_BEFORE:
            return period.a_year_before()
    return None


def _placed(definition: ReportDefinition, rows: str) -> str:
    """The columns of the result, each row with its position: as asked, then by every column, the same each time."""
    names = [column.name for column in result_columns(definition)]
    asked = [f"{one.by} {'DESC' if one.is_descending else 'ASC'} NULLS LAST" for one in definition.sort]
    sorted_by = {one.by for one in definition.sort}
    ordered = ", ".join([*asked, *(f"{name} NULLS LAST" for name in names if name not in sorted_by)])
    return f"SELECT row_number() OVER (ORDER BY {ordered}) AS position, {', '.join(names)} FROM ({rows})"
