"""What is found out about a version: a profile of each column, and what changed since the version before."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import duckdb

from services.research.adapters.loading.engine import one
from services.research.adapters.loading.expressions import literal, quoted

TOP_VALUES: Final = 10
# Beyond this many different values the most frequent say little, and counting them exactly costs memory.
COUNTED_VALUES_MAX: Final = 50_000


def column_profiles(
    engine: duckdb.DuckDBPyConnection, data: Path, names: Sequence[str]
) -> list[dict[str, Any]]:
    """For each column: nulls, different values (exact up to 50,000), least, greatest, the ten most frequent values."""
    table = f"read_parquet({literal(str(data))})"
    profiles = []
    for name in names:
        column = quoted(name)
        nulls, distincts, least, greatest = one(
            engine,
            f"SELECT count(*) - count({column}), approx_count_distinct({column}), CAST(min({column}) AS VARCHAR),"
            f" CAST(max({column}) AS VARCHAR) FROM {table}",
        )
        profile = {
            "name": name, "nulls": nulls, "distincts": distincts, "is_exact": False,
            "least": _short(least), "greatest": _short(greatest), "top": [],
        }  # fmt: skip
        if distincts <= COUNTED_VALUES_MAX:
            profile |= _frequencies(engine, table, column)
        profiles.append(profile)
    return profiles


def _frequencies(engine: duckdb.DuckDBPyConnection, table: str, column: str) -> dict[str, Any]:
    engine.execute(
        f"CREATE OR REPLACE TEMP TABLE frequencies AS SELECT CAST({column} AS VARCHAR) AS value, count(*) AS rows"
        f" FROM {table} WHERE {column} IS NOT NULL GROUP BY ALL"
    )
    (distincts,) = one(engine, "SELECT count(*) FROM frequencies")
    top = engine.execute(
        f"SELECT value, rows FROM frequencies ORDER BY rows DESC, value LIMIT {TOP_VALUES}"
    ).fetchall()
    return {
        "distincts": distincts,
        "is_exact": True,
        "top": [{"value": _short(value), "rows": rows} for value, rows in top],
    }


def _short(text: str | None) -> str | None:
    return text if text is None else text[:200]


def changes_between(
    engine: duckdb.DuckDBPyConnection, *, before: Path, after: Path, key: Sequence[str], target: Path
) -> dict[str, int]:
    """Write what was added, removed and changed by key, with the values that differ; returns how many of each.

    Columns that only one of the two has are no change of a row: the drift tells them.
    """
    old, new = f"read_parquet({literal(str(before))})", f"read_parquet({literal(str(after))})"
    names = [name for name in _names(engine, new) if name in set(_names(engine, old)) and name not in key]
    for alias, table in (("before", old), ("after", new)):
        engine.execute(
            f"CREATE OR REPLACE TEMP VIEW {alias}_rows AS SELECT {_keyed(key, names)} FROM {table}"
        )
    engine.execute(f"COPY ({_changes(names)}) TO {literal(str(target))} (FORMAT parquet, COMPRESSION zstd)")
    counts = {"added": 0, "removed": 0, "changed": 0}
    counts |= dict(
        engine.execute(
            f"SELECT kind, count(*) FROM read_parquet({literal(str(target))}) GROUP BY kind"
        ).fetchall()
    )
    return counts


def _names(engine: duckdb.DuckDBPyConnection, table: str) -> list[str]:
    return [row[0] for row in engine.execute(f"DESCRIBE SELECT * FROM {table}").fetchall()]


def _keyed(key: Sequence[str], names: Sequence[str]) -> str:
    keys = ", ".join(f"{literal(name)}, CAST({quoted(name)} AS VARCHAR)" for name in key)
    values = "".join(f", CAST({quoted(name)} AS VARCHAR) AS {quoted(name)}" for name in names)
    return f"CAST(json_object({keys}) AS VARCHAR) AS _key{values}"


def _changes(names: Sequence[str]) -> str:
    differs = " OR ".join(f"a.{quoted(name)} IS DISTINCT FROM b.{quoted(name)}" for name in names) or "false"
    sides = {
        side: "CAST(map_from_entries(list_filter(["
        + ", ".join(
            f"CASE WHEN a.{quoted(name)} IS DISTINCT FROM b.{quoted(name)}"
            f" THEN {{'k': {literal(name)}, 'v': {side}.{quoted(name)}}} END"
            for name in names
        )
        + "], lambda pair: pair IS NOT NULL)) AS JSON)"
        for side in ("b", "a")
    }
    before, after = (f"CAST({sides[side]} AS VARCHAR)" if names else "NULL" for side in ("b", "a"))
    return f"""
        SELECT row_number() OVER (ORDER BY kind, key) AS number, * FROM (
            SELECT 'added' AS kind, a._key AS key, CAST(NULL AS VARCHAR) AS before, CAST(NULL AS VARCHAR) AS after
            FROM after_rows AS a WHERE NOT EXISTS (FROM before_rows AS b WHERE b._key = a._key)
            UNION ALL
            SELECT 'removed', b._key, NULL, NULL
            FROM before_rows AS b WHERE NOT EXISTS (FROM after_rows AS a WHERE a._key = b._key)
            UNION ALL
            SELECT 'changed', a._key, {before}, {after}
            FROM after_rows AS a JOIN before_rows AS b ON b._key = a._key WHERE {differs}
        )
    """
