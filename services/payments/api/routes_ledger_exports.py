"""The general ledger for the accounting system."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from fastapi.responses import StreamingResponse
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.ledger_exports import (
    EXPORT_SELECT,
    LEDGER_NAME_SELECT,
    refuse_archived_links,
)
from services.payments.adapters.queries.listing import Listing, Row, one_row
from services.payments.api.dependencies import PageWanted, Pool, Reading, Work
from services.payments.api.posting import posting_of
from services.payments.api.schemas_ledger_exports import (
    LedgerExportBody,
    LedgerExportDraft,
    LedgerNameBody,
    LedgerNameDraft,
    ledger_export_body,
    ledger_name_body,
)
from services.payments.application.export_ledger import export_ledger, ledger_content, name_ledger
from services.payments.domain.errors import EntriesArchived, LedgerNameTaken, NothingToExport
from services.payments.domain.ledger_export import LedgerName
from shared.documents.attachment import attachment_headers
from shared.errors import NotFound
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1", tags=["Ledger"])
_MEDIA: Final = {"csv": "text/csv", "tally": "application/xml"}
_SUFFIXES: Final = {"csv": "csv", "tally": "xml"}
_FILES: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {media: {"schema": {"type": "string", "format": "binary"}} for media in _MEDIA.values()}}
}


@router.post(
    "/general-ledger-exports",
    status_code=201,
    response_model=LedgerExportBody,
    summary="Export what was posted since the export before",
    responses=refusals(NothingToExport, EntriesArchived, KeyReused, StillRunning),
)
async def export_ledger_route(
    draft: LedgerExportDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Up to 50,000 entries, in whole batches; ask again until there is nothing left."""

    async def perform() -> Response:
        export_id = await export_ledger(work, posting_of(caller))
        row = await _export(work.connection, export_id)
        return as_reply(ledger_export_body(row), 201, {"Location": f"/v1/general-ledger-exports/{export_id}"})

    return await done_once(work, (caller, key, "/v1/general-ledger-exports"), draft, perform)


@listed(router, "/general-ledger-exports", LedgerExportBody, summary="List exports of the ledger")
async def list_ledger_exports(
    page: PageWanted, connection: Reading, _caller: CurrentCaller
) -> Page[LedgerExportBody]:
    """The latest first; each begins where the one before ended."""
    listing = Listing(EXPORT_SELECT, order=("x.number",), is_descending=True)
    rows = await listing.after(page.after("ledger-exports"), ["bigint"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, "ledger-exports", lambda row: (row.number,))
    return Page(items=[ledger_export_body(row) for row in kept], next_cursor=cursor)


@router.get(
    "/general-ledger-exports/{export_id}",
    response_model=LedgerExportBody,
    summary="Show one export of the ledger",
    responses=refusals(NotFound),
)
async def show_ledger_export(
    export_id: UUID, connection: Reading, _caller: CurrentCaller
) -> LedgerExportBody:
    """With its control totals and the hash of each file."""
    return ledger_export_body(await _export(connection, export_id))


@router.get(
    "/general-ledger-exports/{export_id}/content",
    response_class=StreamingResponse,
    summary="Fetch an export as CSV or as Tally's XML",
    responses={**refusals(NotFound, EntriesArchived), **_FILES},
)
async def fetch_ledger_export(
    export_id: UUID,
    connection: Reading,
    pool: Pool,
    _caller: CurrentCaller,
    format: Annotated[Literal["csv", "tally"], Query(description="Which file")] = "csv",  # noqa: A002
) -> StreamingResponse:
    """The same bytes whenever it is fetched; their SHA-256 is in the export."""
    row = await _export(connection, export_id)
    await refuse_archived_links(connection, row.after_position, row.last_position)
    name = f"general-ledger-{row.number:06d}.{_SUFFIXES[format]}"
    return StreamingResponse(
        ledger_content(pool, row, format), media_type=_MEDIA[format], headers=attachment_headers(name)
    )


@listed(router, "/ledger-names", LedgerNameBody, summary="List what the accounting system calls our accounts")
async def list_ledger_names(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    kind: Literal["account", "partner"] | None = None,
) -> Page[LedgerNameBody]:
    """The names in force; those nobody chose were given by the first export that needed them."""
    scope = f"ledger-names|{kind}"
    listing = Listing(LEDGER_NAME_SELECT, order=("n.kind", "n.code")).where("n.kind = :kind", kind=kind)
    rows = await listing.after(page.after(scope), ["text", "text"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.kind, row.code))
    return Page(items=[ledger_name_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "/ledger-names",
    status_code=201,
    response_model=LedgerNameBody,
    summary="Say what the accounting system calls an account or partner",
    responses=refusals(LedgerNameTaken, KeyReused, StillRunning),
)
async def name_ledger_route(
    draft: LedgerNameDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Earlier exports keep the names they had."""

    async def perform() -> Response:
        named = LedgerName(draft.ledger_name, draft.group_name)
        await name_ledger(work, (draft.kind, draft.code), named, posting_of(caller))
        condition = "n.kind = :kind AND n.code = :code"
        row = await one_row(work.connection, LEDGER_NAME_SELECT, condition, kind=draft.kind, code=draft.code)
        assert row is not None
        return as_reply(ledger_name_body(row), 201)

    return await done_once(work, (caller, key, "/v1/ledger-names"), draft, perform)


async def _export(connection: AsyncConnection, export_id: UUID) -> Row:
    row = await one_row(connection, EXPORT_SELECT, "x.id = :id", id=export_id)
    if row is None:
        raise NotFound(f"There is no export {export_id}")
    return row
