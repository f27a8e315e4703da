"""Salesforce's records as we keep them, and the mappings that make facts of them."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from gateway.adapters.salesforce_mappings import mapping_row, mapping_rows
from gateway.adapters.salesforce_records import RecordState, record_rows
from gateway.api.schemas_salesforce import (
    MappingActivation,
    MappingBody,
    MappingDraft,
    MappingTrial,
    MappingTrialBody,
    ReplayBody,
    ReplayOrder,
    SalesforceRecordBody,
    mapping_body,
    problem_bodies,
    record_body,
)
from gateway.application.draft_mapping import DraftMapping, activate_mapping, draft_mapping, try_mapping
from gateway.application.replay_records import Replay, replay_records
from gateway.domain.errors import MappingInvalid, MappingState
from gateway.domain.salesforce_record import RecordUnreadable
from shared.dependencies import PageWanted, Reading, Work
from shared.errors import NotFound
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1", tags=["Salesforce"])
MappingId = Annotated[UUID, Path(description="`id` of the mapping")]
KeptRecordId = Annotated[UUID, Path(description="`id` of the record here")]
ObjectFilter = Annotated[str | None, Query(max_length=80, description="API name of the object")]


@listed(
    router,
    "/salesforce-records",
    SalesforceRecordBody,
    summary="List Salesforce's records",
    operation_id="list_salesforce_records",
)
async def list_salesforce_records(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    state: Annotated[RecordState | None, Query(description="What became of them")] = None,
    object_name: ObjectFilter = None,
    record_id: Annotated[str | None, Query(max_length=18, description="18 characters")] = None,
) -> Page[SalesforceRecordBody]:
    """In the order they were first heard of; `state=quarantined` is the work list."""
    scope = f"salesforce-records|{state}|{object_name}|{record_id}"
    after = page.after(scope)
    chosen = {"id": None, "state": state, "object_name": object_name, "record_id": record_id}
    rows = await record_rows(connection, chosen, str(after[0]) if after else None, page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[record_body(row) for row in kept], next_cursor=cursor)


@router.get(
    "/salesforce-records/{record_id}",
    summary="Show a record of Salesforce",
    operation_id="show_salesforce_record",
    responses=refusals(NotFound),
)
async def show_salesforce_record(
    record_id: KeptRecordId, connection: Reading, _caller: CurrentCaller
) -> SalesforceRecordBody:
    """All its fields as they came, and why it is quarantined."""
    chosen = {"id": record_id, "state": None, "object_name": None, "record_id": None}
    rows = await record_rows(connection, chosen, None, 1)
    if not rows:
        raise NotFound("There is no such record")
    return record_body(rows[0])


@router.post(
    "/salesforce-records/replay",
    summary="Read records again",
    operation_id="replay_salesforce_records",
    response_model=ReplayBody,
    responses=refusals(KeyReused, StillRunning),
)
async def replay_salesforce_records(
    order: ReplayOrder, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """After a mapping was mended: quarantined and unmapped records are read by what is in force now, those that waited
    longest first, at most 500 at once."""

    async def perform() -> Response:
        replay = Replay(record_ids=order.record_ids, object_name=order.object_name)
        done = await replay_records(work, replay, at=datetime.now(UTC))
        return as_reply(ReplayBody(read=done.read, told=done.told, still_quarantined=done.still_quarantined))

    return await done_once(work, (caller, key, "/v1/salesforce-records/replay"), order, perform)


@listed(
    router,
    "/salesforce-mappings",
    MappingBody,
    summary="List mappings of Salesforce's objects",
    operation_id="list_salesforce_mappings",
)
async def list_salesforce_mappings(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    object_name: ObjectFilter = None,
    state: Annotated[str | None, Query(pattern="^(draft|active)$", description="draft or active")] = None,
) -> Page[MappingBody]:
    """The latest made first. Objects without one in force are read by the mapping the product comes with, if any."""
    scope = f"salesforce-mappings|{object_name}|{state}"
    chosen = {"object_name": object_name, "state": state}
    rows = await mapping_rows(connection, chosen, page.after(scope), page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[mapping_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "/salesforce-mappings",
    status_code=201,
    summary="Draft a mapping of an object",
    operation_id="draft_salesforce_mapping",
    response_model=MappingBody,
    responses=refusals(MappingInvalid, KeyReused, StillRunning),
)
async def draft_salesforce_mapping(
    draft: MappingDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Paths, tables of values and constants; nothing is evaluated. It reads nothing before it was activated."""
    command = DraftMapping(
        organization_id=draft.organization_id,
        mapping=draft.mapping(),
        rules=draft.stored_rules(),
        note=draft.note,
    )

    async def perform() -> Response:
        mapping_id = await draft_mapping(work, command, actor=caller.actor, at=datetime.now(UTC))
        return as_reply(await _mapping(work, mapping_id), 201)

    return await done_once(work, (caller, key, "/v1/salesforce-mappings"), draft, perform)


@router.post(
    "/salesforce-mappings/{mapping_id}/trial",
    summary="Try a mapping on a sample record",
    operation_id="try_salesforce_mapping",
    response_model=MappingTrialBody,
    responses=refusals(NotFound, RecordUnreadable, KeyReused, StillRunning),
)
async def try_salesforce_mapping(
    mapping_id: MappingId, trial: MappingTrial, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """The fact that would be told, or each problem. Nothing is kept and nobody is told."""

    async def perform() -> Response:
        found = await try_mapping(work, mapping_id, trial.plain_fields())
        fact = None if found.fact is None else dict(found.fact)
        return as_reply(MappingTrialBody(fact=fact, problems=problem_bodies(list(found.problems))))

    return await done_once(work, (caller, key, f"/v1/salesforce-mappings/{mapping_id}/trial"), trial, perform)


@router.post(
    "/salesforce-mappings/{mapping_id}/activation",
    summary="Put a mapping in force",
    operation_id="activate_salesforce_mapping",
    response_model=MappingBody,
    responses=refusals(NotFound, MappingState, KeyReused, StillRunning),
)
async def activate_salesforce_mapping(
    mapping_id: MappingId,
    activation: MappingActivation,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """By somebody else than who drafted it. Records that wait are read by it when they are replayed."""
    at = datetime.now(UTC)

    async def perform() -> Response:
        begins_at = activation.effective_from_at or at
        await activate_mapping(work, mapping_id, begins_at, actor=caller.actor, at=at)
        return as_reply(await _mapping(work, mapping_id))

    path = f"/v1/salesforce-mappings/{mapping_id}/activation"
    return await done_once(work, (caller, key, path), activation, perform)


async def _mapping(work: Work, mapping_id: UUID) -> MappingBody:
    row = await mapping_row(work.connection, mapping_id)
    assert row is not None, "it was there a moment ago, in the same transaction"
    return mapping_body(row)
