"""Queries that are asked again: kept with parameters, asked by hand or by the clock, each answer beside the one before."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from services.research.adapters.query_runs import visible_run
from services.research.adapters.result_difference import DIFFERENCES_MAX, result_difference
from services.research.adapters.saved_queries import (
    last_answers,
    saved_query,
    saved_query_rows,
    saved_run_rows,
)
from services.research.api.dependencies import Copies, PageWanted, Pool, Reading, Store, Work
from services.research.api.schemas_dataset_queries import QueryRunBody, run_body
from services.research.api.schemas_saved_queries import (
    SavedQueryArguments,
    SavedQueryBody,
    SavedQueryComparisonBody,
    SavedQueryDraft,
    SavedQueryRunBody,
    comparison_body,
    saved_query_body,
    saved_run_body,
)
from services.research.application.ask_query import check_result
from services.research.application.save_query import ask_saved_query, change_saved_query, save_query
from services.research.domain.errors import (
    DatasetUnknown,
    LicenceOver,
    QueryRefused,
    QueryRunState,
    ResultsDiffer,
    SavedQueryInvalid,
    SavedQueryUnknown,
    VersionUnknown,
)
from shared.conditional import IfMatch, revision_etag, wanted_revision
from shared.errors import PreconditionMissing, Stale
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once
from shared.scheduling.refusals import ScheduleInvalid

router = APIRouter(prefix="/v1/saved-queries", tags=["Dataset queries"])
SavedQueryId = Annotated[UUID, Path(description="`id` of the saved query")]


@router.post(
    "",
    status_code=201,
    summary="Save a query to ask it again",
    response_model=SavedQueryBody,
    responses=refusals(QueryRefused, SavedQueryInvalid, ScheduleInvalid, KeyReused, StillRunning),
)
async def record_saved_query(
    draft: SavedQueryDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """By the clock it is asked as you, with the roles you have now; whoever reads an answer needs the rights then."""

    async def perform() -> Response:
        saved_id = await save_query(work, draft.wanted(), caller, at=datetime.now(UTC))
        row = await saved_query(work.connection, caller, saved_id)
        return as_reply(saved_query_body(row), 201, revision_etag(row.revision))

    return await done_once(work, (caller, key, "/v1/saved-queries"), draft, perform)


@listed(router, "", SavedQueryBody, summary="List saved queries")
async def list_saved_queries(
    page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[SavedQueryBody]:
    """Yours, those saved last first."""
    key = page.after("saved-queries")
    before = UUID(str(key[0])) if key else None
    rows = await saved_query_rows(connection, caller, before=before, limit=page.limit + 1)
    kept, cursor = page.cut(rows, "saved-queries", lambda row: (str(row.id),))
    return Page(items=[saved_query_body(row) for row in kept], next_cursor=cursor)


@router.get(
    "/{saved_query_id}",
    summary="Show a saved query",
    response_model=SavedQueryBody,
    responses=refusals(SavedQueryUnknown),
)
async def show_saved_query(
    saved_query_id: SavedQueryId, connection: Reading, caller: CurrentCaller
) -> Response:
    """The newest version; its `ETag` is what a change is decided on."""
    row = await saved_query(connection, caller, saved_query_id)
    return as_reply(saved_query_body(row), headers=revision_etag(row.revision))


@router.put(
    "/{saved_query_id}",
    summary="Change a saved query",
    response_model=SavedQueryBody,
    responses=refusals(
        SavedQueryUnknown, QueryRefused, SavedQueryInvalid, ScheduleInvalid, Stale, PreconditionMissing
    ),
)
async def change_saved_query_route(
    saved_query_id: SavedQueryId,
    draft: SavedQueryDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
) -> Response:
    """By a new version; answers to earlier ones stay as they are."""
    change = (saved_query_id, wanted_revision(if_match))
    await change_saved_query(work, change, draft.wanted(), caller, at=datetime.now(UTC))
    row = await saved_query(work.connection, caller, saved_query_id)
    await work.commit()
    return as_reply(saved_query_body(row), headers=revision_etag(row.revision))


@router.post(
    "/{saved_query_id}/runs",
    status_code=202,
    summary="Ask a saved query",
    response_model=QueryRunBody,
    responses=refusals(
        SavedQueryUnknown,
        SavedQueryInvalid,
        QueryRefused,
        DatasetUnknown,
        VersionUnknown,
        LicenceOver,
        KeyReused,
        StillRunning,
    ),
)
async def ask_saved_query_route(
    saved_query_id: SavedQueryId,
    draft: SavedQueryArguments,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """`Location` is its job; the answer is a run as any other, frozen with its versions, in every form and as a chart."""

    async def perform() -> Response:
        run_id = await ask_saved_query(work, saved_query_id, draft.arguments, caller, at=datetime.now(UTC))
        body = run_body(await visible_run(work.connection, caller, run_id))
        return as_reply(body, 202, {"Location": f"/v1/jobs/{body.job_id}"})

    return await done_once(work, (caller, key, f"/v1/saved-queries/{saved_query_id}/runs"), draft, perform)


@listed(
    router,
    "/{saved_query_id}/runs",
    SavedQueryRunBody,
    summary="List when a saved query was asked",
    refuses=(SavedQueryUnknown,),
)
async def list_saved_query_runs(
    saved_query_id: SavedQueryId, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[SavedQueryRunBody]:
    """The last first, those that were refused or left out too."""
    await saved_query(connection, caller, saved_query_id)
    scope = f"saved-query-runs|{saved_query_id}"
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    rows = await saved_run_rows(connection, saved_query_id, before=before, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[saved_run_body(row) for row in kept], next_cursor=cursor)


@router.get(
    "/{saved_query_id}/comparison",
    summary="Compare the last two answers of a saved query",
    response_model=SavedQueryComparisonBody,
    responses=refusals(
        SavedQueryUnknown, QueryRunState, ResultsDiffer, DatasetUnknown, VersionUnknown, LicenceOver
    ),
)
async def compare_saved_query_runs(
    saved_query_id: SavedQueryId, pool: Pool, store: Store, copies: Copies, caller: CurrentCaller
) -> SavedQueryComparisonBody:
    """Rows are told apart by their texts and days; numbers are shown before and after."""
    async with pool.reading() as connection:
        await saved_query(connection, caller, saved_query_id)
        answers = await last_answers(connection, saved_query_id)
        for run in answers:
            await check_result(connection, run, caller, is_export=False, at=datetime.now(UTC))
    if len(answers) < 2:
        raise QueryRunState("There are no two answers yet")
    after, before = answers
    paths = [await store.local_path(run.result_key, copies) for run in (before, after)]
    columns = (before.columns, after.columns)
    differences = await asyncio.to_thread(result_difference, columns, paths[0], paths[1])
    return comparison_body(before, after, differences, DIFFERENCES_MAX)
