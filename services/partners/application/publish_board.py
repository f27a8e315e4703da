"""Freezes the order board of a partner as it is now: the next board is compared with it."""

from datetime import date, datetime

from uuid_utils.compat import uuid7

from services.partners.adapters.board_facts import board_facts
from services.partners.adapters.board_store import PublishedBoard, add_board, next_number, published_board
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.domain.board_making import order_board
from services.partners.domain.order_board import BoardPartner, OrderBoard


async def publish_board(
    work: UnitOfWork, partner: BoardPartner, *, at: datetime, day: date, actor: str
) -> PublishedBoard:
    """The number is taken first: two who publish at once follow each other, and the second compares with the first."""
    number = await next_number(work.connection, partner.code)
    board = await _board(work, partner, at, day)
    return await add_board(work.connection, board, uuid7(), number, published_by=actor)


async def standing_board(
    work: UnitOfWork, partner: BoardPartner, *, at: datetime, day: date, actor: str
) -> PublishedBoard:
    """The board that was published last while it still says what is known on its day; else one that is published now.

    Two letters of one day then carry one board, and the promises that moved stay on it.
    """
    number = await next_number(work.connection, partner.code)
    newest = await published_board(work.connection, partner.code, number - 1)
    board = await _board(work, partner, at, day)
    if newest is not None and newest.board.says_the_same_as(board):
        return newest
    return await add_board(work.connection, board, uuid7(), number, published_by=actor)


async def _board(work: UnitOfWork, partner: BoardPartner, at: datetime, day: date) -> OrderBoard:
    (facts,) = await board_facts(work.connection, [partner], day)
    return order_board(facts, as_of=at, day=day)
