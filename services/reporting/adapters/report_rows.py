"""Finds what a report shows in the columnar copies, and freezes it."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Final

import duckdb

from services.reporting.adapters.report_query import (
    Rows,
    Statement,
    detail_rows,
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
    wanted = grouped_rows(definition, rows) if definition.measures else listed_rows(definition, rows)
    content, count = _frozen(engine, folder, wanted, ROWS_MAX)
    if content is None:
        raise ReportTooLarge(
            f"The report has {count} rows; at most {ROWS_MAX} are kept. Narrow its period or filters",
            rows_count=count,
        )
    totals = _totals(engine, total_rows(definition, rows)) if definition.measures else []
    details, details_count = _frozen(engine, folder, detail_rows(definition, rows), DETAILS_MAX)
    return Found(
        totals=totals, rows_count=count, content=content, details_count=details_count, details=details
    )


def _frozen(
    engine: duckdb.DuckDBPyConnection, folder: Path, wanted: Statement, most: int
) -> tuple[bytes | None, int]:
    """The rows as Parquet, and their number; no bytes when they are more than `most`."""
    engine.execute(f"CREATE TEMP TABLE found AS {wanted.text}", wanted.values)
    try:
        ((count,),) = engine.execute("SELECT count(*) FROM found").fetchall()
        if count > most:
            return None, count
        with tempfile.TemporaryDirectory(dir=folder) as place:
            file = Path(place) / "rows.parquet"
            engine.table("found").order("position").write_parquet(str(file), compression="zstd")
            return file.read_bytes(), count
    finally:
        engine.execute("DROP TABLE found")


def _totals(engine: duckdb.DuckDBPyConnection, wanted: Statement) -> Sequence[Mapping[str, object]]:
    found = engine.execute(wanted.text, wanted.values)
    names = [column[0] for column in found.description or ()]
    return [
        {
            name: str(value) if isinstance(value, Decimal) else value
            for name, value in zip(names, row, strict=True)
        }
        for row in found.fetchall()
    ]
