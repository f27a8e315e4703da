"""Rows of snapshots as Parquet: written once, read back as columns, as pages, and beside those of another snapshot.

Every value is a text as it was typed, so that what is wrong with it is kept as well. All of it blocks: call it in a
thread.
"""

import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from itertools import islice
from pathlib import Path
from typing import Final

import duckdb

from services.reporting.adapters.extracts import bare_engine
from services.reporting.domain.data_checks.table import ReviewedTable
from services.reporting.domain.source_system import SourceObject, TakenRow

ROWS_AT_ONCE: Final = 5_000
_KEY: Final = "natural_key"


class SnapshotChange(StrEnum):
    """How a row differs from the snapshot before."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class SnapshotDifference:
    """A row that is not as it was; values of before and now, field by field, of those that differ."""

    key: str
    change: SnapshotChange
    before: dict[str, str]
    now: dict[str, str]


def parquet_rows(described: SourceObject, rows: Iterable[TakenRow]) -> bytes:
    """Rows in their order, each with its position and key; some thousand of them are in memory at a time."""
    names, coming, start = described.field_names, iter(rows), 0
    with tempfile.TemporaryDirectory(prefix="snapshot-") as folder, bare_engine(Path(folder)) as engine:
        columns = ", ".join(f'"{name}" VARCHAR' for name in names)
        engine.execute(f"CREATE TABLE kept (position BIGINT, {_KEY} VARCHAR, {columns})")
        unnested = ", ".join(["unnest(?)"] * (len(names) + 2))
        while part := list(islice(coming, ROWS_AT_ONCE)):
            values: list[list[object]] = [list(range(start, start + len(part))), [row.key for row in part]]
            values += [list(column) for column in zip(*(row.values for row in part), strict=True)]
            engine.execute(f"INSERT INTO kept SELECT {unnested}", values)
            start += len(part)
        file = Path(folder) / "rows.parquet"
        engine.execute(
            f"COPY (SELECT * FROM kept ORDER BY position) TO '{file}' (FORMAT parquet, COMPRESSION zstd)"
        )
        return file.read_bytes()


def reviewed_table(described: SourceObject, content: bytes) -> ReviewedTable:
    """All rows, column by column."""
    with _engine(content) as engine:
        known = _columns(engine, "now")
        names = [name for name in described.field_names if name in known]
        selected = "".join(f', "{name}"' for name in names)
        rows = engine.execute(f"SELECT {_KEY}{selected} FROM now ORDER BY position").fetchall()
    columns = list(zip(*rows, strict=True)) if rows else [()] * (len(names) + 1)
    by_name = dict(zip(names, columns[1:], strict=True))
    nothing = [""] * len(rows)
    return ReviewedTable(
        keys=columns[0],
        columns=by_name,
        zones=[value.strip() for value in by_name.get(described.zone_field or "", nothing)],
        owners=[value.strip() for value in by_name.get(described.owner_field or "", nothing)],
    )


def rows_after(content: bytes, *, after: int, limit: int) -> list[tuple[int, str, dict[str, str]]]:
    """Position, key and values of the rows behind a position."""
    with _engine(content) as engine:
        names = _columns(engine, "now")
        selected = ", ".join(f'"{name}"' for name in names)
        found = engine.execute(
            f"SELECT position, {_KEY}, {selected} FROM now WHERE position > ? ORDER BY position LIMIT ?",
            [after, limit],
        ).fetchall()
    return [(row[0], row[1], dict(zip(names, row[2:], strict=True))) for row in found]


def difference(content: bytes, before: bytes, *, after: str, limit: int) -> list[SnapshotDifference]:
    """Rows that came, went or changed, by their keys; fields that only one of the snapshots has are left out."""
    with _engine(content, before) as engine:
        names = [name for name in _columns(engine, "now") if name in _columns(engine, "earlier")]
        sides = ", ".join([*(f'e."{name}"' for name in names), *(f'n."{name}"' for name in names)])
        differs = " OR ".join(f'e."{name}" IS DISTINCT FROM n."{name}"' for name in names) or "false"
        found = engine.execute(
            f"SELECT coalesce(n.{_KEY}, e.{_KEY}) AS key, e.{_KEY} IS NULL, n.{_KEY} IS NULL, {sides}"
            f" FROM now n FULL JOIN earlier e ON e.{_KEY} = n.{_KEY}"
            f" WHERE coalesce(n.{_KEY}, e.{_KEY}) > ? AND (e.{_KEY} IS NULL OR n.{_KEY} IS NULL OR {differs})"
            " ORDER BY key LIMIT ?",
            [after, limit],
        ).fetchall()
    return [_difference(row, names) for row in found]


def fitting(pattern: str, values: Sequence[str]) -> frozenset[str]:
    """Those that fit the pattern as a whole, by an engine whose time grows with the text alone (RE2)."""
    with tempfile.TemporaryDirectory(prefix="pattern-") as folder, bare_engine(Path(folder)) as engine:
        found = engine.execute(
            "SELECT v FROM (SELECT unnest(?) AS v) WHERE regexp_full_match(v, ?)", [list(values), pattern]
        )
        return frozenset(row[0] for row in found.fetchall())


def is_pattern(text: str) -> bool:
    """Whether the engine can read it."""
    try:
        fitting(text, ["x"])
    except duckdb.Error:
        return False
    return True


def _difference(row: tuple[object, ...], names: Sequence[str]) -> SnapshotDifference:
    key, is_added, is_removed, *values = row
    pairs = zip(names, values[: len(names)], values[len(names) :], strict=True)
    unlike = [(name, old, new) for name, old, new in pairs if old != new]
    return SnapshotDifference(
        str(key),
        SnapshotChange.ADDED
        if is_added
        else SnapshotChange.REMOVED
        if is_removed
        else SnapshotChange.CHANGED,
        {} if is_added else {name: str(old) for name, old, _ in unlike},
        {} if is_removed else {name: str(new) for name, _, new in unlike},
    )


@contextmanager
def _engine(content: bytes, before: bytes | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    with tempfile.TemporaryDirectory(prefix="snapshot-") as folder:
        place = Path(folder)
        with bare_engine(place) as engine:
            for name, rows in (("now", content), ("earlier", before)):
                if rows is not None:
                    (place / f"{name}.parquet").write_bytes(rows)
                    engine.execute(
                        f"CREATE VIEW {name} AS SELECT * FROM read_parquet('{place / name}.parquet')"
                    )
            yield engine


def _columns(engine: duckdb.DuckDBPyConnection, name: str) -> list[str]:
    described = engine.execute(f"DESCRIBE {name}").fetchall()
    return [row[0] for row in described if row[0] not in ("position", _KEY)]
