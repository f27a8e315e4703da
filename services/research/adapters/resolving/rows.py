"""Finds the rows of a dataset that name given companies, by the keys that reading gave them."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb

from services.research.adapters.querying.sandbox import literal, quoted
from services.research.adapters.resolving.reading import name_key, selected

ROWS_OF_NAME_MAX: Final = 10


def rows_named(
    data: Path, names: Sequence[Mapping[str, Any]], keys: Sequence[str], newest_by: str | None
) -> list[dict[str, Any]]:
    """Rows by their place in the version, from 1: of each key the newest ten, with how many there are; `record` is JSON."""
    with duckdb.connect(config={"memory_limit": "1GB", "threads": 2}) as engine:
        engine.create_function("name_key", name_key, ["VARCHAR"], "VARCHAR")
        path = literal(str(data))
        there = {row[0] for row in engine.execute(f"DESCRIBE SELECT * FROM read_parquet({path})").fetchall()}
        view = f"(SELECT file_row_number + 1 AS _row, * FROM read_parquet({path}, file_row_number = true))"
        parts = [
            selected(one, there, view, besides=f"_row, {literal(one['name'])} AS role, ")
            for one in names
            if one["name"] in there
        ]
        if not parts:
            return []
        newest = f"d.{quoted(newest_by)} DESC NULLS LAST, " if newest_by in there and newest_by else ""
        found = engine.execute(
            f"""
            WITH named AS (
                SELECT *, name_key(name) AS key FROM ({" UNION ALL ".join(parts)})
                WHERE name IS NOT NULL AND trim(name) <> ''
            ), keyed AS (
                SELECT _row, role, name, coalesce(identifier, md5(key || '|' || coalesce(region, ''))) AS source_key
                FROM named WHERE key <> ''
            )
            SELECT k._row AS row, k.role, k.name, k.source_key, count(*) OVER (PARTITION BY k.source_key) AS rows_of_name,
                CAST(to_json(d) AS VARCHAR) AS record
            FROM keyed AS k JOIN {view} AS d ON d._row = k._row
            WHERE k.source_key IN (SELECT unnest($keys))
            QUALIFY row_number() OVER (PARTITION BY k.source_key ORDER BY {newest}k._row) <= {ROWS_OF_NAME_MAX}
            ORDER BY k.source_key, {newest}k._row
            """,
            {"keys": list(keys)},
        )
        columns = [one[0] for one in found.description or ()]
        return [dict(zip(columns, row, strict=True)) for row in found.fetchall()]
