"""The record of calls of a period, whole: what the gateway's database has of it, and the months that left for the archive.

Months are those of UTC, in which the record is kept. A file of the archive is compared with its manifest before a row of it
is read (decision 0094). A month that is nowhere is a refusal, never a gap.
"""

import asyncio
import heapq
from collections.abc import Coroutine, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Final, TypeVar

import duckdb
import psycopg

from deploy.audit_export.contents import REQUEST_AUDIT
from deploy.audit_export.files import ExportBroken, ExportFolder
from deploy.audit_export.tables import ROWS_AT_ONCE, FoundRows, write_rows
from gateway.adapters.audit_archive import Manifest, MonthArchive
from gateway.adapters.audit_partitions import MONTH_BOUNDS
from gateway.domain.errors import ArchiveDiffers

_COLUMNS: Final = tuple(REQUEST_AUDIT.columns.split(", "))
_MONTHLY: Final = "request_audit_p"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EVER: Final = datetime(1, 1, 1, tzinfo=UTC)
T = TypeVar("T")


class MonthsMissing(ExportBroken):
    """Months of the period are neither in the database nor in the archive; `months` as YYYY-MM, of UTC."""

    def __init__(self, months: Sequence[str], *, is_archive_named: bool) -> None:
        where = (
            "nor in the archive" if is_archive_named else "and no archive is named (GATEWAY_ARCHIVE_STORE)"
        )
        super().__init__(f"the record of calls of {', '.join(months)} is not in the database, {where}")
        self.months = tuple(months)


@dataclass(frozen=True, slots=True)
class _Span:
    """The time that a partition held, its end not in it."""

    begins_at: datetime
    ends_at: datetime


def write_request_audit(
    connection: psycopg.Connection[Any],
    export: ExportFolder,
    values: Mapping[str, Any],
    archive: MonthArchive | None,
    *,
    with_personal_data: bool,
) -> None:
    """Rows of the database and of archived months in the order of their ids.

    MonthsMissing for a month that is nowhere; ExportBroken for a file that is not what its manifest says.
    """
    chosen = _archived(connection, values, archive)
    with TemporaryDirectory() as name:
        files = _fetched(archive, chosen, Path(name)) if archive is not None else []
        with connection.cursor("export_request_audit") as cursor:
            cursor.itersize = ROWS_AT_ONCE
            cursor.execute(REQUEST_AUDIT.query, values)
            archived = [_rows(file, values["begin"], values["end"]) for file in files]
            rows = heapq.merge(cursor, *archived, key=lambda row: int(row[0]))
            found = FoundRows(_COLUMNS, rows, {"archived": [_told(one) for one in chosen]})
            write_rows(export, REQUEST_AUDIT, found, with_personal_data=with_personal_data)


def _archived(
    connection: psycopg.Connection[Any], values: Mapping[str, Any], archive: MonthArchive | None
) -> list[Manifest]:
    """Of the months that left the database, those of the period. None leaves until the transaction ends."""
    # Before the first query, so that what the snapshot does not hold has its manifest already.
    connection.execute("LOCK TABLE request_audit IN ACCESS SHARE MODE")
    held = {name: _Span(begins or _EVER, ends) for name, begins, ends in connection.execute(MONTH_BOUNDS)}
    kept = _waited_for(archive.manifests()) if archive is not None else []
    gone = [(one, _span_of(one)) for one in kept if one.partition not in held]
    begin, end = values["begin"], values["end"]
    # What comes after the last partition is in the default one.
    until = min(end, max((span.ends_at for span in held.values()), default=end))
    spans = [*held.values(), *(span for _, span in gone)]
    missing = [f"{month.begins_at:%Y-%m}" for month in _months(begin, until) if not _is_held(month, spans)]
    if missing:
        raise MonthsMissing(missing, is_archive_named=archive is not None)
    return [one for one, span in gone if span.begins_at < end and span.ends_at > begin]


def _fetched(archive: MonthArchive, chosen: Sequence[Manifest], folder: Path) -> list[Path]:
    files = []
    for one in chosen:
        try:
            files.append(_waited_for(archive.fetch(one, folder)))
        except ArchiveDiffers as error:
            raise ExportBroken(f"the archive is not what was written: {error}") from error
        except FileNotFoundError as error:
            month = f"{_span_of(one).ends_at - timedelta(microseconds=1):%Y-%m}"
            raise MonthsMissing([month], is_archive_named=True) from error
    return files


def _span_of(manifest: Manifest) -> _Span:
    """Empty where a manifest of before, without an end and without rows, cannot tell."""
    told = manifest.partition.removeprefix(_MONTHLY)[:6]
    begins = datetime.strptime(told, "%Y%m").replace(tzinfo=UTC) if told.isdigit() else _EVER
    if manifest.ends_at is not None:
        return _Span(begins, datetime.fromisoformat(manifest.ends_at))
    last = datetime.fromisoformat(manifest.last_at) if manifest.last_at else begins
    return _Span(begins, begins if last == _EVER else _next_month(last))


def _is_held(month: _Span, spans: Iterable[_Span]) -> bool:
    return any(span.begins_at <= month.begins_at and month.ends_at <= span.ends_at for span in spans)


def _months(begin: datetime, end: datetime) -> Iterator[_Span]:
    """Those of UTC that the period touches."""
    month = begin.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    while month < end:
        yield _Span(month, _next_month(month))
        month = _next_month(month)


def _next_month(instant: datetime) -> datetime:
    return datetime(instant.year + instant.month // 12, instant.month % 12 + 1, 1, tzinfo=UTC)


def _rows(file: Path, begin: datetime, end: datetime) -> Iterator[tuple[Any, ...]]:
    """Rows of the period as the database would give them, a page at a time."""
    # Instants as microseconds: Python has no zone that the engine would need for them.
    names = ", ".join(f'epoch_us("{name}")' if name == "at" else f'"{name}"' for name in _COLUMNS)
    page = f"""
        SELECT {names} FROM read_parquet($file)
        WHERE id > $after AND epoch_us("at") >= $begin AND epoch_us("at") < $end ORDER BY id LIMIT {ROWS_AT_ONCE}
    """  # noqa: S608 - names of ours
    asked = {"file": str(file), "begin": _microseconds(begin), "end": _microseconds(end), "after": 0}
    with duckdb.connect(config={"threads": 1, "autoinstall_known_extensions": False}) as engine:
        while rows := engine.execute(page, asked).fetchall():
            for number, microseconds, *others in rows:
                yield (number, _EPOCH + timedelta(microseconds=microseconds), *others)
            asked["after"] = rows[-1][0]


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // timedelta(microseconds=1)


def _told(manifest: Manifest) -> dict[str, Any]:
    return {"partition": manifest.partition, "sha256": manifest.sha256, "rows": manifest.rows}


def _waited_for(work: Coroutine[Any, Any, T]) -> T:
    """In a thread of its own, for whoever calls this may have a loop running."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(asyncio.run, work).result()
