"""Order boards: what is open of partners' orders, what stops it, what has to be paid; frozen when published."""

from datetime import UTC, date, datetime
from typing import Annotated, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.adapters.board_facts import board_facts, partners_with_orders
from services.partners.adapters.board_store import board_rows, published_board
from services.partners.adapters.order_queries import OrderFilter, open_line_rows
from services.partners.adapters.queries import owner_named
from services.partners.api.dependencies import PageWanted, Reading, Work
from services.partners.api.schemas_order_boards import (
    BoardSummaryBody,
    OpenLineBody,
    OrderBoardBody,
    PublicationBody,
    PublishedBoardBody,
    open_line_body,
    order_board_body,
    publication_body,
    published_board_body,
    summary_bodies,
)
from services.partners.application.freeze_document import FreezeDocument, freeze_board
from services.partners.application.publish_board import publish_board
from services.partners.domain.board_making import order_board
from services.partners.domain.document import DocumentKind
from services.partners.domain.errors import BoardUnknown, PartnerUnknown
from services.partners.domain.order_board import BoardPartner
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller, RowScope
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1", tags=["Order boards"])
BUSINESS_TIME_ZONE: Final = ZoneInfo("Asia/Kolkata")
Zone = Annotated[str | None, Query(max_length=200)]


@listed(router, "/order-boards", BoardSummaryBody, summary="List order boards in one line each")
async def list_order_boards(
    page: PageWanted, connection: Reading, caller: CurrentCaller, zone: Zone = None
) -> Page[BoardSummaryBody]:
    """Partners with open orders, by code: what is open, held, late and to be paid."""
    scope = f"order-boards|{zone}"
    (after,) = page.after(scope) or ("",)
    partners = await partners_with_orders(
        connection, caller.row_scope(), zone, after_code=str(after), limit=page.limit + 1
    )
    kept, cursor = page.cut(partners, scope, lambda partner: (partner.code,))
    at = datetime.now(UTC)
    boards = [
        order_board(facts, as_of=at, day=_day(at)) for facts in await board_facts(connection, kept, _day(at))
    ]
    return Page(items=[body for board in boards for body in summary_bodies(board)], next_cursor=cursor)


@listed(router, "/order-board-lines", OpenLineBody, summary="List open lines of orders")
async def list_order_board_lines(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    zone: Zone = None,
    partner_code: Annotated[str | None, Query(max_length=40)] = None,
) -> Page[OpenLineBody]:
    """By partner, order and line: the lines of all boards of a zone, or of one partner."""
    scope = f"order-board-lines|{zone}|{partner_code}"
    key = page.after(scope)
    rows = await open_line_rows(
        connection,
        caller.row_scope(),
        OrderFilter(zone=zone, partner_code=partner_code),
        after=(str(key[0]), str(key[1]), int(key[2])) if key else None,
        limit=page.limit + 1,
    )
    kept, cursor = page.cut(rows, scope, lambda row: (row.partner_code, row.order_number, row.line_number))
    day = _day(datetime.now(UTC))
    return Page(items=[open_line_body(row, day) for row in kept], next_cursor=cursor)


@router.get(
    "/order-boards/{partner}",
    response_model=OrderBoardBody,
    summary="Show a partner's order board",
    responses=refusals(PartnerUnknown),
)
async def show_order_board(partner: str, connection: Reading, caller: CurrentCaller) -> OrderBoardBody:
    """By the partner's code or id; all figures belong to one instant."""
    at = datetime.now(UTC)
    found = await _board_partner(connection, caller.row_scope(), partner)
    (facts,) = await board_facts(connection, [found], _day(at))
    return order_board_body(order_board(facts, as_of=at, day=_day(at)))


@router.post(
    "/order-boards/{partner}/publication",
    status_code=201,
    response_model=PublishedBoardBody,
    summary="Publish a partner's order board",
    responses=refusals(PartnerUnknown, KeyReused, StillRunning),
)
async def publish_order_board_route(
    partner: str, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Freezes the board as it is now, under the partner's next number, and as a document of the day.

    The next board compares its promises with it.
    """

    async def perform() -> Response:
        at = datetime.now(UTC)
        found = await owner_named(work.connection, caller.row_scope(), partner)
        published = await publish_board(
            work, BoardPartner.of(found.details), at=at, day=_day(at), actor=caller.actor
        )
        wanted = FreezeDocument(
            partner=found,
            kind=DocumentKind.ORDER_BOARD,
            cut_off_on=_day(at),
            as_of=at,
            actor=caller.actor,
        )
        await freeze_board(work, wanted, published)
        return as_reply(published_board_body(published), 201)

    return await done_once(work, (caller, key, f"/v1/order-boards/{partner}/publication"), None, perform)


@listed(
    router,
    "/order-boards/{partner}/publications",
    PublicationBody,
    refuses=(PartnerUnknown,),
    summary="List a partner's published order boards",
)
async def list_published_order_boards(
    partner: str, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[PublicationBody]:
    """Newest first."""
    found = await owner_named(connection, caller.row_scope(), partner)
    scope = f"published-boards|{found.code}"
    key = page.after(scope)
    rows = await board_rows(connection, found.code, before=int(key[0]) if key else None, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (row.number,))
    return Page(items=[publication_body(row) for row in kept], next_cursor=cursor)


@router.get(
    "/order-boards/{partner}/publications/{number}",
    response_model=PublishedBoardBody,
    summary="Show an order board as it was published",
    responses=refusals(PartnerUnknown, BoardUnknown),
)
async def show_published_order_board(
    partner: str,
    number: Annotated[int, Path(ge=1, le=2**31, description="Counts the partner's boards from 1")],
    connection: Reading,
    caller: CurrentCaller,
) -> PublishedBoardBody:
    """The content that was frozen, whatever became of the orders since."""
    found = await owner_named(connection, caller.row_scope(), partner)
    published = await published_board(connection, found.code, number)
    if published is None:
        raise BoardUnknown(f"Partner {found.code} has no published board {number}")
    return published_board_body(published)


async def _board_partner(connection: AsyncConnection, scope: RowScope, name: str) -> BoardPartner:
    return BoardPartner.of((await owner_named(connection, scope, name)).details)


def _day(at: datetime) -> date:
    return at.astimezone(BUSINESS_TIME_ZONE).date()
