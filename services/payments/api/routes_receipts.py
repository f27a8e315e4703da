"""Receipts: money received and booked."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.payments.adapters.queries.ledger import RECEIPT_SELECT
from services.payments.adapters.queries.listing import Listing
from services.payments.api.dependencies import PageWanted, Reading
from services.payments.api.row_scope import visible_partners
from services.payments.api.schemas_receipts import ReceiptBody, receipt_body
from shared.errors import NotFound
from shared.identity import CurrentCaller
from shared.pagination import Page

router = APIRouter(prefix="/v1/receipts", tags=["Receipts"])


@router.get("", response_model=Page[ReceiptBody], summary="List receipts")
async def list_receipts(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    partner_code: Annotated[str | None, Query(max_length=40)] = None,
    reference: Annotated[str | None, Query(max_length=40, description="UTR, RRN or cheque number")] = None,
    received_on_gte: date | None = None,
    received_on_lte: date | None = None,
) -> Page[ReceiptBody]:
    """The latest booked first."""
    scope = f"receipts|{partner_code}|{reference}|{received_on_gte}|{received_on_lte}"
    listing = Listing(RECEIPT_SELECT, order=("r.booked_at", "r.id"), is_descending=True)
    visible_partners(listing, caller, code="p.code", zone="p.zone")
    listing.where("r.partner_code = :partner_code", partner_code=partner_code)
    listing.where("r.reference = :reference", reference=reference)
    listing.where("r.received_on >= :received_on_gte", received_on_gte=received_on_gte)
    listing.where("r.received_on <= :received_on_lte", received_on_lte=received_on_lte)
    rows = await listing.after(page.after(scope), ["timestamptz", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.booked_at.isoformat(), str(row.id)))
    return Page(items=[receipt_body(row) for row in kept], next_cursor=cursor)


@router.get("/{receipt_id}", response_model=ReceiptBody, summary="Show one receipt and what it settled")
async def show_receipt(receipt_id: UUID, connection: Reading, caller: CurrentCaller) -> ReceiptBody:
    """Its allocations, deductions, the rest on account and whether it was taken back."""
    listing = Listing(RECEIPT_SELECT, order=("r.id",)).where("r.id = :receipt_id", receipt_id=receipt_id)
    rows = await visible_partners(listing, caller, code="p.code", zone="p.zone").rows(connection, limit=1)
    if not rows:
        raise NotFound(f"There is no receipt {receipt_id}")
    return receipt_body(rows[0])
