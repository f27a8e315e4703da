"""A result turned on its side: the values of one group become columns of the first measure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

from services.reporting.domain.report_definition import (
    Function,
    ReportDefinition,
    ResultColumn,
    result_columns,
)

Values = tuple[object, ...]
COLUMNS_MAX: Final = 60
TOTAL: Final = "total"
NOTHING: Final = "(none)"


def pivoted(
    definition: ReportDefinition, rows: Iterable[Values]
) -> tuple[tuple[ResultColumn, ...], list[Values]]:
    """The columns and rows of a pivot: groups but the one that is turned, a column per value of that, their sum.

    The sum is there only for what adds up. Values beyond the sixtieth are summed, and not shown apart.
    """
    columns = result_columns(definition)
    names = [column.name for column in columns]
    turned = names.index(str(definition.pivot_by))
    measure = definition.measures[0]
    figure = names.index(measure.name)
    kept = [place for place, column in enumerate(columns) if not column.is_measure and place != turned]
    cells: dict[Values, dict[str, object]] = {}
    for row in rows:
        key = tuple(row[place] for place in kept)
        cells.setdefault(key, {})[_label(row[turned])] = row[figure]
    labels = sorted({label for found in cells.values() for label in found})[:COLUMNS_MAX]
    adds_up = measure.function in (Function.SUM, Function.COUNT)
    shown = [columns[place] for place in kept]
    shown += [replace(columns[figure], name=f"column_{n}", title=label) for n, label in enumerate(labels, 1)]
    shown += [replace(columns[figure], name=TOTAL, title="Total")] if adds_up else []
    return tuple(shown), [_row(key, found, labels, adds_up=adds_up) for key, found in cells.items()]


def _row(key: Values, found: dict[str, object], labels: Sequence[str], *, adds_up: bool) -> Values:
    empty = 0 if adds_up else None
    figures = [found.get(label, empty) for label in labels]
    total = [sum(value for value in found.values() if isinstance(value, int))] if adds_up else []
    return (*key, *figures, *total)


def _label(value: object) -> str:
    return NOTHING if value is None else str(value)
