"""Market analyses: shares, growth, seasons, white space, of datasets as they are; each answer is a run of a query."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Response

from services.research.adapters.market_analyses import analysis_named, market_analyses
from services.research.adapters.query_runs import visible_run
from services.research.adapters.saved_queries import saved_query
from services.research.api.dependencies import PageWanted, Work
from services.research.api.schemas_dataset_queries import QueryRunBody, run_body
from services.research.api.schemas_market import (
    MarketAnalysisBody,
    MarketQueryDraft,
    MarketQuestionDraft,
    analysis_body,
)
from services.research.api.schemas_saved_queries import SavedQueryBody, saved_query_body
from services.research.application.analyse_market import ask_analysis, save_analysis
from services.research.domain.errors import (
    DatasetUnknown,
    LicenceOver,
    MarketAnalysisInvalid,
    MarketAnalysisUnknown,
    QueryRefused,
    SavedQueryInvalid,
    VersionUnknown,
)
from shared.conditional import revision_etag
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once
from shared.scheduling.refusals import ScheduleInvalid

router = APIRouter(prefix="/v1/market-analyses", tags=["Dataset queries"])
AnalysisName = Annotated[str, Path(max_length=60, description="`name` of the analysis")]
_REFUSED = (
    MarketAnalysisUnknown, MarketAnalysisInvalid, SavedQueryInvalid, QueryRefused, DatasetUnknown, VersionUnknown,
    KeyReused, StillRunning,
)  # fmt: skip


@listed(router, "", MarketAnalysisBody, summary="List market analyses")
async def list_market_analyses(page: PageWanted, _caller: CurrentCaller) -> Page[MarketAnalysisBody]:
    """By name, with the parameters of each; a run shows the query that it was."""
    key = page.after("market-analyses")
    behind = str(key[0]) if key else ""
    rows = [one for one in market_analyses().values() if one.name > behind]
    kept, cursor = page.cut(rows[: page.limit + 1], "market-analyses", lambda one: (one.name,))
    return Page(items=[analysis_body(one) for one in kept], next_cursor=cursor)


@router.get(
    "/{analysis}",
    summary="Show a market analysis",
    response_model=MarketAnalysisBody,
    responses=refusals(MarketAnalysisUnknown),
)
async def show_market_analysis(analysis: AnalysisName, _caller: CurrentCaller) -> MarketAnalysisBody:
    """What it reads, and what it can be asked."""
    return analysis_body(analysis_named(analysis))


@router.post(
    "/{analysis}/runs",
    status_code=202,
    summary="Ask a market analysis of a dataset",
    response_model=QueryRunBody,
    responses=refusals(*_REFUSED, LicenceOver),
)
async def ask_market_analysis(
    analysis: AnalysisName,
    draft: MarketQuestionDraft,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """A run as of any question: it names the SQL and the versions of its figures, and leaves as CSV, XLSX or chart."""

    async def perform() -> Response:
        run_id = await ask_analysis(work, analysis, draft.question(), caller, at=datetime.now(UTC))
        body = run_body(await visible_run(work.connection, caller, run_id))
        return as_reply(body, 202, {"Location": f"/v1/jobs/{body.job_id}"})

    return await done_once(work, (caller, key, f"/v1/market-analyses/{analysis}/runs"), draft, perform)


@router.post(
    "/{analysis}/saved-queries",
    status_code=201,
    summary="Save a market analysis to ask it again",
    response_model=SavedQueryBody,
    responses=refusals(*_REFUSED, ScheduleInvalid),
)
async def save_market_analysis(
    analysis: AnalysisName,
    draft: MarketQueryDraft,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """As a saved query, asked by hand or by the clock, whose answers can be compared. It counts our dealers as of today."""

    async def perform() -> Response:
        who = (caller, datetime.now(UTC))
        saved_id = await save_analysis(work, analysis, draft.question(), draft.keeping(), who)
        row = await saved_query(work.connection, caller, saved_id)
        return as_reply(saved_query_body(row), 201, revision_etag(row.revision))

    return await done_once(
        work, (caller, key, f"/v1/market-analyses/{analysis}/saved-queries"), draft, perform
    )
