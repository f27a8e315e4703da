"""Freezes the order board of a partner as it is now: the next board is compared with it."""

from datetime import date, datetime

from uuid_utils.compat import uuid7

from services.partners.adapters.board_facts import board_facts
from services.partners.adapters.board_store import PublishedBoard, add_board, next_number
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.domain.board_making import order_board
from services.partners.domain.order_board import BoardPartner


async def publish_board(
    work: UnitOfWork, partner: BoardPartner, *, at: datetime, day: date, actor: str
) -> PublishedBoard:
    """The number is taken first: two who publish at once follow each other, and the second compares with the first."""
    number = await next_number(work.connection, partner.code)
    (facts,) = await board_facts(work.connection, [partner], day)
    board = order_board(facts, as_of=at, day=day)
    return await add_board(work.connection, board, uuid7(), number, published_by=actor)
