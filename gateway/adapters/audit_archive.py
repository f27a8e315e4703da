"""Months of a table as Parquet files in a store, each with a manifest that proves it; none is ever overwritten.

`request_audit/<month>-<hash>.parquet` holds the rows in the order of their keys, `request_audit/<month>.json` says how many,
of when, and the SHA-256 of the file. A month counts as archived once its manifest is there and the file was read back and is
what it says. Other tables have folders of their own names.
"""

import asyncio
import hashlib
import json
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, NamedTuple, Protocol

import duckdb
import sqlalchemy as sa
from obstore.exceptions import AlreadyExistsError
from obstore.store import ObjectStore

from gateway.domain.errors import ArchiveDiffers
from shared.database import Database

PAGE_ROWS: Final = 10_000
CHUNK_BYTES: Final = 1024 * 1024
_INSTANT: Final = "%Y-%m-%dT%H:%M:%S.%fZ"
_AUDIT_COLUMNS: Final = {
    "id": "BIGINT",
    "at": "TIMESTAMPTZ",
    "subject": "VARCHAR",
    "owner": "VARCHAR",
    "roles": "VARCHAR[]",
    "method": "VARCHAR",
    "route": "VARCHAR",
    "path": "VARCHAR",
    "status": "SMALLINT",
    "trace_id": "VARCHAR",
    "client_address": "VARCHAR",
    "request_sha256": "VARCHAR",
    "reply_sha256": "VARCHAR",
    "version_before": "VARCHAR",
    "version_after": "VARCHAR",
}


class Month(Protocol):
    """A partition and the instant at which it ended."""

    @property
    def name(self) -> str: ...
    @property
    def ends_at(self) -> datetime: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchivedTable:
    """What goes into the files of a table.

    `columns` are those of the file with their types in DuckDB, and `source` selects them from a partition, `{month}`.
    `key` is the order of rows, each column with a value before all others; `at` is when a row came about. `sums` is a
    SELECT over the `rows` of a file, for the manifest.
    """

    name: str
    columns: Mapping[str, str]
    source: str
    key: Mapping[str, object]
    at: str
    sums: str | None = None


