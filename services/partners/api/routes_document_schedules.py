"""Schedules of documents: set, shown, changed as new versions, paused and resumed."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.adapters.schedule_queries import (
    ScheduleFilter,
    schedule_row,
    schedule_rows,
    version_rows,
)
from services.partners.adapters.schedule_store import Setting
from services.partners.api.dependencies import PageWanted, Reading, Work
from services.partners.api.schemas_document_schedules import (
    DocumentScheduleBody,
    DocumentScheduleChange,
    DocumentScheduleDraft,
    ScheduleNoteDraft,
    ScheduleVersionBody,
    schedule_body,
    version_body,
)
from services.partners.application.set_schedule import (
    change_schedule,
    pause_schedule,
    resume_schedule,
    schedule_wanted,
    set_schedule,
)
from services.partners.domain.errors import (
    CalendarUnknown,
    ScheduleState,
    ScheduleUnknown,
)
from services.partners.domain.schedule import ScheduledKind
from shared.conditional import IfMatch, revision_etag, wanted_revision
from shared.errors import PreconditionMissing, Stale
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once
from shared.scheduling.refusals import CalendarNeverOpen, ScheduleInvalid

router = APIRouter(prefix="/v1/document-schedules", tags=["Document schedules"])
_CHANGES = (ScheduleUnknown, Stale, PreconditionMissing)
_RULES = (ScheduleInvalid, CalendarUnknown, CalendarNeverOpen)
_ONCE = (KeyReused, StillRunning)


@router.post(
    "",
    status_code=201,
    response_model=DocumentScheduleBody,
    summary="Set a schedule",
    responses=refusals(*_RULES, *_ONCE),
)
async def set_document_schedule(
    draft: DocumentScheduleDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """It runs from now on; times before are not made up for."""

    async def perform() -> Response:
        schedule_id = await set_schedule(work, draft.rule(), _setting(caller, draft.note))
        return await _reply(work.connection, schedule_id, 201)

    return await done_once(work, (caller, key, "/v1/document-schedules"), draft, perform)


@listed(router, "", DocumentScheduleBody, summary="List schedules")
async def list_document_schedules(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    partner_code: Annotated[
        str | None, Query(max_length=40, description="Those by which the partner gets something")
    ] = None,
    kind: ScheduledKind | None = None,
    is_paused: bool | None = None,  # noqa: FBT001 - a filter
) -> Page[DocumentScheduleBody]:
    """In the order in which they were set."""
    at = datetime.now(UTC)
    scope = f"document-schedules|{partner_code}|{kind}|{is_paused}"
    key = page.after(scope)
    chosen = ScheduleFilter(partner_code, kind, is_paused)
    rows = await schedule_rows(
        connection, chosen, after=UUID(str(key[0])) if key else None, limit=page.limit + 1
    )
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[schedule_body(row, at) for row in kept], next_cursor=cursor)


@router.get(
    "/{schedule_id}",
    response_model=DocumentScheduleBody,
    summary="Show a schedule",
    responses=refusals(ScheduleUnknown),
)
async def show_document_schedule(schedule_id: UUID, connection: Reading, _caller: CurrentCaller) -> Response:
    """Its ETag is what a change sends as If-Match."""
    return await _reply(connection, schedule_id)


@router.patch(
    "/{schedule_id}",
    response_model=DocumentScheduleBody,
    summary="Change a schedule",
    responses=refusals(*_CHANGES, *_RULES),
)
async def change_document_schedule(
    schedule_id: UUID,
    change: DocumentScheduleChange,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
) -> Response:
    """A new version holds from now on. Runs that were due before are settled by the old one, and none is forgotten."""
    schedule = await schedule_wanted(work, schedule_id, wanted_revision(if_match))
    rule = change.applied_to(schedule.rule)
    await change_schedule(work, schedule, rule, _setting(caller, change.note))
    return await _reply(work.connection, schedule_id)


@listed(
    router,
    "/{schedule_id}/versions",
    ScheduleVersionBody,
    summary="List a schedule's versions",
    refuses=(ScheduleUnknown,),
)
async def list_schedule_versions(
    schedule_id: UUID, page: PageWanted, connection: Reading, _caller: CurrentCaller
) -> Page[ScheduleVersionBody]:
    """Who set it to what, the newest first."""
    await _found(connection, schedule_id)
    scope = f"schedule-versions|{schedule_id}"
    key = page.after(scope)
    before = int(key[0]) if key else None
    rows = await version_rows(connection, schedule_id, before=before, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (row.revision,))
    return Page(items=[version_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "/{schedule_id}/pause",
    response_model=DocumentScheduleBody,
    summary="Pause a schedule",
    responses=refusals(*_CHANGES, ScheduleState, *_ONCE),
)
async def pause_document_schedule(
    schedule_id: UUID,
    draft: ScheduleNoteDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Nothing falls due until it is resumed."""

    async def perform() -> Response:
        schedule = await schedule_wanted(work, schedule_id, wanted_revision(if_match))
        await pause_schedule(work, schedule, _setting(caller, draft.note))
        return await _reply(work.connection, schedule_id)

    path = f"/v1/document-schedules/{schedule_id}/pause"
    return await done_once(work, (caller, key, path), draft, perform)


@router.post(
    "/{schedule_id}/resumption",
    response_model=DocumentScheduleBody,
    summary="Resume a schedule",
    responses=refusals(*_CHANGES, ScheduleState, *_ONCE),
)
async def resume_document_schedule(
    schedule_id: UUID,
    draft: ScheduleNoteDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """It runs from now on; what fell into the pause is not made up for."""

    async def perform() -> Response:
        schedule = await schedule_wanted(work, schedule_id, wanted_revision(if_match))
        await resume_schedule(work, schedule, _setting(caller, draft.note))
        return await _reply(work.connection, schedule_id)

    path = f"/v1/document-schedules/{schedule_id}/resumption"
    return await done_once(work, (caller, key, path), draft, perform)


def _setting(caller: Caller, note: str | None) -> Setting:
    return Setting(caller.actor, datetime.now(UTC), note)


async def _found(connection: AsyncConnection, schedule_id: UUID) -> None:
    if await schedule_row(connection, schedule_id) is None:
        raise ScheduleUnknown(f"There is no schedule {schedule_id}")


async def _reply(connection: AsyncConnection, schedule_id: UUID, status_code: int = 200) -> Response:
    row = await schedule_row(connection, schedule_id)
    if row is None:
        raise ScheduleUnknown(f"There is no schedule {schedule_id}")
    body = schedule_body(row, datetime.now(UTC))
    return as_reply(body, status_code, revision_etag(row.revision))
