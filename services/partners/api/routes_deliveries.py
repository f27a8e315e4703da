"""Deliveries of documents: who got what, how far each is, and what happened to it."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.partners.adapters.delivery_queries import (
    DeliveryFilter,
    delivery_rows,
    steps_of,
    visible_delivery,
)
from services.partners.api.dependencies import PageWanted, Reading
from services.partners.api.schemas_deliveries import (
    DeliveryBody,
    DeliveryHistoryBody,
    delivery_body,
    history_body,
)
from services.partners.domain.delivery import Channel, DeliveryState
from services.partners.domain.document import DocumentKind
from services.partners.domain.errors import DeliveryUnknown
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals

router = APIRouter(prefix="/v1/deliveries", tags=["Deliveries"])


@listed(router, "", DeliveryBody, summary="List deliveries of documents")
async def list_deliveries(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    partner_code: Annotated[str | None, Query(max_length=40)] = None,
    kind: DocumentKind | None = None,
    state: Annotated[DeliveryState | None, Query(description="e.g. `failed`")] = None,
    channel: Annotated[Channel | None, Query(description="How it travels")] = None,
    document_id: Annotated[UUID | None, Query(description="Deliveries of this document")] = None,
) -> Page[DeliveryBody]:
    """One per recipient, the last queued first."""
    scope = f"deliveries|{partner_code}|{kind}|{state}|{channel}|{document_id}"
    key = page.after(scope)
    chosen = DeliveryFilter(
        partner_code=partner_code, kind=kind, state=state, channel=channel, document_id=document_id
    )
    after = UUID(str(key[0])) if key else None
    rows = await delivery_rows(connection, caller.row_scope(), chosen, after=after, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[delivery_body(row) for row in kept], next_cursor=cursor)


@router.get(
    "/{delivery_id}",
    response_model=DeliveryHistoryBody,
    summary="Show a delivery with its history",
    responses=refusals(DeliveryUnknown),
)
async def show_delivery(delivery_id: UUID, connection: Reading, caller: CurrentCaller) -> DeliveryHistoryBody:
    """Every attempt, answer and bounce."""
    row = await visible_delivery(connection, caller.row_scope(), delivery_id)
    return history_body(row, list(await steps_of(connection, delivery_id)))
