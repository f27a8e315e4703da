"""Columnar copies of this service's own facts: Parquet that grows by what was written since, read by DuckDB.

A copy is nothing but a cache of its process: without it the next reading writes all of it anew. What to take is told by
the transactions that wrote the rows, because ids and clocks are given out in one order and committed in another: what
older transactions wrote is final in this snapshot and stays in its file; the rest is written anew each time.
"""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Collection, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

import duckdb
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.fact_store import FactKind
from services.reporting.adapters.orm.base import FactRecord
from services.reporting.adapters.orm.collections import CollectedReceiptRecord, ReversedReceiptRecord
from services.reporting.adapters.orm.rule_scores import RuleScoreRecord
from services.reporting.adapters.orm.templates import PlannedFigureRecord

MEMORY_LIMIT: Final = "512MB"
THREADS: Final = 2
SEGMENTS_MAX: Final = 48  # then they become one
_POSTGRESQL: Final = PGDialect()  # type: ignore[no-untyped-call] # SQLAlchemy's own, without types


@dataclass(frozen=True, slots=True)
class Extracted:
    """A table that is copied; of one that `replaces` rows the newest of each key counts."""

    table: sa.Table
    replaces: bool

    @property
    def key(self) -> Sequence[str]:
        return [column.name for column in self.table.primary_key]

    def columns(self) -> dict[str, str]:
        """Name → type of DuckDB; instants are naive and in UTC there, which needs no table of time zones."""
        return {column.name: _duck_type(column.type) for column in self.table.columns}

    def copied(self) -> str:
        """The rows as text, of transactions from `$1` on."""
        names = [
            f"{column.name} AT TIME ZONE 'UTC'" if _is_instant(column.type) else column.name
            for column in self.table.columns
        ]
        return f"SELECT {', '.join(names)} FROM {self.table.name} WHERE written_in >= $1"

    def as_text(self, file: Path) -> str:
        """The rows that were copied, read with their types; an empty text is quoted, nothing is not."""
        columns = ", ".join(f"{name}: '{kind}'" for name, kind in self.columns().items())
        return (
            f"read_csv('{file}', header = false, columns = {{{columns}}}, auto_detect = false, delim = ',',"
            " quote = '\"', escape = '\"', nullstr = '', allow_quoted_nulls = false, new_line = '\\n')"
        )

    def nothing(self) -> str:
        """No rows, with the right columns."""
        typed = ", ".join(f"CAST(NULL AS {kind}) AS {name}" for name, kind in self.columns().items())
        return f"(SELECT {typed} WHERE false)"


@dataclass(slots=True)
class _Copy:
    """The files of a table: final segments, and what may be written again; `horizon` is the first transaction of it."""

    horizon: int = 0
    segments: list[Path] = field(default_factory=list)
    recent: Path | None = None
    files_made: int = 0

    @property
    def files(self) -> list[Path]:
        return [*self.segments, *([self.recent] if self.recent else [])]


def _extracted(record: type[FactRecord], *, replaces: bool) -> Extracted:
    return Extracted(sa.Table(record.__tablename__, record.metadata), replaces)


EXTRACTED: Final = (
    _extracted(CollectedReceiptRecord, replaces=False),
    _extracted(ReversedReceiptRecord, replaces=False),
    _extracted(PlannedFigureRecord, replaces=False),
    _extracted(RuleScoreRecord, replaces=False),
    *(_extracted(kind.value[0], replaces=bool(kind.value[1])) for kind in FactKind),
)


