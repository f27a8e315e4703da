"""Order boards as they were published: their bytes, the hash of these, and what the next board compares with."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.domain.order_board import EarlierBoard, OrderBoard

Row = sa.Row[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class PublishedBoard:
    """A board that was frozen; `content_sha256` is of the bytes that are kept."""

    id: UUID
    number: int
    published_at: datetime
    published_by: str
    content_sha256: str
    board: OrderBoard


def frozen(board: OrderBoard) -> bytes:
    """The board as bytes: the same board is always the same bytes."""
    return msgspec.json.encode(board, order="deterministic")


async def next_numbers(connection: AsyncConnection, partner_codes: Sequence[str]) -> dict[str, int]:
    """The number of each partner's next board, which is the caller's until the commit."""
    wanted = {"codes": sorted(set(partner_codes))}
    await connection.execute(
        sa.text(
            "SELECT FROM partners WHERE code = ANY(CAST(:codes AS text[])) ORDER BY code FOR NO KEY UPDATE"
        ),
        wanted,
    )
    rows = await connection.execute(
        sa.text(
            "SELECT partner_code, max(number) AS newest FROM published_boards"
            " WHERE partner_code = ANY(CAST(:codes AS text[])) GROUP BY partner_code"
        ),
        wanted,
    )
    newest = {row.partner_code: row.newest for row in rows}
    return {code: newest.get(code, 0) + 1 for code in wanted["codes"]}


async def add_board(
    connection: AsyncConnection, board: OrderBoard, board_id: UUID, number: int, *, published_by: str
) -> PublishedBoard:
    content = frozen(board)
    content_sha256 = hashlib.sha256(content).hexdigest()
    await connection.execute(
        sa.text(
            "INSERT INTO published_boards (id, partner_code, number, as_of, published_by, content, content_sha256)"
            " VALUES (:id, :partner_code, :number, :as_of, :published_by, :content, :content_sha256)"
        ),
        {
            "id": board_id,
            "partner_code": board.partner.code,
            "number": number,
            "as_of": board.as_of,
            "published_by": published_by,
            "content": content,
            "content_sha256": content_sha256,
        },
    )
    return PublishedBoard(
        id=board_id,
        number=number,
        published_at=board.as_of,
        published_by=published_by,
        content_sha256=content_sha256,
        board=board,
    )


async def published_board(
    connection: AsyncConnection, partner_code: str, number: int
) -> PublishedBoard | None:
    row = (
        await connection.execute(
            sa.text("SELECT * FROM published_boards WHERE partner_code = :code AND number = :number"),
            {"code": partner_code, "number": number},
        )
    ).one_or_none()
    return None if row is None else _published(row)


async def newest_boards(
    connection: AsyncConnection, partner_codes: Sequence[str]
) -> dict[str, PublishedBoard]:
    """The board that each partner got last, if it got one."""
    return {row.partner_code: _published(row) for row in await _last_rows(connection, partner_codes)}


def _published(row: Row) -> PublishedBoard:
    return PublishedBoard(
        id=row.id,
        number=row.number,
        published_at=row.as_of,
        published_by=row.published_by,
        content_sha256=row.content_sha256,
        board=msgspec.json.decode(row.content, type=OrderBoard),
    )


async def board_rows(
    connection: AsyncConnection, partner_code: str, *, before: int | None, limit: int
) -> Sequence[Row]:
    """What was published to the partner, newest first, without the contents."""
    return (
        await connection.execute(
            sa.text(
                "SELECT id, partner_code, number, as_of, published_by, content_sha256 FROM published_boards"
                " WHERE partner_code = :code AND (CAST(:before AS bigint) IS NULL OR number < :before)"
                " ORDER BY number DESC LIMIT :limit"
            ),
            {"code": partner_code, "before": before, "limit": limit},
        )
    ).all()


async def last_boards(connection: AsyncConnection, codes: Sequence[str]) -> dict[str, EarlierBoard]:
    """The last published board of each partner that has one."""
    return {row.partner_code: _earlier(row) for row in await _last_rows(connection, codes)}


async def _last_rows(connection: AsyncConnection, codes: Sequence[str]) -> Sequence[Row]:
    rows = await connection.execute(
        sa.text(
            "SELECT DISTINCT ON (partner_code) * FROM published_boards"
            " WHERE partner_code = ANY(CAST(:codes AS text[])) ORDER BY partner_code, number DESC"
        ),
        {"codes": list(codes)},
    )
    return rows.all()


def _earlier(row: Row) -> EarlierBoard:
    board = msgspec.json.decode(row.content, type=OrderBoard)
    return EarlierBoard(
        number=row.number,
        published_at=row.as_of,
        promises={line.key: line.promised_on for line in board.lines},
    )
