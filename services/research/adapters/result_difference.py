"""What differs between two results of one query: rows by their texts and days, numbers before and after."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb

from services.research.adapters.querying.sandbox import quoted
from services.research.adapters.result_files import plain_value
from services.research.domain.errors import ResultsDiffer

DIFFERENCES_MAX: Final = 1_000
_NUMBERS: Final = (
    "DECIMAL",
    "DOUBLE",
    "FLOAT",
    "BIGINT",
    "INTEGER",
    "SMALLINT",
    "TINYINT",
    "HUGEINT",
    "UBIGINT",
)


def result_difference(
    columns: tuple[Sequence[Mapping[str, str]], Sequence[Mapping[str, str]]], before: Path, after: Path
) -> list[dict[str, Any]]:
    """Rows that are new, gone or have other numbers. ResultsDiffer when the columns are not the same, or nothing tells
    two rows of a result apart."""
    if [one["name"] for one in columns[0]] != [one["name"] for one in columns[1]]:
        raise ResultsDiffer("The two results have other columns; compare runs of one version of the query")
    keys = [one["name"] for one in columns[1] if not one["type"].startswith(_NUMBERS)]
    numbers = [one["name"] for one in columns[1] if one["name"] not in keys]
    with duckdb.connect(config={"memory_limit": "256MB", "threads": 1}) as engine:
        for name, path in (("before", before), ("after", after)):
            _check_keys(engine, path, keys, name)
        found = engine.execute(_joined(keys, numbers), {"before": str(before), "after": str(after)})
        return [_told(row, keys, numbers) for row in found.fetchall()]


def _check_keys(engine: duckdb.DuckDBPyConnection, path: Path, keys: Sequence[str], name: str) -> None:
    grouped = f"GROUP BY {', '.join(map(quoted, keys))}" if keys else ""
    repeated = engine.execute(
        f"SELECT 1 FROM (SELECT count(*) AS rows FROM read_parquet($path) {grouped}) WHERE rows > 1 LIMIT 1",
        {"path": str(path)},
    ).fetchone()
    if repeated is not None:
        raise ResultsDiffer(
            f"Rows of the result {name} cannot be told apart by their texts and days; group first"
        )


def _joined(keys: Sequence[str], numbers: Sequence[str]) -> str:
    on = " AND ".join(f"b.{quoted(key)} IS NOT DISTINCT FROM a.{quoted(key)}" for key in keys) or "true"
    shown = [f"CASE WHEN a.there THEN a.{quoted(key)} ELSE b.{quoted(key)} END" for key in keys]
    pairs = [f"{side}.{quoted(name)}" for name in numbers for side in "ba"]
    changed = (
        " OR ".join(f"b.{quoted(name)} IS DISTINCT FROM a.{quoted(name)}" for name in numbers) or "false"
    )
    return f"""
        SELECT b.there, a.there, {", ".join([*shown, *pairs]) or "1"}
        FROM (SELECT true AS there, * FROM read_parquet($before)) AS b
        FULL JOIN (SELECT true AS there, * FROM read_parquet($after)) AS a ON {on}
        WHERE b.there IS NULL OR a.there IS NULL OR {changed}
        ORDER BY {", ".join(str(place) for place in range(3, 3 + len(keys))) or "1"} LIMIT {DIFFERENCES_MAX + 1}
    """


def _told(row: Sequence[Any], keys: Sequence[str], numbers: Sequence[str]) -> dict[str, Any]:
    kind = "added" if row[0] is None else "gone" if row[1] is None else "changed"
    values = [plain_value(value) for value in row[2:]]
    pairs = values[len(keys) :]
    return {
        "kind": kind,
        "key": dict(zip(keys, values, strict=False)),
        "before": None if kind == "added" else dict(zip(numbers, pairs[0::2], strict=False)),
        "after": None if kind == "gone" else dict(zip(numbers, pairs[1::2], strict=False)),
    }
