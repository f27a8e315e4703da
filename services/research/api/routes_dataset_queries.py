"""Questions to datasets in SQL: asked, answered in a sandbox, frozen with the versions they were answered from."""

import asyncio
from datetime import UTC, datetime
from pathlib import Path as FilePath
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response
from starlette.responses import FileResponse

from services.research.adapters.dataset_rows import Row
from services.research.adapters.query_runs import run_rows, visible_run
from services.research.adapters.result_files import (
    WORKBOOK_ROWS_MAX,
    Drawing,
    result_chart,
    result_csv,
    result_rows,
    result_workbook,
)
from services.research.api.dependencies import Copies, PageWanted, Pool, Reading, Store, Work
from services.research.api.schemas_dataset_queries import (
    ChartMark,
    QueryResultBody,
    QueryRunBody,
    QueryRunDraft,
    ResultFormat,
    result_body,
    run_body,
)
from services.research.application.ask_query import ask_query, check_result
from services.research.domain.errors import (
    ChartInvalid,
    DatasetUnknown,
    ExportNotAllowed,
    LicenceOver,
    QueryRefused,
    QueryRunState,
    QueryRunUnknown,
    ResultTooLarge,
    VersionUnknown,
)
from shared.documents.attachment import attachment_headers
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.prefer import PreferWait, wait_seconds
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1/dataset-query-runs", tags=["Dataset queries"])
RunId = Annotated[UUID, Path(description="`id` of the run")]
ROWS_AT_ONCE: Final = 1_000
WATCH_SECONDS: Final = 0.25
MEDIA_TYPES: Final = {
    "csv": "text/csv; charset=utf-8; header=present",
    "parquet": "application/vnd.apache.parquet",
    "xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    "svg": "image/svg+xml",
    "png": "image/png",
}
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
_FILES: Final = {name.partition(";")[0]: _BINARY for name in MEDIA_TYPES.values()}


async def drawing_wanted(
    mark: Annotated[ChartMark, Query(description="Of a chart: how its values are drawn")] = "bar",
    column: Annotated[
        list[str] | None,
        Query(max_length=3, description="Of a chart: along, colours, up; two or three columns of the result"),
    ] = None,
) -> Drawing:
    """How a chart is wanted."""
    return Drawing(mark, column or ())


@listed(router, "", QueryRunBody, summary="List questions asked to datasets")
async def list_dataset_query_runs(
    page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[QueryRunBody]:
    """Yours, the last first."""
    key = page.after("dataset-query-runs")
    before = UUID(str(key[0])) if key else None
    rows = await run_rows(connection, caller, before=before, limit=page.limit + 1)
    kept, cursor = page.cut(rows, "dataset-query-runs", lambda row: (str(row.id),))
    return Page(items=[run_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "",
    status_code=202,
    summary="Ask datasets a question",
    response_model=QueryRunBody,
    responses=refusals(QueryRefused, DatasetUnknown, VersionUnknown, LicenceOver, KeyReused, StillRunning),
)
async def ask_dataset_query(
    draft: QueryRunDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """One SELECT over datasets you may see, by name. `Location` is its job; the run itself may be waited for.

    It runs alone, without files and network, for at most a minute, and reads the versions that are the newest now.
    """

    async def perform() -> Response:
        run_id = await ask_query(work, draft.sql, draft.rows_max, caller, at=datetime.now(UTC))
        body = run_body(await visible_run(work.connection, caller, run_id))
        return as_reply(body, 202, {"Location": f"/v1/jobs/{body.job_id}"})

    return await done_once(work, (caller, key, "/v1/dataset-query-runs"), draft, perform)


@router.get(
    "/{run_id}",
    summary="Show a question and what came of it",
    response_model=QueryRunBody,
    responses=refusals(QueryRunUnknown),
)
async def show_dataset_query_run(
    run_id: RunId, pool: Pool, caller: CurrentCaller, prefer: PreferWait = None
) -> QueryRunBody:
    """Its versions, its columns, and whether rows were cut. With `Prefer: wait=60` the reply comes with the answer."""
    until = asyncio.get_running_loop().time() + wait_seconds(prefer, default=0)
    while True:
        async with pool.reading() as connection:
            run = await visible_run(connection, caller, run_id)
        if run.state != "queued" or asyncio.get_running_loop().time() >= until:
            return run_body(run)
        await asyncio.sleep(WATCH_SECONDS)


@router.get(
    "/{run_id}/content",
    summary="Get the answer to a question",
    response_model=QueryResultBody,
    responses={
        200: {"content": _FILES},
        **refusals(
            QueryRunUnknown,
            QueryRunState,
            ExportNotAllowed,
            LicenceOver,
            DatasetUnknown,
            VersionUnknown,
            ResultTooLarge,
            ChartInvalid,
        ),
    },
)
async def get_dataset_query_result(
    run_id: RunId,
    pool: Pool,
    store: Store,
    copies: Copies,
    caller: CurrentCaller,
    drawing: Annotated[Drawing, Depends(drawing_wanted)],
    medium: Annotated[
        ResultFormat, Query(alias="format", description="Files need the right to take the datasets away")
    ] = "json",
    after: Annotated[int, Query(ge=0, le=2**31, description="Of JSON: rows to pass over")] = 0,
) -> Response:
    """JSON a thousand rows at a time; CSV, Parquet and XLSX whole; a chart of two or three columns as SVG or PNG."""
    is_export = medium in ("csv", "parquet", "xlsx")
    async with pool.reading() as connection:
        run = await visible_run(connection, caller, run_id)
        await check_result(connection, run, caller, is_export=is_export, at=datetime.now(UTC))
    path = await store.local_path(run.result_key, copies)
    if medium == "json":
        items = await asyncio.to_thread(result_rows, path, after=after, limit=ROWS_AT_ONCE)
        return as_reply(result_body(run, items, after))
    headers = attachment_headers(f"query-{run.id}.{medium}")
    if medium == "parquet":
        return FileResponse(path, media_type=MEDIA_TYPES[medium], headers=headers)
    content = await asyncio.to_thread(_file, run, path, medium, drawing)
    return Response(content, media_type=MEDIA_TYPES[medium], headers=headers)


def _file(run: Row, path: FilePath, medium: ResultFormat, drawing: Drawing) -> bytes:
    if medium in ("svg", "png"):
        return result_chart(path, run.columns, drawing, rows=run.rows, is_png=medium == "png")
    if medium == "csv":
        return result_csv(path, run.columns)
    if run.rows > WORKBOOK_ROWS_MAX:
        raise ResultTooLarge(f"A workbook takes {WORKBOOK_ROWS_MAX} rows; ask for CSV or Parquet")
    return result_workbook(path, run.columns, made_at=run.ended_at)
