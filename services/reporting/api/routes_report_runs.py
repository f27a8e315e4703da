"""Runs of reports: asked for, followed, read as they were frozen, drilled into, compared with the run before."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.definition_store import definition_of
from services.reporting.adapters.frozen_rows import Values, frozen_rows
from services.reporting.adapters.report_files import MEDIA_TYPES, ReportFormat
from services.reporting.adapters.run_comparison import compared_runs
from services.reporting.adapters.run_store import (
    Row,
    result_content,
    result_details,
    run_before,
    visible_run,
    visible_runs,
)
from services.reporting.api.dependencies import PageWanted, Pool, Reading, Work
from services.reporting.api.report_file_reply import report_file_reply
from services.reporting.api.routes_report_definitions import definition_for
from services.reporting.api.schemas_report_runs import (
    ReportDetailBody,
    ReportRowBody,
    ReportRunBody,
    ReportRunDraft,
    RunComparisonBody,
    columns_of,
    detail_body,
    difference_body,
    row_body,
    run_body,
)
from services.reporting.application.run_report import RunWish, ask_report
from services.reporting.domain.errors import (
    DefinitionUnknown,
    DetailsNotKept,
    NoEarlierRun,
    PeriodUnknown,
    ReportTooLarge,
    RowUnknown,
    RunNotReady,
    RunUnknown,
    ScopeEmpty,
)
from services.reporting.domain.report_definition import ResultColumn
from services.reporting.domain.report_source import SOURCES
from shared.conditional import UNCHANGED, IfNoneMatch
from shared.errors import Busy
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1/report-runs", tags=["Reports"])
DIFFERENCES_MAX: Final = 500
_PLAIN: Final = {
    "application/json": {
        "schema": {"type": "object", "description": "Heading, columns, and rows as arrays of texts"},
        "example": {
            "run_id": "01936d6e-5c3f-7c1a-8d2e-0f6b5a4c3d2e",
            "title": "Daily collections",
            "facts": {"Period": "2026-10-01 to 2026-10-31 (2026-10)"},
            "columns": [{"name": "net", "kind": "money", "title": "Net", "unit": "currency"}],
            "rows": [["1250.00"]],
        },
    }
}
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
Position = Annotated[int, Path(ge=1, le=10**9, description="Of the row in the result", examples=[1])]


@router.post(
    "",
    status_code=202,
    response_model=ReportRunBody,
    summary="Run a report",
    responses=refusals(DefinitionUnknown, PeriodUnknown, ScopeEmpty, KeyReused, StillRunning),
)
async def run_report(
    draft: ReportRunDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Over the rows you may see. Follow the job (`Prefer: wait=10` at /v1/jobs); the result stays for ever."""

    async def perform() -> Response:
        kept = await definition_for(work.connection, draft.definition, caller)
        wish = RunWish(draft.period, draft.zone, draft.partner_code)
        run_id, job_id = await ask_report(work, kept, wish, caller, datetime.now(UTC))
        body = run_body(await _visible(work.connection, caller, run_id))
        return as_reply(body, 202, {"Location": f"/v1/jobs/{job_id}"})

    return await done_once(work, (caller, key, "/v1/report-runs"), draft, perform)


@listed(router, "", ReportRunBody, summary="List report runs")
async def list_report_runs(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    definition: Annotated[str | None, Query(max_length=60, description="Name of the definition")] = None,
) -> Page[ReportRunBody]:
    """The newest first; those over rows that you may see, of reports that are for you."""
    scope = f"report-runs|{definition}"
    key = page.after(scope)
    rows = await visible_runs(
        connection,
        caller.row_scope(),
        definition,
        before=UUID(str(key[0])) if key else None,
        limit=page.limit + 1,
    )
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[run_body(row) for row in kept if _is_for(row, caller)], next_cursor=cursor)


@router.get(
    "/{run_id}", response_model=ReportRunBody, summary="Show a report run", responses=refusals(RunUnknown)
)
async def show_report_run(run_id: UUID, connection: Reading, caller: CurrentCaller) -> ReportRunBody:
    """Version, parameters, cut-off, totals and hash; rows and documents are beneath it."""
    return run_body(await _visible(connection, caller, run_id))


