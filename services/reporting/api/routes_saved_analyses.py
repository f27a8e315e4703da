"""Analyses that are made again: saved once, run on new rows, each run beside the one before."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.reporting.adapters.analysis_clocks import instants_of
from services.reporting.adapters.saved_analysis_store import listed_saved, runs_of, saved_shown
from services.reporting.api.dependencies import PageWanted, Reading, Work
from services.reporting.api.routes_analyses import visible_analysis
from services.reporting.api.schemas_analyses import (
    AnalysisBody,
    AnalysisSummaryBody,
    analysis_body,
    summary_body,
)
from services.reporting.api.schemas_saved_analyses import (
    SavedAnalysisBody,
    SavedAnalysisDraft,
    SavedAnalysisInstantBody,
    instant_body,
    saved_body,
)
from services.reporting.application.run_saved_analysis import run_saved_analysis
from services.reporting.application.save_analysis import change_saved_analysis, known_saved, save_analysis
from services.reporting.domain.errors import (
    AnalysisInvalid,
    AnalysisTableUnknown,
    BillOfMaterialsCycle,
    CostUnknown,
    RateUnknown,
    RecipientOutside,
    SavedAnalysisUnknown,
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

router = APIRouter(prefix="/v1/saved-analyses", tags=["Analyses"])
_OF_KINDS: Final = (AnalysisInvalid, AnalysisTableUnknown, RateUnknown, CostUnknown, BillOfMaterialsCycle)


@router.post(
    "",
    status_code=201,
    response_model=SavedAnalysisBody,
    summary="Save an analysis to make it again",
    responses=refusals(ScheduleInvalid, RecipientOutside, KeyReused, StillRunning),
)
async def record_saved_analysis(
    draft: SavedAnalysisDraft,
    request: Request,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """It is made when somebody asks, by the clock if it has times, and, unless it says otherwise, whenever rows of its
    name are told. What the clock made goes by letter to its recipients."""

    async def perform() -> Response:
        domains = request.app.state.house_domains
        saved_id = await save_analysis(work, draft.saved(), domains, at=datetime.now(UTC), actor=caller.actor)
        row = await known_saved(work, saved_id, caller.row_scope())
        return as_reply(saved_body(row), 201, revision_etag(row.revision))

    return await done_once(work, (caller, key, "/v1/saved-analyses"), draft, perform)


@listed(router, "", SavedAnalysisBody, summary="List saved analyses")
async def list_saved_analyses(
    page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[SavedAnalysisBody]:
    """As their newest versions say, those saved last first."""
    key = page.after("saved-analyses")
    before = UUID(str(key[0])) if key else None
    rows = await listed_saved(connection, caller.row_scope(), before=before, limit=page.limit + 1)
    kept, cursor = page.cut(rows, "saved-analyses", lambda row: (str(row.id),))
    return Page(items=[saved_body(row) for row in kept], next_cursor=cursor)


@router.get(
    "/{saved_analysis_id}",
    response_model=SavedAnalysisBody,
    summary="Show a saved analysis",
    responses=refusals(SavedAnalysisUnknown),
)
async def show_saved_analysis(
    saved_analysis_id: UUID, connection: Reading, caller: CurrentCaller
) -> Response:
    """The newest version; its `ETag` is what a change is decided on."""
    row = await saved_shown(connection, caller.row_scope(), saved_analysis_id)
    if row is None:
        raise SavedAnalysisUnknown(f"There is no saved analysis {saved_analysis_id}")
    return as_reply(saved_body(row), headers=revision_etag(row.revision))


@router.put(
    "/{saved_analysis_id}",
    response_model=SavedAnalysisBody,
    summary="Change a saved analysis",
    responses=refusals(SavedAnalysisUnknown, ScheduleInvalid, RecipientOutside, Stale, PreconditionMissing),
)
async def change_saved_analysis_route(
    saved_analysis_id: UUID,
    draft: SavedAnalysisDraft,
    request: Request,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
) -> Response:
    """By a new version; what was made by earlier ones stays as it is."""
    change = (saved_analysis_id, wanted_revision(if_match))
    wanted = (draft.saved(), request.app.state.house_domains)
    await change_saved_analysis(work, change, wanted, caller.row_scope(), (caller.actor, datetime.now(UTC)))
    row = await known_saved(work, saved_analysis_id, caller.row_scope())
    return as_reply(saved_body(row), headers=revision_etag(row.revision))


@router.post(
    "/{saved_analysis_id}/runs",
    status_code=201,
    response_model=AnalysisBody,
    summary="Make a saved analysis now",
    responses=refusals(SavedAnalysisUnknown, *_OF_KINDS, KeyReused, StillRunning),
)
async def run_saved_analysis_route(
    saved_analysis_id: UUID, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Of the newest rows of its name; the table `since_before` has its figures beside those of the run before."""

    async def perform() -> Response:
        scope = caller.row_scope()
        analysis_id = await run_saved_analysis(
            work, saved_analysis_id, scope, at=datetime.now(UTC), actor=caller.actor
        )
        return as_reply(analysis_body(await visible_analysis(work.connection, scope, analysis_id)), 201)

    return await done_once(work, (caller, key, f"/v1/saved-analyses/{saved_analysis_id}/runs"), None, perform)


@listed(
    router,
    "/{saved_analysis_id}/runs",
    AnalysisSummaryBody,
    refuses=(SavedAnalysisUnknown,),
    summary="List the runs of a saved analysis",
)
async def list_saved_analysis_runs(
    saved_analysis_id: UUID, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[AnalysisSummaryBody]:
    """The newest first."""
    if await saved_shown(connection, caller.row_scope(), saved_analysis_id) is None:
        raise SavedAnalysisUnknown(f"There is no saved analysis {saved_analysis_id}")
    scope = f"saved-analysis-runs|{saved_analysis_id}"
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    rows = await runs_of(connection, saved_analysis_id, before=before, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[summary_body(row) for row in kept], next_cursor=cursor)


@listed(
    router,
    "/{saved_analysis_id}/instants",
    SavedAnalysisInstantBody,
    refuses=(SavedAnalysisUnknown,),
    summary="List the due instants of a saved analysis",
)
async def list_saved_analysis_instants(
    saved_analysis_id: UUID, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[SavedAnalysisInstantBody]:
    """Each once with what became of it, the newest first."""
    if await saved_shown(connection, caller.row_scope(), saved_analysis_id) is None:
        raise SavedAnalysisUnknown(f"There is no saved analysis {saved_analysis_id}")
    scope = f"saved-analysis-instants|{saved_analysis_id}"
    key = page.after(scope)
    before = datetime.fromisoformat(str(key[0])) if key else None
    rows = await instants_of(connection, saved_analysis_id, before=before, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (row.due_at.isoformat(),))
    return Page(items=[instant_body(row) for row in kept], next_cursor=cursor)
