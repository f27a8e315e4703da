"""Reads what a run froze: rows as Parquet bytes, in their positions."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

from services.reporting.adapters.extracts import bare_engine

ROWS_AT_ONCE: Final = 2_000
Values = tuple[object, ...]


@contextmanager
def frozen_rows(content: bytes) -> Iterator["FrozenRows"]:
    """For the length of one reading; blocks, so call it in a thread."""
    with tempfile.TemporaryDirectory(prefix="report-") as folder:
        file = Path(folder) / "rows.parquet"
        file.write_bytes(content)
        with bare_engine(Path(folder)) as engine:
            engine.execute(f"CREATE VIEW kept AS SELECT * FROM read_parquet('{file}')")
            yield FrozenRows(engine)


class FrozenRows:
    """The rows of one result or of what is behind it."""

    def __init__(self, engine: duckdb.DuckDBPyConnection) -> None:
        self._engine = engine

    def all(self, names: Sequence[str]) -> Iterator[list[Values]]:
        """In their positions, some thousand at a time."""
        found = self._engine.execute(f"SELECT {', '.join(names)} FROM kept ORDER BY position")
        while rows := found.fetchmany(ROWS_AT_ONCE):
            yield rows

    def at(self, names: Sequence[str], position: int) -> Values | None:
        found = self._engine.execute(f"SELECT {', '.join(names)} FROM kept WHERE position = ?", [position])
        rows = found.fetchall()
        return rows[0] if rows else None

    def alike(
        self, names: Sequence[str], groups: Mapping[str, object], *, after: int, limit: int
    ) -> list[Values]:
        """Rows that have these values, each with its position first."""
        same = "".join(f" AND {name} IS NOT DISTINCT FROM ?" for name in groups)
        found = self._engine.execute(
            f"SELECT position, {', '.join(names)} FROM kept WHERE position > ?{same} ORDER BY position LIMIT ?",
            [after, *groups.values(), limit],
        )
        return found.fetchall()

    def sums(self, names: Sequence[str]) -> dict[str, object]:
        """Exact sums of whole figures and decimals, over all rows."""
        if not names:
            return {}
        summed = ", ".join(f"sum({name})" for name in names)
        (row,) = self._engine.execute(f"SELECT {summed} FROM kept").fetchall()
        return dict(zip(names, row, strict=True))

    def summed(self, figure: str, groups: Sequence[str], limit: int) -> list[Values]:
        """The groups with their sums; those with the largest where there are too many, in the order of the groups."""
        named = ", ".join(groups)
        found = self._engine.execute(
            f"SELECT * FROM (SELECT {named}, sum({figure}) AS summed FROM kept GROUP BY ALL"
            f" ORDER BY summed DESC NULLS LAST LIMIT ?) ORDER BY {named}",
            [limit],
        )
        return found.fetchall()
