"""Reads pages of the tables that loads leave beside their data: what was rejected, what changed."""

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb


async def numbered_rows(
    path: Path, *, after: int, limit: int, kind: str | None = None
) -> Sequence[Mapping[str, Any]]:
    """Rows after a number, in its order; of one kind if one is named."""
    return await asyncio.to_thread(_numbered_rows, path, after, limit, kind)


def _numbered_rows(path: Path, after: int, limit: int, kind: str | None) -> list[dict[str, Any]]:
    with duckdb.connect(config={"memory_limit": "128MB", "threads": 1}) as engine:
        found = engine.execute(
            "SELECT * FROM read_parquet($path) WHERE number > $after AND ($kind IS NULL OR kind = $kind)"
            " ORDER BY number LIMIT $limit",
            {"path": str(path), "after": after, "kind": kind, "limit": limit},
        )
        names = [column[0] for column in found.description or ()]
        return [dict(zip(names, row, strict=True)) for row in found.fetchall()]
