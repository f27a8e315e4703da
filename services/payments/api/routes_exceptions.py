"""What waits for a person."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query

from services.payments.adapters.queries.booking_clock import EXCEPTION_SELECT
from services.payments.adapters.queries.listing import Listing, Row
from services.payments.api.dependencies import PageWanted, Reading
from services.payments.api.schemas_exceptions import ExceptionBody
from shared.identity import CurrentCaller
from shared.pagination import Page

router = APIRouter(prefix="/v1")


@router.get(
    "/exceptions",
    response_model=Page[ExceptionBody],
    tags=["Exceptions"],
    summary="List what waits for a person",
)
async def list_exceptions(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    statement_id: UUID | None = None,
    code: Annotated[str | None, Query(max_length=60)] = None,
) -> Page[ExceptionBody]:
    """Open ones, the oldest first."""
    scope = f"exceptions|{statement_id}|{code}"
    listing = Listing(EXCEPTION_SELECT, order=("x.raised_at", "x.id"), conditions=["x.resolved_at IS NULL"])
    listing.where("x.statement_id = :statement_id", statement_id=statement_id).where(
        "x.code = :code", code=code
    )
    rows = await listing.after(page.after(scope), ["timestamptz", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.raised_at.isoformat(), str(row.id)))
    return Page(items=[_exception(row) for row in kept], next_cursor=cursor)


def _exception(row: Row) -> ExceptionBody:
    return ExceptionBody(
        id=row.id,
        code=row.code,
        detail=row.detail,
        statement_id=row.statement_id,
        bank_line_id=row.bank_line_id,
        raised_at=row.raised_at,
        resolved_at=row.resolved_at,
    )
