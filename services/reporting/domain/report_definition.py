"""A report as data, and whether its source can tell what it asks for."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from typing import Final

from services.reporting.domain.errors import DefinitionInvalid
from services.reporting.domain.report_source import SOURCES, Source, SourceColumn, ValueKind
from shared.errors import FieldProblem

GROUPS_MAX: Final = 6
MEASURES_MAX: Final = 20
COLUMNS_MAX: Final = 30
FILTERS_MAX: Final = 20
VALUES_MAX: Final = 500


class Function(StrEnum):
    """How a measure is made of the rows of a group; `share` is true ones among those that are true or false."""

    COUNT = "count"
    COUNT_DISTINCT = "count_distinct"
    SUM = "sum"
    MIN = "min"
    MAX = "max"
    MEAN = "mean"
    SHARE = "share"


class Operator(StrEnum):
    IN = "in"
    NOT_IN = "not_in"
    AT_LEAST = "at_least"
    AT_MOST = "at_most"
    IS_EMPTY = "is_empty"
    IS_NOT_EMPTY = "is_not_empty"


class Comparison(StrEnum):
    NONE = "none"
    PERIOD_BEFORE = "period_before"
    YEAR_BEFORE = "year_before"


class Layout(StrEnum):
    TABLE = "table"
    PIVOT = "pivot"
    CHART = "chart"


class ReportChartKind(StrEnum):
    BAR = "bar"
    LINE = "line"


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Rows whose column says this; texts as the API shows values, money in minor units."""

    column: str
    operator: Operator
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """A figure of a group, of its rows that `only` admits."""

    name: str
    function: Function
    column: str | None = None
    only: Filter | None = None
    title: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    kind: ReportChartKind
    category: str
    measure: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Sort:
    by: str
    is_descending: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """What a run takes when it is not told otherwise."""

    period: str
    zone: str | None = None
    partner_code: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportDefinition:
    """Groups with measures, or a listing of `columns`. Money measures are always apart by currency."""

    name: str
    title: str
    description: str
    source: str
    groups: tuple[str, ...] = ()
    measures: tuple[Measure, ...] = ()
    columns: tuple[str, ...] = ()
    filters: tuple[Filter, ...] = ()
    sort: tuple[Sort, ...] = ()
    comparison: Comparison = Comparison.NONE
    layout: Layout = Layout.TABLE
    pivot_by: str | None = None
    chart: Chart | None = None
    parameters: Parameters
    audience: tuple[str, ...]

    @property
    def group_names(self) -> tuple[str, ...]:
        """The groups asked for, and the currency where amounts are summed."""
        source = SOURCES[self.source]
        has_money = any(measure_kind(one, source) is ValueKind.MONEY for one in self.measures)
        return (*self.groups, "currency") if has_money and "currency" not in self.groups else self.groups


@dataclass(frozen=True, slots=True)
class ResultColumn:
    """A column of a result; what is `compared` is the figure of the period before, or the change since."""

    name: str
    kind: ValueKind
    title: str
    unit: str
    is_measure: bool


def measure_kind(measure: Measure, source: Source) -> ValueKind:
    """What the figure is: a count of texts is a number, a share of truths a share."""
    if measure.function in (Function.COUNT, Function.COUNT_DISTINCT):
        return ValueKind.INTEGER
    if measure.function is Function.SHARE:
        return ValueKind.SHARE
    column = source.by_name[str(measure.column)]
    if measure.function is Function.MEAN and column.kind is ValueKind.INTEGER:
        return ValueKind.DECIMAL
    return column.kind


