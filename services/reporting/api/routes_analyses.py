"""Analyses: asked with rows or a table of them, answered with figures that say how they came about, and kept as they are."""

from collections.abc import Callable
from typing import Annotated, Final, Literal, TypeVar
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.concurrency import run_in_threadpool

from services.reporting.adapters.analysis_charts import chart_png, chart_svg
from services.reporting.adapters.analysis_files import analysis_heading, analysis_workbook, table_csv
from services.reporting.adapters.analysis_store import Row, analysis_shown, frozen_result, listed_analyses
from services.reporting.api.dependencies import PageWanted, Reading
from services.reporting.api.schemas_analyses import (
    AnalysisBody,
    AnalysisSummaryBody,
    analysis_body,
    part_codes,
    summary_body,
)
from services.reporting.domain.analysis import AnalysisKind, Chart, ResultTable
from services.reporting.domain.errors import (
    AnalysisInvalid,
    AnalysisPartUnknown,
    AnalysisTableUnknown,
    AnalysisUnknown,
)
from shared.conditional import UNCHANGED, IfNoneMatch
from shared.documents.attachment import attachment_headers
from shared.idempotency import KeyReused, StillRunning
from shared.identity import CurrentCaller, RowScope
from shared.list_routes import listed
from shared.medium import MEDIA_TYPES, Medium
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply

router = APIRouter(prefix="/v1/analyses", tags=["Analyses"])
_BINARY: Final = {"schema": {"type": "string", "format": "binary"}}
_PICTURES: Final = {"svg": "image/svg+xml", "png": "image/png"}
_ALWAYS: Final = (AnalysisInvalid, AnalysisTableUnknown, KeyReused, StillRunning)
PartOf = TypeVar("PartOf", Chart, ResultTable)
Part = Annotated[
    str | None, Query(max_length=40, description="Its code; without it the first of the analysis")
]


@listed(router, "", AnalysisSummaryBody, summary="List analyses")
async def list_analyses(
    page: PageWanted, connection: Reading, caller: CurrentCaller, kind: AnalysisKind | None = None
) -> Page[AnalysisSummaryBody]:
    """The newest first; those of a zone are seen by its people."""
    scope = f"analyses|{kind}"
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    rows = await listed_analyses(connection, caller.row_scope(), kind, before=before, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[summary_body(row) for row in kept], next_cursor=cursor)


@router.get(
    "/{analysis_id}",
    response_model=AnalysisBody,
    summary="Show an analysis",
    responses=refusals(AnalysisUnknown),
)
async def show_analysis(analysis_id: UUID, connection: Reading, caller: CurrentCaller) -> Response:
    """As it was frozen, whatever came to be known since."""
    return as_reply(analysis_body(await visible_analysis(connection, caller.row_scope(), analysis_id)))


@router.get(
    "/{analysis_id}/content",
    summary="Download an analysis",
    response_class=Response,
    responses={
        200: {"content": {MEDIA_TYPES[one]: _BINARY for one in (Medium.XLSX, Medium.CSV)}},
        **UNCHANGED,
        **refusals(AnalysisUnknown, AnalysisPartUnknown),
    },
)
async def download_analysis(
    analysis_id: UUID,
    connection: Reading,
    caller: CurrentCaller,
    file_format: Annotated[
        Literal["xlsx", "csv"], Query(alias="format", description="The whole workbook, or one table as CSV")
    ] = "xlsx",
    table: Part = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """A workbook with a sheet per table, in which what follows from other cells is a formula; or one table as CSV."""
    row = await visible_analysis(connection, caller.row_scope(), analysis_id)
    result = frozen_result(row.content)
    chosen = None if file_format == "xlsx" else _part(result.tables, table)

    def made() -> bytes:
        if chosen is not None:
            return table_csv(chosen)
        return analysis_workbook(result, analysis_heading(row), title=row.title, made_at=row.made_at)

    name = f"{row.kind}-{row.made_at:%Y-%m-%d}" + (f"-{chosen.code}" if chosen else "")
    headers = attachment_headers(f"{name}.{file_format}")
    media_type = MEDIA_TYPES[Medium(file_format)]
    return await _file(row, (media_type, f"{file_format}{table or ''}"), headers, made, if_none_match)


@router.get(
    "/{analysis_id}/chart",
    summary="Draw a chart of an analysis",
    response_class=Response,
    responses={
        200: {"content": dict.fromkeys(_PICTURES.values(), _BINARY)},
        **UNCHANGED,
        **refusals(AnalysisUnknown, AnalysisPartUnknown),
    },
)
async def draw_analysis_chart(
    analysis_id: UUID,
    connection: Reading,
    caller: CurrentCaller,
    file_format: Annotated[
        Literal["svg", "png"], Query(alias="format", description="Vectors or pixels")
    ] = "svg",
    chart: Part = None,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """One of its charts as a picture; the same analysis gives the same picture."""
    row = await visible_analysis(connection, caller.row_scope(), analysis_id)
    chosen = _part(frozen_result(row.content).charts, chart)
    draw = chart_svg if file_format == "svg" else chart_png
    kind = (_PICTURES[file_format], f"{file_format}{chosen.code}")
    return await _file(row, kind, {"X-Content-Type-Options": "nosniff"}, lambda: draw(chosen), if_none_match)


async def visible_analysis(connection: AsyncConnection, scope: RowScope, analysis_id: UUID) -> Row:
    row = await analysis_shown(connection, scope, analysis_id)
    if row is None:
        raise AnalysisUnknown(f"There is no analysis {analysis_id}")
    return row


def _part(parts: tuple[PartOf, ...], code: str | None) -> PartOf:
    """The chart or table of that code, the first without one."""
    found = next((part for part in parts if code in (None, part.code)), None)
    if found is None:
        raise AnalysisPartUnknown(f"The analysis has none called {code}; it has: {part_codes(parts)}")
    return found


async def _file(
    row: Row,
    kind: tuple[str, str],
    headers: dict[str, str],
    made: Callable[[], bytes],
    if_none_match: str | None,
) -> Response:
    """What is made of frozen content has that content's hash as its ETag, and is made only for who has not got it."""
    media_type, part = kind
    etag = f'"{row.content_sha256[:32]}-{part}"'
    headers = headers | {"ETag": etag, "Cache-Control": "private, no-cache"}
    if if_none_match is not None and etag in if_none_match:
        return Response(status_code=304, headers=headers)
    return Response(await run_in_threadpool(made), media_type=media_type, headers=headers)
