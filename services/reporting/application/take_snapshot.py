"""A snapshot is asked for, taken by a worker object by object, frozen with its hash, and looked at by the rules."""

import asyncio
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from services.reporting.adapters.connectors.opening import opened_connector
from services.reporting.adapters.connectors.port import Connector, SourceAccess
from services.reporting.adapters.snapshot_rows import parquet_rows
from services.reporting.adapters.snapshot_store import NewContent, add_contents, add_snapshot, snapshot_shown
from services.reporting.adapters.source_store import source_at
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.application.find_source import source_named
from services.reporting.application.validate_snapshot import validate_snapshot
from services.reporting.domain.data_checks.errors import SourceUnreachable
from services.reporting.domain.source_system import SourceObject, SourceSystem, Taking
from shared.database import Database
from shared.jobs import Job, enqueue

TASK: Final = "take_snapshot"
READ_SECONDS: Final = 1_800


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


async def take_snapshot(database: Database, access: SourceAccess, job: Job) -> None:
    """The job: harmless to repeat, because what was taken stays, and rules that look again find the same.

    All objects or none: whatever goes wrong with one of them, the snapshot before stays the newest.
    """
    snapshot_id = UUID(str(job.payload["snapshot_id"]))
    async with database.reading() as connection:
        snapshot = await snapshot_shown(connection, snapshot_id)
        assert snapshot is not None, "it was written with its job"
        source = await source_at(connection, snapshot.system_id, snapshot.revision)
    if not snapshot.objects:
        contents = await _contents(database, access, (snapshot.system_id, source), job)
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


async def _contents(
    database: Database, access: SourceAccess, known: tuple[UUID, SourceSystem], job: Job
) -> list[NewContent]:
    """`known` is the system's id and its description. However slowly the other side answers, it ends."""
    system_id, source = known
    try:
        async with (
            asyncio.timeout(READ_SECONDS),
            opened_connector(database, access, system_id, source) as connector,
        ):
            return [await _taken(connector, one, job) for one in source.objects]
    except TimeoutError as error:
        raise SourceUnreachable(f"{source.name} took longer than {READ_SECONDS // 60} minutes") from error


async def _taken(connector: Connector, one: SourceObject, job: Job) -> NewContent:
    await job.progress(message=f"Taking {one.name}", percent=10)
    found = await connector.found(one)
    at, taking = datetime.now(UTC), Taking(one)
    content = await asyncio.to_thread(parquet_rows, one, taking.rows(found.records))
    return NewContent(
        object_name=one.name,
        taken_at=at,
        origin=found.origin,
        rows_count=taking.rows_count,
        rejected_count=taking.rejected_count,
        rejected=taking.rejected,
        content=content,
    )
