"""A snapshot is asked for, taken by a worker object by object, frozen with its hash, and looked at by the rules."""

import asyncio
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.reporting.adapters.sent_records import records_of
from services.reporting.adapters.snapshot_rows import parquet_rows
from services.reporting.adapters.snapshot_store import NewContent, add_contents, add_snapshot, snapshot_shown
from services.reporting.adapters.source_store import newest_file, source_at
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.application.describe_source import source_named
from services.reporting.application.validate_snapshot import validate_snapshot
from services.reporting.domain.data_checks.errors import SourceUnreadable
from services.reporting.domain.source_system import SourceObject, SourceSystem, taken_rows
from shared.database import Database
from shared.jobs import Job, enqueue

TASK: Final = "take_snapshot"


async def ask_snapshot(work: UnitOfWork, named: str, *, by: str, at: datetime) -> tuple[UUID, UUID]:
    """Queue one; the ids of snapshot and job. Snapshots of a system are taken one after the other."""
    kept = await source_named(work.connection, named)
    snapshot_id = uuid7()
    job_id = await enqueue(
        work.connection,
        TASK,
        {"snapshot_id": str(snapshot_id)},
        created_by=by,
        lock=f"source|{kept.id}",
        result_url=f"/v1/source-snapshots/{snapshot_id}",
    )
    await add_snapshot(work.connection, (snapshot_id, kept.id, kept.revision), job_id, by=by, at=at)
    return snapshot_id, job_id


async def take_snapshot(database: Database, job: Job) -> None:
    """The job: harmless to repeat, because what was taken stays, and rules that look again find the same."""
    snapshot_id = UUID(str(job.payload["snapshot_id"]))
    async with database.reading() as connection:
        snapshot = await snapshot_shown(connection, snapshot_id)
        assert snapshot is not None, "it was written with its job"
        source = await source_at(connection, snapshot.system_id, snapshot.revision)
    if not snapshot.objects:
        contents = [await _taken(database, snapshot.system_id, source, one, job) for one in source.objects]
        async with UnitOfWork(database) as work:
            await add_contents(work.connection, snapshot_id, contents)
            await work.commit()
    await job.progress(message="Applying the rules", percent=70)
    counts = await validate_snapshot(database, snapshot_id)
    await job.progress(message="Done", counts=counts, percent=100)


async def validate_again(database: Database, job: Job) -> None:
    """The job after a change of rules: the newest snapshot is looked at anew."""
    counts = await validate_snapshot(database, UUID(str(job.payload["snapshot_id"])))
    await job.progress(message="Done", counts=counts, percent=100)


async def _taken(
    database: Database, source_id: UUID, source: SourceSystem, one: SourceObject, job: Job
) -> NewContent:
    await job.progress(message=f"Taking {one.name}", percent=10)
    async with database.reading() as connection:
        media_type, content, origin = await _sent(connection, source_id, source, one)
    at = datetime.now(UTC)
    records = await asyncio.to_thread(records_of, media_type, content)
    taken = await asyncio.to_thread(taken_rows, one, records)
    return NewContent(
        object_name=one.name,
        taken_at=at,
        origin=origin,
        rows_count=len(taken.rows),
        rejected_count=taken.rejected_count,
        rejected=taken.rejected,
        content=await asyncio.to_thread(parquet_rows, one, taken.rows),
    )


async def _sent(
    connection: AsyncConnection, source_id: UUID, source: SourceSystem, one: SourceObject
) -> tuple[str, bytes, str]:
    file = await newest_file(connection, source_id, one.name)
    if file is None:
        raise SourceUnreadable(f"No file of {one.name} was sent for {source.name} yet", object=one.name)
    return file.media_type, file.content, f"file {file.id}, sent at {file.sent_at:%Y-%m-%dT%H:%M:%SZ}"
