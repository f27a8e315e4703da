"""Snapshots of source systems: asked for, followed, read as they were frozen, beside the one before."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.snapshot_rows import difference, rows_after
from services.reporting.adapters.snapshot_store import (
    Row,
    content_of,
    snapshot_before,
    snapshot_shown,
    snapshots_shown,
)
from services.reporting.api.dependencies import PageWanted, Reading, Work
from services.reporting.api.routes_source_systems import SystemNamed
from services.reporting.api.schemas_source_systems import (
    SnapshotDifferenceBody,
    SnapshotRowBody,
    SourceSnapshotBody,
)
from services.reporting.application.describe_source import source_named
from services.reporting.application.take_snapshot import ask_snapshot
from services.reporting.domain.data_checks.errors import SnapshotNotReady, SnapshotUnknown, SourceUnknown
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1", tags=["Data quality"])
ObjectWanted = Annotated[
    str, Query(alias="object", max_length=60, description="Which kind of rows", examples=["accounts"])
]


@router.post(
    "/source-systems/{system}/snapshots",
    status_code=202,
    response_model=SourceSnapshotBody,
    summary="Take a snapshot of a source system",
    responses=refusals(SourceUnknown, KeyReused, StillRunning),
)
async def take_source_snapshot(
    system: SystemNamed, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """All of its objects, now. The rules that count are applied to it; follow the job at /v1/jobs."""

    async def perform() -> Response:
        snapshot_id, job_id = await ask_snapshot(work, system, by=caller.actor, at=datetime.now(UTC))
        body = SourceSnapshotBody.of(await _known(work.connection, snapshot_id))
        return as_reply(body, 202, {"Location": f"/v1/jobs/{job_id}"})

    path = f"/v1/source-systems/{system}/snapshots"
    return await done_once(work, (caller, key, path), None, perform)


@listed(
    router,
    "/source-systems/{system}/snapshots",
    SourceSnapshotBody,
    summary="List snapshots of a source system",
    refuses=(SourceUnknown,),
)
async def list_source_snapshots(
    system: SystemNamed, page: PageWanted, connection: Reading, _caller: CurrentCaller
) -> Page[SourceSnapshotBody]:
    """The newest first."""
    kept = await source_named(connection, system)
    scope = f"source-snapshots|{kept.id}"
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    rows = await snapshots_shown(connection, kept.id, before=before, limit=page.limit + 1)
    cut, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[SourceSnapshotBody.of(row) for row in cut], next_cursor=cursor)


@router.get(
    "/source-snapshots/{snapshot_id}",
    response_model=SourceSnapshotBody,
    summary="Show a snapshot",
    responses=refusals(SnapshotUnknown),
)
async def show_source_snapshot(
    snapshot_id: UUID, connection: Reading, _caller: CurrentCaller
) -> SourceSnapshotBody:
    """How many rows of each object, where from, what was rejected, and the hashes."""
    return SourceSnapshotBody.of(await _known(connection, snapshot_id))


@listed(
    router,
    "/source-snapshots/{snapshot_id}/rows",
    SnapshotRowBody,
    summary="Show the rows of a snapshot",
    refuses=(SnapshotUnknown, SnapshotNotReady),
)
async def list_snapshot_rows(
    snapshot_id: UUID,
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    object_name: ObjectWanted,
) -> Page[SnapshotRowBody]:
    """As they were typed, in their order."""
    await _known(connection, snapshot_id)
    content = await _content(connection, snapshot_id, object_name)
    scope = f"snapshot-rows|{snapshot_id}|{object_name}"
    key = page.after(scope)
    after = int(key[0]) if key else -1
    rows = await asyncio.to_thread(rows_after, content, after=after, limit=page.limit + 1)
    cut, cursor = page.cut(rows, scope, lambda row: (row[0],))
    items = [SnapshotRowBody(position=at, natural_key=known, values=values) for at, known, values in cut]
    return Page(items=items, next_cursor=cursor)


@listed(
    router,
    "/source-snapshots/{snapshot_id}/differences",
    SnapshotDifferenceBody,
    summary="Compare a snapshot with the one before",
    refuses=(SnapshotUnknown, SnapshotNotReady),
)
async def list_snapshot_differences(
    snapshot_id: UUID,
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    object_name: ObjectWanted,
) -> Page[SnapshotDifferenceBody]:
    """Rows that came, went or changed, by their keys; SnapshotNotReady for the first snapshot."""
    snapshot = await _known(connection, snapshot_id)
    content = await _content(connection, snapshot_id, object_name)
    earlier = await snapshot_before(connection, snapshot, object_name)
    if earlier is None:
        raise SnapshotNotReady("There is no snapshot before it")
    before = await _content(connection, earlier, object_name)
    scope = f"snapshot-differences|{snapshot_id}|{object_name}"
    (after,) = page.after(scope) or ("",)
    found = await asyncio.to_thread(difference, content, before, after=str(after), limit=page.limit + 1)
    cut, cursor = page.cut(found, scope, lambda one: (one.key,))
    return Page(items=[SnapshotDifferenceBody.of(one) for one in cut], next_cursor=cursor)


async def _known(connection: AsyncConnection, snapshot_id: UUID) -> Row:
    row = await snapshot_shown(connection, snapshot_id)
    if row is None:
        raise SnapshotUnknown(f"There is no snapshot {snapshot_id}")
    return row


async def _content(connection: AsyncConnection, snapshot_id: UUID, object_name: str) -> bytes:
    content = await content_of(connection, snapshot_id, object_name)
    if content is None:
        raise SnapshotNotReady(f"The snapshot has no rows of {object_name}")
    return content