def result_columns(definition: ReportDefinition) -> tuple[ResultColumn, ...]:
    """Of a run of the definition, in their order."""
    source = SOURCES[definition.source]
    named = definition.columns if definition.columns else definition.group_names
    if definition.columns and _has_money(definition.columns, source) and "currency" not in named:
        named = (*named, "currency")
    found = [_shown(source.by_name[name]) for name in named]
    for measure in definition.measures:
        kind = measure_kind(measure, source)
        column = source.by_name.get(measure.column or "")
        title = measure.title or measure.name.replace("_", " ").capitalize()
        unit = column.unit if column else "rows"
        found.append(ResultColumn(measure.name, kind, title, unit, is_measure=True))
        if definition.comparison is not Comparison.NONE:
            found.append(
                ResultColumn(f"{measure.name}_before", kind, f"{title} before", unit, is_measure=True)
            )
            found.append(
                ResultColumn(f"{measure.name}_change", kind, f"{title} change", unit, is_measure=True)
            )
    return tuple(found)


def check_definition(definition: ReportDefinition) -> None:
    """DefinitionInvalid with everything that is wrong, by where it stands and what is known there."""
    source = SOURCES.get(definition.source)
    if source is None:
        problems = [_unknown("/source", SOURCES)]
    else:
        problems = [
            *_shape_problems(definition),
            *_name_problems(definition, source),
            *_measure_problems(definition, source),
            *_filter_problems(definition, source),
        ]
        if not problems:
            problems = [*_layout_problems(definition, source)]
    if problems:
        raise DefinitionInvalid(f"{problems[0].pointer}: {problems[0].detail}", problems=problems)


def literal(column: SourceColumn, text: str) -> str | bool | int | Decimal | date | datetime:
    """The value that a filter's text means for the column. ValueError says what is expected."""
    match column.kind:
        case ValueKind.TRUTH:
            if text not in ("true", "false"):
                raise ValueError("expected true or false")
            return text == "true"
        case ValueKind.INTEGER | ValueKind.MONEY:
            return int(text)
        case ValueKind.DECIMAL:
            try:
                return Decimal(text)
            except InvalidOperation as error:
                raise ValueError("expected a decimal number") from error
        case ValueKind.DATE:
            return date.fromisoformat(text)
        case ValueKind.INSTANT:
            return datetime.fromisoformat(text)
    return text


def _shown(column: SourceColumn) -> ResultColumn:
    return ResultColumn(column.name, column.kind, column.title, column.unit, is_measure=False)


def _has_money(names: Sequence[str], source: Source) -> bool:
    return any(source.by_name[name].kind is ValueKind.MONEY for name in names)


def _unknown(pointer: str, known: object) -> FieldProblem:
    names = ", ".join(sorted(str(name) for name in known))  # type: ignore[attr-defined] # names of any collection
    return FieldProblem(pointer, f"not known here; known are: {names}")


def _shape_problems(definition: ReportDefinition) -> Iterator[FieldProblem]:
    if bool(definition.columns) == bool(definition.measures):
        yield FieldProblem(
            "/measures", "expected either measures, of groups or of everything, or columns to list"
        )
    if definition.columns and definition.groups:
        yield FieldProblem("/groups", "expected none beside columns: a listing shows the rows themselves")
    names = [*definition.groups, *(one.name for one in definition.measures)]
    if len(set(names)) != len(names):
        yield FieldProblem("/measures", "expected names of groups and measures that differ")


def _name_problems(definition: ReportDefinition, source: Source) -> Iterator[FieldProblem]:
    for field, names in (("groups", definition.groups), ("columns", definition.columns)):
        for place, name in enumerate(names):
            if name not in source.by_name:
                yield _unknown(f"/{field}/{place}", source.by_name)
            elif field == "groups" and source.by_name[name].kind in (ValueKind.MONEY, ValueKind.DECIMAL):
                yield FieldProblem(f"/groups/{place}", "expected a column that is no amount to group by")


_FITTING: Final = {
    Function.SUM: (ValueKind.INTEGER, ValueKind.DECIMAL, ValueKind.MONEY),
    Function.MEAN: (ValueKind.INTEGER, ValueKind.DECIMAL),
    Function.SHARE: (ValueKind.TRUTH,),
    Function.MIN: (ValueKind.INTEGER, ValueKind.DECIMAL, ValueKind.MONEY, ValueKind.DATE),
    Function.MAX: (ValueKind.INTEGER, ValueKind.DECIMAL, ValueKind.MONEY, ValueKind.DATE),
}


