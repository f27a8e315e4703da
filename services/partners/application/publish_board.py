"""Freezes the order board of a partner as it is now: the next board is compared with it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from uuid_utils.compat import uuid7

from services.partners.adapters.board_facts import board_facts
from services.partners.adapters.board_store import PublishedBoard, add_board, newest_boards, next_numbers
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.domain.board_making import order_board
from services.partners.domain.order_board import BoardPartner, OrderBoard


@dataclass(frozen=True, slots=True)
class ReadBoard:
    """What is known of a partner on a day, and the board it got last; `number` is the next one's."""

    board: OrderBoard
    newest: PublishedBoard | None
    number: int


async def publish_board(
    work: UnitOfWork, partner: BoardPartner, *, at: datetime, day: date, actor: str
) -> PublishedBoard:
    """The number is taken first: two who publish at once follow each other, and the second compares with the first."""
    numbers = await next_numbers(work.connection, [partner.code])
    (facts,) = await board_facts(work.connection, [partner], day)
    board = order_board(facts, as_of=at, day=day)
    return await add_board(work.connection, board, uuid7(), numbers[partner.code], published_by=actor)


async def read_boards(
    work: UnitOfWork, partners: Sequence[BoardPartner], *, at: datetime, day: date
) -> list[ReadBoard]:
    """In their order, by a fixed number of statements; until the commit nobody else publishes to these partners."""
    codes = [one.code for one in partners]
    numbers = await next_numbers(work.connection, codes)
    newest = await newest_boards(work.connection, codes)
    return [
        ReadBoard(
            order_board(facts, as_of=at, day=day), newest.get(facts.partner.code), numbers[facts.partner.code]
        )
        for facts in await board_facts(work.connection, partners, day)
    ]


async def standing_board(work: UnitOfWork, read: ReadBoard, *, actor: str) -> PublishedBoard:
    """The board that was published last while it still says what is known on its day; else one that is published now.

    Two letters of one day then carry one board, and the promises that moved stay on it. A board that was read is good
    for one of these: the next has another number.
    """
    if read.newest is not None and read.newest.board.says_the_same_as(read.board):
        return read.newest
    return await add_board(work.connection, read.board, uuid7(), read.number, published_by=actor)