class Extracts:
    """The copies of one process, in a folder of its own. One reading at a time: it may use all of the memory."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or Path(tempfile.mkdtemp(prefix="reporting-extracts-"))
        self._copies = {one.table.name: _Copy() for one in EXTRACTED}
        self._reading = asyncio.Lock()
        self._rebuilds = 0

    def close(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    @asynccontextmanager
    async def reading(
        self, connection: AsyncConnection, tables: Collection[str]
    ) -> AsyncIterator[duckdb.DuckDBPyConnection]:
        """A columnar connection with a view of each of the tables, as the snapshot of `connection` has them."""
        wanted = [one for one in EXTRACTED if one.table.name in tables]
        async with self._reading:
            horizon = await connection.scalar(_OLDEST_OPEN)
            self._begin_anew_after(int(await connection.scalar(_REBUILDS) or 0))
            with bare_engine(self.folder) as engine:
                for one in wanted:
                    await self._bring_up(connection, engine, one, horizon)
                yield engine

    def _begin_anew_after(self, rebuilds: int) -> None:
        """Rows vanish when projections are made anew, and at no other time."""
        if rebuilds != self._rebuilds:
            for copy in self._copies.values():
                for file in copy.files:
                    file.unlink()
            self._copies = {
                one.table.name: _Copy(files_made=self._copies[one.table.name].files_made) for one in EXTRACTED
            }
            self._rebuilds = rebuilds

    async def _bring_up(
        self, connection: AsyncConnection, engine: duckdb.DuckDBPyConnection, one: Extracted, horizon: int
    ) -> None:
        text = self.folder / f"{one.table.name}.csv"
        raw = (await connection.get_raw_connection()).driver_connection
        assert raw is not None
        copy = self._copies[one.table.name]
        await raw.copy_from_query(one.copied(), copy.horizon, output=text, format="csv")
        await asyncio.to_thread(self._keep, engine, one, text, horizon)

    def _keep(self, engine: duckdb.DuckDBPyConnection, one: Extracted, text: Path, horizon: int) -> None:
        """What was not written since is there already: rows never vanish."""
        copy = self._copies[one.table.name]
        before = list(copy.files)
        if text.stat().st_size:
            fresh = f"CREATE OR REPLACE TEMP TABLE fresh AS SELECT * FROM {one.as_text(text)}"
            engine.execute(fresh)
            if one.replaces:
                self._replace(engine, one, copy)
            else:
                self._append(engine, one, copy, horizon)
        copy.horizon = horizon
        for file in {*before, text} - set(copy.files):
            file.unlink()
        rows = parquet_of(copy.files) if copy.files else one.nothing()
        engine.execute(f"CREATE VIEW {one.table.name} AS SELECT * FROM {rows}")

    def _replace(self, engine: duckdb.DuckDBPyConnection, one: Extracted, copy: _Copy) -> None:
        """One file; what is told anew takes the place of what was there."""
        kept = "SELECT * FROM fresh"
        if copy.files:
            key = ", ".join(one.key)
            kept += f" UNION ALL SELECT * FROM {parquet_of(copy.files)} ANTI JOIN fresh USING ({key})"
        copy.recent = self._written(engine, one, copy, kept)

    def _append(self, engine: duckdb.DuckDBPyConnection, one: Extracted, copy: _Copy, horizon: int) -> None:
        """What older transactions wrote is final; a transaction that is under way may still add to the rest."""
        final = f"SELECT * FROM fresh WHERE written_in < {horizon}"
        if len(copy.segments) >= SEGMENTS_MAX:
            final += f" UNION ALL SELECT * FROM {parquet_of(copy.segments)}"
            copy.segments = []
        copy.segments.append(self._written(engine, one, copy, final))
        rest = f"SELECT * FROM fresh WHERE written_in >= {horizon}"
        copy.recent = self._written(engine, one, copy, rest)

    def _written(self, engine: duckdb.DuckDBPyConnection, one: Extracted, copy: _Copy, rows: str) -> Path:
        copy.files_made += 1
        file = self.folder / f"{one.table.name}-{copy.files_made}.parquet"
        engine.execute(f"COPY ({rows}) TO '{file}' (FORMAT parquet, COMPRESSION zstd)")
        return file


@contextmanager
def bare_engine(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine that reads and writes files in the folder and nothing else, within bounds."""
    engine = duckdb.connect(
        ":memory:",
        config={
            "memory_limit": MEMORY_LIMIT,
            "threads": THREADS,
            "temp_directory": str(folder / "spill"),
            "max_temp_directory_size": "20GB",
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "python_enable_replacements": False,
            "preserve_insertion_order": False,
        },
    )
    try:
        engine.execute(f"SET allowed_directories = ['{folder}']")
        engine.execute("SET enable_external_access = false")
        yield engine
    finally:
        engine.close()


def parquet_of(files: Sequence[Path]) -> str:
    named = ", ".join(f"'{file}'" for file in files)
    return f"read_parquet([{named}])"


def _is_instant(kind: sa.types.TypeEngine[object]) -> bool:
    return isinstance(kind, sa.DateTime)


def _duck_type(kind: sa.types.TypeEngine[object]) -> str:
    if _is_instant(kind):
        return "TIMESTAMP"
    if isinstance(kind, sa.Uuid):
        return "UUID"
    return str(kind.compile(_POSTGRESQL)).replace("NUMERIC", "DECIMAL")


_REBUILDS: Final = sa.text("SELECT count(*) FROM projection_rebuilds")
_OLDEST_OPEN: Final = sa.text("SELECT CAST(CAST(pg_snapshot_xmin(pg_current_snapshot()) AS text) AS bigint)")
