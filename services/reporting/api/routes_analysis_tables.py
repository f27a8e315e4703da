"""Tables of rows to analyse: sent once as JSON, CSV or XLSX, kept version after version, analysed as often as wanted."""

from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Query, Request, Response
from sqlalchemy.ext.asyncio import AsyncConnection
from starlette.concurrency import run_in_threadpool

from services.reporting.adapters.analysis_store import NewTable, Row, listed_tables, table_shown
from services.reporting.adapters.sent_rows import cell_text, rows_of_workbook
from services.reporting.api.dependencies import PageWanted, Reading, Work
from services.reporting.api.schemas_analyses import AnalysisTableBody, table_body
from services.reporting.application.keep_table import keep_table
from services.reporting.domain.analysis_rows import ROWS_MAX, SourceRow
from services.reporting.domain.errors import AnalysisInvalid, AnalysisTableUnknown
from shared.bulk import BODY_BYTES_MAX, limited_body, read_records
from shared.errors import FieldProblem, Malformed
from shared.idempotency import Attempt, IdempotencyKey, KeyReused, StillRunning, once
from shared.identity import CurrentCaller, RowScope
from shared.list_routes import listed
from shared.medium import MEDIA_TYPES, Medium
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply

router = APIRouter(prefix="/v1/analysis-tables", tags=["Analyses"])
_ROW: Final = {
    "type": "object",
    "additionalProperties": {"type": ["string", "integer", "null"]},
}
_EXAMPLE: Final = [
    {"side": "base", "product_code": "GEN-62", "quantity": 10, "price": "412500.00"},
    {"side": "actual", "product_code": "GEN-62", "quantity": 12, "price": "418000.00"},
]
_CSV_EXAMPLE: Final = "side,product_code,quantity,price\nbase,GEN-62,10,412500\n"
_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "description": f"At most {ROWS_MAX} rows and {BODY_BYTES_MAX // 2**20} MiB: a table with a header, of a workbook"
        " the first sheet, or JSON objects. Numbers with decimals are texts in JSON.",
        "content": {
            "application/json": {
                "schema": {"type": "array", "items": _ROW, "minItems": 1, "maxItems": ROWS_MAX},
                "example": _EXAMPLE,
            },
            "application/x-ndjson": {"schema": {"type": "string"}},
            "text/csv": {"schema": {"type": "string"}, "example": _CSV_EXAMPLE},
            MEDIA_TYPES[Medium.XLSX]: {"schema": {"type": "string", "format": "binary"}},
        },
    }
}  # fmt: skip


@router.post(
    "",
    status_code=201,
    response_model=AnalysisTableBody,
    summary="Tell rows to be analysed",
    responses=refusals(AnalysisInvalid, KeyReused, StillRunning),
    openapi_extra=_BODY,
)
async def record_analysis_table(
    request: Request,
    work: Work,
    caller: CurrentCaller,
    name: Annotated[
        str,
        Query(min_length=1, max_length=120, description="What it holds; told again it is the next version"),
    ],
    zone: Annotated[
        str | None, Query(max_length=200, description="Whose it is; without it the house's")
    ] = None,
    partner_code: Annotated[str | None, Query(max_length=40, description="Of which partner")] = None,
    key: IdempotencyKey = None,
) -> Response:
    """All rows or none. Nothing of it is changed later: rows told again under the name are its next version."""
    rows, content = await _sent(request)

    async def perform() -> Response:
        new = NewTable(rows=rows, name=name, zone=zone, partner_code=partner_code)
        table_id = await keep_table(work, new, at=datetime.now(UTC), actor=caller.actor)
        return as_reply(table_body(await _visible(work.connection, caller.row_scope(), table_id)), 201)

    path = f"POST /v1/analysis-tables?{name}|{zone}|{partner_code}\n".encode()
    attempt = Attempt(caller.subject, key, path + content) if key else None
    return await once(work.connection, attempt, perform)


@listed(router, "", AnalysisTableBody, summary="List tables of rows to analyse")
async def list_analysis_tables(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    name: Annotated[str | None, Query(max_length=120)] = None,
) -> Page[AnalysisTableBody]:
    """The newest first."""
    scope = f"analysis-tables|{name}"
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    rows = await listed_tables(connection, caller.row_scope(), name, before=before, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[table_body(row) for row in kept], next_cursor=cursor)


@router.get(
    "/{table_id}",
    response_model=AnalysisTableBody,
    summary="Show a table of rows to analyse",
    responses=refusals(AnalysisTableUnknown),
)
async def show_analysis_table(
    table_id: UUID, connection: Reading, caller: CurrentCaller
) -> AnalysisTableBody:
    """Its columns, how many rows, and their hash."""
    return table_body(await _visible(connection, caller.row_scope(), table_id))


async def _visible(connection: AsyncConnection, scope: RowScope, table_id: UUID) -> Row:
    row = await table_shown(connection, scope, table_id)
    if row is None:
        raise AnalysisTableUnknown(f"There is no table {table_id}")
    return row


async def _sent(request: Request) -> tuple[list[SourceRow], bytes]:
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type == MEDIA_TYPES[Medium.XLSX]:
        content = await limited_body(request)
        return await run_in_threadpool(rows_of_workbook, content, rows_max=ROWS_MAX), content
    records, content = await read_records(request, items_max=ROWS_MAX)
    return [_row(number, record) for number, record in enumerate(records, 1)], content


def _row(number: int, record: object) -> SourceRow:
    if not isinstance(record, dict):
        raise Malformed(f"Row {number} is no object with a value per column")
    for name, value in record.items():
        if isinstance(value, dict | list | float):
            raise AnalysisInvalid(
                f"Row {number} has a value that is no text: decimals are texts, so that they stay exact",
                problems=[FieldProblem(f"row {number} column {name}", "expected a text, e.g. '412500.50'")],
            )
    return {str(name): cell_text(value) for name, value in record.items()}
