"""Two frozen runs beside each other: their rows by their groups. Blocks, so call it in a thread."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.reporting.adapters.cell_values import value_texts
from services.reporting.adapters.definition_store import definition_of
from services.reporting.adapters.frozen_rows import frozen_rows
from services.reporting.adapters.run_store import Row
from services.reporting.domain.report_definition import ResultColumn, result_columns
from services.reporting.domain.run_difference import Figures, Key, RowDifference, differences


@dataclass(frozen=True, slots=True)
class RunComparison:
    """Differences in the order of the run now, those that went at the end; `places` are those of groups and measures."""

    columns: Sequence[ResultColumn]
    places: tuple[list[int], list[int]]
    rows_alike: int
    differences: Sequence[RowDifference]


def compared_runs(now: tuple[Row, bytes], before: tuple[Row, bytes]) -> RunComparison | None:
    """Each run with its content; None where their columns are not the same. Of a listing every column is a group."""
    columns = result_columns(definition_of(now[0].definition))
    earlier = result_columns(definition_of(before[0].definition))
    if [one.name for one in columns] != [one.name for one in earlier]:
        return None
    places = (
        [place for place, column in enumerate(columns) if not column.is_measure],
        [place for place, column in enumerate(columns) if column.is_measure],
    )
    rows, rows_before = (_keyed(content, columns, places) for _, content in (now, before))
    alike = sum(rows_before.get(key) == figures for key, figures in rows.items())
    return RunComparison(columns, places, alike, differences(rows, rows_before))


def total_texts(columns: Sequence[ResultColumn], total: Mapping[str, object]) -> dict[str, str | None]:
    """A row of totals by the names of its columns."""
    shown = [column for column in columns if column.name in total]
    texts = value_texts(shown, [total[column.name] for column in shown])
    return {column.name: text for column, text in zip(shown, texts, strict=True)}


def _keyed(
    content: bytes, columns: Sequence[ResultColumn], places: tuple[list[int], list[int]]
) -> dict[Key, Figures]:
    groups, measures = places
    with frozen_rows(content) as rows:
        return {
            tuple(row[place] for place in groups): tuple(row[place] for place in measures)
            for part in rows.all([column.name for column in columns])
            for row in part
        }
