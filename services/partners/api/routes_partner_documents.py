"""Account statements published to partners, as they were listed before there was `/v1/documents`."""

from datetime import date, datetime
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query

from services.partners.adapters.document_queries import DocumentFilter, document_rows
from services.partners.api.dependencies import PageWanted, Reading
from services.partners.api.schemas_documents import PublishedDocumentBody, published_body
from shared.deprecation import Deprecation
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page

router = APIRouter(prefix="/v1/partner-documents", tags=["Partner documents"])
REPLACED: Final = Deprecation(date(2026, 11, 26), date(2027, 5, 31), "/v1/documents")


@listed(
    router, "", PublishedDocumentBody, summary="List statements published to partners", **REPLACED.route()
)
async def list_partner_documents(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    partner_code: Annotated[str | None, Query(max_length=40)] = None,
) -> Page[PublishedDocumentBody]:
    """Newest first; superseded ones stay. Every other kind is in `/v1/documents` only."""
    scope = f"partner-documents|{partner_code}"
    key = page.after(scope)
    after = (datetime.fromisoformat(str(key[0])), UUID(str(key[1]))) if key else None
    chosen = DocumentFilter(partner_code=partner_code, kind="account_statement")
    rows = await document_rows(connection, caller.row_scope(), chosen, after=after, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (row.published_at.isoformat(), str(row.id)))
    return Page(items=[published_body(row) for row in kept], next_cursor=cursor)
