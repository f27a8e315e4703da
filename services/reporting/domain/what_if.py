"""What-if: the same analysis with some inputs changed, its figures beside those without."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from fractions import Fraction
from typing import Any

from services.reporting.domain.analysis import (
    AnalysisResult,
    CellKind,
    Figure,
    ResultColumn,
    ResultTable,
    text_columns,
)
from services.reporting.domain.analysis_rows import SourceRow, exact_number
from services.reporting.domain.errors import AnalysisInvalid
from services.reporting.domain.exact_parts import decimal_text
from shared.errors import FieldProblem

AFTER = "after_"
SINCE_BEFORE = "since_before"


@dataclass(frozen=True, slots=True, kw_only=True)
class RowChange:
    """In the rows where the named columns say so, a column gets a value, or so many percent more."""

    column: str
    where: dict[str, str] = field(default_factory=dict)
    value: str | None = None
    percent: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """Changes of rows one after the other, and options that replace those of the analysis."""

    rows: tuple[RowChange, ...] = ()
    options: dict[str, Any] = field(default_factory=dict)


def changed_rows(rows: Sequence[SourceRow], changes: Sequence[RowChange]) -> list[SourceRow]:
    """The rows with all changes. AnalysisInvalid for one that changes no row, or raises what is no number."""
    found = list(rows)
    for place, change in enumerate(changes):
        if (change.value is None) == (change.percent is None):
            raise _invalid(place, "expected either value or percent")
        touched = [number for number, row in enumerate(found) if _is_meant(row, change.where)]
        if not touched:
            raise _invalid(place, f"no row is where {change.where}")
        for number in touched:
            found[number] = {**found[number], change.column: _changed(found[number], change, place)}
    return found


def compared(before: AnalysisResult, after: AnalysisResult) -> AnalysisResult:
    """The analysis as told, with a table of its figures before and after, and the tables and charts of after."""
    return replace(
        before,
        checks=(*before.checks, *(replace(one, code=AFTER + one.code) for one in after.checks)),
        tables=(
            _what_if_table(before.figures, after.figures),
            *before.tables,
            *(replace(one, code=AFTER + one.code, title=f"{one.title} (changed)") for one in after.tables),
        ),
        charts=(
            *before.charts,
            *(replace(one, code=AFTER + one.code, title=f"{one.title} (changed)") for one in after.charts),
        ),
        notes=(*before.notes, *(f"Changed: {note}" for note in after.notes)),
    )


def since_before(before: Sequence[Figure], result: AnalysisResult) -> AnalysisResult:
    """The result with a table of its figures beside those of the run before."""
    table = replace(
        _what_if_table(before, result.figures),
        code=SINCE_BEFORE,
        title="Figures of the run before, and of this one",
    )
    return replace(result, tables=(table, *result.tables))


def _is_meant(row: SourceRow, where: Mapping[str, str]) -> bool:
    return all(row.get(column, "") == value for column, value in where.items())


def _changed(row: SourceRow, change: RowChange, place: int) -> str:
    if change.value is not None:
        return change.value
    old, percent = exact_number(row.get(change.column, "")), exact_number(change.percent or "")
    if old is None or percent is None:
        raise _invalid(place, f"{change.column} is no number in a row that it is meant for")
    return decimal_text(old * (1 + percent / 100), 12)


def _invalid(place: int, detail: str) -> AnalysisInvalid:
    return AnalysisInvalid(
        f"A change cannot be made: {detail}", problems=[FieldProblem(f"/what_if/rows/{place}", detail)]
    )


def _what_if_table(before: Sequence[Figure], after: Sequence[Figure]) -> ResultTable:
    """Figures that both have, in the order of before; then those that only after has."""
    old, new = ({one.code: one for one in figures} for figures in (before, after))
    columns = (
        *text_columns(("figure", "unit")),
        ResultColumn(code="before", title="Before", kind=CellKind.DECIMAL),
        ResultColumn(code="after", title="After", kind=CellKind.DECIMAL),
        ResultColumn(
            code="difference", title="Difference", kind=CellKind.DECIMAL, formula="={after}-{before}"
        ),
    )
    rows = []
    for code in dict.fromkeys((*old, *new)):
        shown = old.get(code) or new[code]
        values = [figures[code].value if code in figures else None for figures in (old, new)]
        rows.append((shown.title, shown.unit, *values, _difference(*values)))
    return ResultTable("what_if", "Figures before and after the change", columns, tuple(rows))


def _difference(before: str | None, after: str | None) -> str | None:
    if before is None or after is None:
        return None
    digits = max(-int(Decimal(one).as_tuple().exponent) for one in (before, after))
    return (
        f"{Decimal(after) - Decimal(before):.{digits}f}"
        if digits
        else decimal_text(Fraction(after) - Fraction(before))
    )