def _measure_problems(definition: ReportDefinition, source: Source) -> Iterator[FieldProblem]:
    for place, measure in enumerate(definition.measures):
        at = f"/measures/{place}"
        if measure.name in source.by_name and measure.name in definition.groups:
            yield FieldProblem(f"{at}/name", "expected another name than that of a group")
        if measure.only is not None:
            yield from _one_filter_problems(measure.only, source, f"{at}/only")
        if measure.function is Function.COUNT:
            if measure.column is not None:
                yield FieldProblem(f"{at}/column", "expected none: rows are counted")
            continue
        column = source.by_name.get(measure.column or "")
        if column is None:
            yield _unknown(f"{at}/column", source.by_name)
        elif column.kind not in _FITTING.get(measure.function, tuple(ValueKind)):
            kinds = " or ".join(_FITTING[measure.function])
            yield FieldProblem(f"{at}/column", f"{measure.function} is of {kinds}, and this is {column.kind}")


def _filter_problems(definition: ReportDefinition, source: Source) -> Iterator[FieldProblem]:
    for place, one in enumerate(definition.filters):
        yield from _one_filter_problems(one, source, f"/filters/{place}")


def _one_filter_problems(one: Filter, source: Source, at: str) -> Iterator[FieldProblem]:
    column = source.by_name.get(one.column)
    if column is None:
        yield _unknown(f"{at}/column", source.by_name)
        return
    needed = {Operator.IS_EMPTY: 0, Operator.IS_NOT_EMPTY: 0, Operator.AT_LEAST: 1, Operator.AT_MOST: 1}
    if len(one.values) != needed.get(one.operator, len(one.values) or 1):
        yield FieldProblem(f"{at}/values", f"{one.operator} takes {needed.get(one.operator, 'at least 1')}")
    for number, value in enumerate(one.values):
        try:
            literal(column, value)
        except ValueError as error:
            yield FieldProblem(f"{at}/values/{number}", f"{column.name} is {column.kind}: {error}")


def _layout_problems(definition: ReportDefinition, source: Source) -> Iterator[FieldProblem]:
    shown = {column.name for column in result_columns(definition)}
    for place, one in enumerate(definition.sort):
        if one.by not in shown:
            yield _unknown(f"/sort/{place}/by", shown)
    if (definition.layout is Layout.PIVOT) != (definition.pivot_by is not None):
        yield FieldProblem("/pivot_by", "expected with the layout pivot, and with no other")
    if definition.pivot_by is not None and definition.pivot_by not in definition.groups:
        yield _unknown("/pivot_by", definition.groups)
    if definition.layout is Layout.CHART and definition.chart is None:
        yield FieldProblem("/chart", "expected with the layout chart: its kind, category and measure")
    if definition.chart is not None:
        yield from _chart_problems(definition, definition.chart)
    if definition.comparison is not Comparison.NONE:
        yield from _comparison_problems(definition, source)


def _chart_problems(definition: ReportDefinition, chart: Chart) -> Iterator[FieldProblem]:
    if chart.category not in definition.groups:
        yield _unknown("/chart/category", definition.groups)
    measures = {one.name for one in definition.measures}
    if chart.measure not in measures:
        yield _unknown("/chart/measure", measures)


def _comparison_problems(definition: ReportDefinition, source: Source) -> Iterator[FieldProblem]:
    if not definition.measures:
        yield FieldProblem("/comparison", "expected none for a listing: rows of two periods do not match")
    for place, name in enumerate(definition.groups):
        if source.by_name[name].kind in (ValueKind.DATE, ValueKind.INSTANT):
            yield FieldProblem(
                f"/groups/{place}", "expected no days where periods are compared: none is in both"
            )
    for place, measure in enumerate(definition.measures):
        if measure.function in (Function.MIN, Function.MAX):
            yield FieldProblem(
                f"/measures/{place}/function", "expected no min or max where periods are compared"
            )
