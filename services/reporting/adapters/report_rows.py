"""Finds what a report shows in the columnar copies, and freezes it."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

import duckdb

from services.reporting.adapters.report_query import (
    BEHIND,
    FIGURES,
    Rows,
    Statement,
    counted_details,
    detail_rows,
    figure_rows,
    grouped_rows,
    listed_rows,
    total_rows,
)
from services.reporting.domain.errors import ReportTooLarge
from services.reporting.domain.report_definition import ReportDefinition

ROWS_MAX: Final = 200_000
DETAILS_MAX: Final = 100_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """Rows and the rows behind them as Parquet; `details` is None when there are too many to keep."""

    totals: Sequence[Mapping[str, object]]
    rows_count: int
    content: bytes
    details_count: int
    details: bytes | None


def found_rows(
    engine: duckdb.DuckDBPyConnection, folder: Path, definition: ReportDefinition, rows: Rows
) -> Found:
    """ReportTooLarge beyond 200,000 rows. Blocks for as long as the engine takes."""
    totals, details_count = _figures(engine, definition, rows) if definition.measures else ([], None)
    wanted = grouped_rows(definition, rows) if definition.measures else listed_rows(definition, rows)
    if details_count is None:
        details_count = _counted(engine, counted_details(definition, rows))
        _check_size(details_count)
    content, count = _frozen(engine, folder, wanted)
    details = (
        _frozen(engine, folder, detail_rows(definition, rows))[0] if details_count <= DETAILS_MAX else None
    )
    return Found(
        totals=totals, rows_count=count, content=content, details_count=details_count, details=details
    )


def _figures(
    engine: duckdb.DuckDBPyConnection, definition: ReportDefinition, rows: Rows
) -> tuple[list[dict[str, object]], int]:
    """Groups and totals, kept for the length of the run; the totals, and how many rows are behind them."""
    wanted = figure_rows(definition, rows)
    engine.execute(f"CREATE OR REPLACE TEMP TABLE {FIGURES} AS {wanted.text}", wanted.values)
    found = engine.execute(total_rows(definition).text)
    names = [column[0] for column in found.description or ()]
    totals = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    behind = sum(int(str(total.pop(BEHIND))) for total in totals)
    for total in totals:
        total.update({name: str(value) for name, value in total.items() if isinstance(value, Decimal)})
    return totals, behind


def _check_size(count: int) -> None:
    if count > ROWS_MAX:
        raise ReportTooLarge(
            f"The report has {count} rows; at most {ROWS_MAX} are kept. Narrow its period or filters",
            rows_count=count,
        )


def _frozen(engine: duckdb.DuckDBPyConnection, folder: Path, wanted: Statement) -> tuple[bytes, int]:
    """The rows as Parquet, and their number."""
    engine.execute(f"CREATE OR REPLACE TEMP TABLE found AS {wanted.text}", wanted.values)
    count = _counted(engine, Statement("SELECT count(*) FROM found", {}))
    _check_size(count)
    with tempfile.TemporaryDirectory(dir=folder) as place:
        file = Path(place) / "rows.parquet"
        engine.table("found").order("position").write_parquet(str(file), compression="zstd")
        return file.read_bytes(), count


def _counted(engine: duckdb.DuckDBPyConnection, wanted: Statement) -> int:
    ((count,),) = engine.execute(wanted.text, wanted.values).fetchall()
    return int(count)
