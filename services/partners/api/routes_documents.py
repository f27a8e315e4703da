"""Documents published to partners: what there is, and where its bytes are."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.partners.adapters.document_store import document_rows
from services.partners.api.dependencies import PageWanted, Reading
from services.partners.api.schemas_documents import PublishedDocumentBody, document_body
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page

router = APIRouter(prefix="/v1/partner-documents", tags=["Partner documents"])


@listed(router, "", PublishedDocumentBody, summary="List documents published to partners")
async def list_partner_documents(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    partner_code: Annotated[str | None, Query(max_length=40)] = None,
) -> Page[PublishedDocumentBody]:
    """Newest first; superseded ones stay."""
    scope = f"partner-documents|{partner_code}"
    key = page.after(scope)
    after = (datetime.fromisoformat(str(key[0])), UUID(str(key[1]))) if key else None
    rows = await document_rows(
        connection, caller.row_scope(), partner_code, after=after, limit=page.limit + 1
    )
    kept, cursor = page.cut(rows, scope, lambda row: (row.published_at.isoformat(), str(row.id)))
    return Page(items=[document_body(row) for row in kept], next_cursor=cursor)
