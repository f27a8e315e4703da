"""The figures of a frozen run that are beyond a limit, in words. Blocks, so call it in a thread."""

from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import islice
from typing import Final

from services.reporting.adapters.cell_values import value_texts
from services.reporting.adapters.definition_store import definition_of
from services.reporting.adapters.frozen_rows import frozen_rows
from services.reporting.adapters.run_comparison import total_texts
from services.reporting.adapters.run_store import Row
from services.reporting.domain.report_definition import ReportDefinition, ResultColumn, result_columns
from services.reporting.domain.report_source import ValueKind
from services.reporting.domain.report_subscription import Threshold, ThresholdPlace

TOLD_MAX: Final = 10
FIGURES: Final = frozenset({ValueKind.INTEGER, ValueKind.DECIMAL, ValueKind.MONEY, ValueKind.SHARE})


def measures_of(definition: ReportDefinition) -> list[str]:
    """Names of the columns that a limit can be set for."""
    return [one.name for one in result_columns(definition) if one.is_measure and one.kind in FIGURES]


def figures_beyond(run: Row, content: bytes, threshold: Threshold) -> list[str]:
    """The first ones, each with where it is; none when the report is within the limit, or has no such figure."""
    columns = result_columns(definition_of(run.definition))
    if threshold.place is ThresholdPlace.TOTAL:
        shown: Iterator[Mapping[str, str | None]] = (total_texts(columns, one) for one in run.totals or ())
    else:
        shown = _rows(content, columns)
    return list(islice(_beyond(shown, columns, threshold), TOLD_MAX))


def _rows(content: bytes, columns: Sequence[ResultColumn]) -> Iterator[Mapping[str, str | None]]:
    names = [column.name for column in columns]
    with frozen_rows(content) as rows:
        for part in rows.all(names):
            for row in part:
                yield dict(zip(names, value_texts(columns, row), strict=True))


def _beyond(
    shown: Iterator[Mapping[str, str | None]], columns: Sequence[ResultColumn], threshold: Threshold
) -> Iterator[str]:
    titles = {column.name: column.title for column in columns}
    groups = [column.name for column in columns if not column.is_measure]
    for figures in shown:
        text, currency = figures.get(threshold.measure), figures.get("currency")
        if (
            text is None
            or threshold.currency not in (None, currency)
            or not threshold.is_beyond(Decimal(text))
        ):
            continue
        where = ", ".join(str(figures[name]) for name in groups if figures.get(name) is not None)
        yield f"{titles[threshold.measure]}: {text}" + (f" ({where})" if where else "")