@listed(
    router,
    "/{run_id}/rows",
    ReportRowBody,
    summary="Show the rows of a run",
    refuses=(RunUnknown, RunNotReady),
)
async def list_report_rows(
    run_id: UUID, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[ReportRowBody]:
    """As they were frozen, in their order; whole documents are at `content`."""
    run = await _finished(connection, caller, run_id)
    scope = f"report-rows|{run_id}"
    key = page.after(scope)
    columns = columns_of(run)
    content = await result_content(connection, run.id)
    rows = await asyncio.to_thread(_alike, content, columns, {}, int(key[0]) if key else 0, page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (_position(row),))
    return Page(items=[row_body(columns, row) for row in kept], next_cursor=cursor)


@listed(
    router,
    "/{run_id}/rows/{position}/details",
    ReportDetailBody,
    summary="Show the rows behind a row",
    refuses=(RunUnknown, RunNotReady, RowUnknown, DetailsNotKept),
)
async def list_report_details(
    run_id: UUID, position: Position, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[ReportDetailBody]:
    """The rows of the source that the row was made of, as they were then. A measure counts those its `only` admits."""
    run = await _finished(connection, caller, run_id)
    if not run.has_details:
        raise DetailsNotKept(
            f"{run.details_count} rows are behind the run, more than are kept; narrow the report"
        )
    definition = definition_of(run.definition)
    names = definition.group_names or definition.columns
    content = await result_content(connection, run.id)
    found = await asyncio.to_thread(_row_at, content, names, position)
    if found is None:
        raise RowUnknown(f"The run has {run.rows_count} rows", position=position)
    scope = f"report-details|{run_id}|{position}"
    key = page.after(scope)
    columns = [
        ResultColumn(one.name, one.kind, one.title, one.unit, is_measure=False)
        for one in SOURCES[definition.source].columns
    ]
    details, groups = await result_details(connection, run.id), dict(zip(names, found, strict=True))
    after = int(key[0]) if key else 0
    rows = await asyncio.to_thread(_alike, details, columns, groups, after, page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (_position(row),))
    return Page(items=[detail_body(columns, row) for row in kept], next_cursor=cursor)


@router.get(
    "/{run_id}/content",
    summary="Download a report",
    response_class=Response,
    responses={
        200: {"content": {**{media.partition(";")[0]: _BINARY for media in MEDIA_TYPES.values()}, **_PLAIN}},
        **UNCHANGED,
        **refusals(RunUnknown, RunNotReady, ReportTooLarge, Busy),
    },
)
async def download_report(
    run_id: UUID,
    request: Request,
    pool: Pool,
    caller: CurrentCaller,
    wanted: Annotated[
        ReportFormat, Query(alias="format", description="One of its formats")
    ] = ReportFormat.PDF,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """Set from the frozen result: formatted workbook with chart and sums as formulas, PDF of up to 5,000 rows, CSV,
    JSON."""
    async with pool.reading() as connection:
        run = await _finished(connection, caller, run_id)
        headers = {"ETag": f'"{run.content_sha256}-{wanted}"', "Cache-Control": "private, no-cache"}
        if if_none_match is not None and headers["ETag"] in if_none_match:
            return Response(status_code=304, headers=headers)
        content = await result_content(connection, run.id)
    return await report_file_reply(request.app.state.exports, run, content, wanted, headers)


@router.get(
    "/{run_id}/comparison",
    response_model=RunComparisonBody,
    summary="Compare a run with the one before",
    responses=refusals(RunUnknown, RunNotReady, NoEarlierRun),
)
async def compare_report_run(run_id: UUID, connection: Reading, caller: CurrentCaller) -> RunComparisonBody:
    """Rows by their groups: what came, went or has other figures than in the run before, of whatever period that was."""
    run = await _finished(connection, caller, run_id)
    earlier = await run_before(connection, run)
    found = None
    if earlier is not None:
        contents = [await result_content(connection, one.id) for one in (run, earlier)]
        found = await asyncio.to_thread(compared_runs, (run, contents[0]), (earlier, contents[1]))
    if earlier is None or found is None:
        raise NoEarlierRun(
            "There is no run before with the same columns over the same rows", run_id=str(run_id)
        )
    shown = found.differences[:DIFFERENCES_MAX]
    return RunComparisonBody(
        run_id=run.id,
        before_run_id=earlier.id,
        is_same_version=run.revision == earlier.revision,
        rows_alike=found.rows_alike,
        differences=[difference_body(found.columns, found.places, one) for one in shown],
        is_cut=len(found.differences) > DIFFERENCES_MAX,
    )


async def _visible(connection: AsyncConnection, caller: Caller, run_id: UUID) -> Row:
    run = await visible_run(connection, caller.row_scope(), run_id)
    if run is None or not _is_for(run, caller):
        raise RunUnknown("There is no such run, or it shows what you may not see", run_id=str(run_id))
    return run


async def _finished(connection: AsyncConnection, caller: Caller, run_id: UUID) -> Row:
    run = await _visible(connection, caller, run_id)
    if run.content_sha256 is None:
        raise RunNotReady(
            f"The run is {run.state or 'failed'}: {run.message or 'no result yet'}", run_id=str(run_id)
        )
    return run


def _is_for(run: Row, caller: Caller) -> bool:
    """A machine fetches what is for a partner alone: reports go to partners as documents of another service do."""
    if run.own_code is not None and "integration" in caller.roles:
        return True
    return run.asked_by == caller.actor or bool(caller.roles & set(run.definition["audience"]))


def _names(columns: Sequence[ResultColumn]) -> list[str]:
    return [column.name for column in columns]


def _position(row: Values) -> int:
    return int(str(row[0]))


def _alike(
    content: bytes, columns: Sequence[ResultColumn], groups: dict[str, object], after: int, limit: int
) -> list[Values]:
    with frozen_rows(content) as rows:
        return rows.alike(_names(columns), groups, after=after, limit=limit)


def _row_at(content: bytes, names: Sequence[str], position: int) -> Values | None:
    with frozen_rows(content) as rows:
        return rows.at(names or ("position",), position)