_CHOSEN: Final = ", ".join(
    f"encode({name}, 'hex') AS {name}" if name.endswith("sha256") else name for name in _AUDIT_COLUMNS
)
REQUEST_AUDIT: Final = ArchivedTable(
    name="request_audit",
    columns=_AUDIT_COLUMNS,
    source=f'SELECT {_CHOSEN} FROM "{{month}}"',  # noqa: S608 - names of ours
    key={"id": 0},
    at="at",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """What a file of the archive is: instants are ISO 8601, null in a month without rows.

    `ends_at` is where the partition ended; files from before it was told have none. `sums` are of tables that have any.
    """

    table: str
    partition: str
    file: str
    rows: int
    first_id: int | str | None
    last_id: int | str | None
    first_at: str | None
    last_at: str | None
    sha256: str
    size_bytes: int
    archived_at: str
    ends_at: str | None = None
    sums: list[dict[str, Any]] | None = None


class _Contents(NamedTuple):
    """What a manifest says of a file's rows."""

    rows: int
    first_id: int | str | None
    last_id: int | str | None
    first_at: str | None
    last_at: str | None
    sums: list[dict[str, Any]] | None


class MonthArchive:
    """The months of one table in one store. Nothing is opened before it is used."""

    def __init__(self, opened: Callable[[], ObjectStore], table: ArchivedTable = REQUEST_AUDIT) -> None:
        self._opened = cache(opened)
        self.table = table

    async def keep(self, database: Database, month: Month, now: datetime) -> Manifest:
        """Write the rows of a month that nothing is added to any more, read them back, and say what is there.

        A month that is archived already is only read back. ArchiveDiffers when what is there is not what was written.
        """
        manifest = await self.manifest(f"{self.table.name}/{month.name}.json")
        if manifest is None:
            manifest = await self._write(database, month, now)
        with TemporaryDirectory() as folder:
            await self.fetch(manifest, Path(folder))
        return manifest

    async def manifests(self) -> list[Manifest]:
        """Of all months that are archived, in the order of their names."""
        found: list[str] = []
        async for page in self._opened().list(f"{self.table.name}/"):
            found += [one["path"] for one in page if one["path"].endswith(".json")]
        kept = [await self.manifest(path) for path in sorted(found)]
        return [one for one in kept if one is not None]

    async def manifest(self, path: str) -> Manifest | None:
        """What the store says of a month; None when it is not archived."""
        try:
            reply = await self._opened().get_async(path)
            return Manifest(**json.loads(bytes(await reply.bytes_async())))
        except FileNotFoundError:
            return None

    async def fetch(self, manifest: Manifest, folder: Path) -> Path:
        """The file of a month, in the folder; ArchiveDiffers when it is not the one that was archived."""
        target = folder / Path(manifest.file).name
        digest, size = hashlib.sha256(), 0
        reply = await self._opened().get_async(manifest.file)
        with target.open("wb") as file:
            async for chunk in reply.stream(min_chunk_size=CHUNK_BYTES):
                digest.update(chunk)
                size += file.write(bytes(chunk))
        if (digest.hexdigest(), size) != (manifest.sha256, manifest.size_bytes):
            raise ArchiveDiffers(f"{manifest.file} is not the file that was archived")
        counted = await asyncio.to_thread(_rows_of, target)
        if counted != manifest.rows:
            raise ArchiveDiffers(f"{manifest.file} has {counted} rows instead of {manifest.rows}")
        return target

    async def _write(self, database: Database, month: Month, now: datetime) -> Manifest:
        with TemporaryDirectory() as name:
            folder = Path(name)
            with (folder / "rows.json").open("w", encoding="utf-8") as lines:
                async for line in _lines(database, self.table, month):
                    lines.write(f"{line}\n")
            contents = await asyncio.to_thread(_as_parquet, folder, self.table)
            file = folder / "rows.parquet"
            sha256 = await asyncio.to_thread(_digest, file)
            manifest = Manifest(
                table=self.table.name,
                partition=month.name,
                file=f"{self.table.name}/{month.name}-{sha256[:12]}.parquet",
                sha256=sha256,
                size_bytes=file.stat().st_size,
                archived_at=now.isoformat(),
                ends_at=month.ends_at.astimezone(UTC).isoformat(),
                rows=contents.rows,
                first_id=contents.first_id,
                last_id=contents.last_id,
                first_at=contents.first_at,
                last_at=contents.last_at,
                sums=contents.sums,
            )
            # Named by its content: if it is there, somebody wrote the same rows before, and died before the manifest.
            with suppress(AlreadyExistsError):
                await self._opened().put_async(manifest.file, file, mode="create", use_multipart=False)
            said = json.dumps(asdict(manifest), indent=2).encode()
            await self._opened().put_async(f"{self.table.name}/{month.name}.json", said, mode="create")
        return manifest


async def _lines(database: Database, table: ArchivedTable, month: Month) -> AsyncIterator[str]:
    """Each row as JSON, in pages: no transaction stays open for as long as a month takes."""
    key = ", ".join(table.key)
    source, after_key = table.source.format(month=month.name), ", ".join(f":{name}" for name in table.key)
    page = sa.text(
        f"""
        SELECT {key}, row_to_json(one)::text AS line FROM (
            SELECT * FROM ({source}) AS month WHERE ({key}) > ({after_key}) ORDER BY {key} LIMIT :rows
        ) AS one
        """  # noqa: S608 - names of ours
    )
    after = dict(table.key)
    while True:
        async with database.reading() as connection:
            rows = (await connection.execute(page, {**after, "rows": PAGE_ROWS})).all()
        for row in rows:
            yield row.line
        if len(rows) < PAGE_ROWS:
            return
        after = {name: getattr(rows[-1], name) for name in table.key}


def _as_parquet(folder: Path, table: ArchivedTable) -> _Contents:
    """`rows.json` of the folder as `rows.parquet`, and what a manifest says of it."""
    columns = ", ".join(f"'{name}': '{kind}'" for name, kind in table.columns.items())
    first = next(iter(table.key))
    with _engine() as engine:
        engine.execute(
            f"COPY (FROM read_json('{folder / 'rows.json'}', format='newline_delimited',"
            f" columns={{{columns}}}) ORDER BY {', '.join(table.key)})"
            f" TO '{folder / 'rows.parquet'}' (FORMAT parquet, COMPRESSION zstd)"
        )
        engine.execute(f"CREATE VIEW rows AS FROM read_parquet('{folder / 'rows.parquet'}')")
        found = engine.execute(
            f"""SELECT count(*), min({first}), max({first}), strftime(min("{table.at}"), $form),
            strftime(max("{table.at}"), $form) FROM rows""",  # noqa: S608 - names of ours
            {"form": _INSTANT},
        ).fetchone()
        assert found is not None, "an aggregate has a row"
        rows, first_id, last_id, first_at, last_at = found
        return _Contents(rows, _plain(first_id), _plain(last_id), first_at, last_at, _sums(engine, table))


def _plain(key: object) -> int | str | None:
    """As it can stand in a manifest."""
    return key if key is None or isinstance(key, int) else str(key)


def _sums(engine: duckdb.DuckDBPyConnection, table: ArchivedTable) -> list[dict[str, Any]] | None:
    if table.sums is None:
        return None
    found = engine.execute(table.sums)
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _rows_of(file: Path) -> int:
    with _engine() as engine:
        found = engine.execute("SELECT count(*) FROM read_parquet($file)", {"file": str(file)}).fetchone()
    return int(found[0]) if found else 0


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def _engine() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(
        config={
            "memory_limit": "256MB",
            "threads": 1,
            "TimeZone": "UTC",
            "autoinstall_known_extensions": False,
        }
    )
