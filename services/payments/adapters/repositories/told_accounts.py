"""How far the ledger was told to those who compare with it."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

LINKS_AT_ONCE: Final = 5_000


async def untold_links(connection: AsyncConnection) -> tuple[int, int] | None:
    """From after which link to which one nothing was told; None when all was, or another worker tells it now."""
    row = (
        await connection.execute(
            sa.text(
                "SELECT t.position AS after, (SELECT max(position) FROM (SELECT position FROM audit_batches b"
                " WHERE b.position > t.position ORDER BY b.position LIMIT :limit) AS next) AS last"
                " FROM told_accounts t FOR UPDATE SKIP LOCKED"
            ),
            {"limit": LINKS_AT_ONCE},
        )
    ).one_or_none()
    return None if row is None or row.last is None else (row.after, row.last)


async def note_told(connection: AsyncConnection, last: int) -> None:
    await connection.execute(sa.text("UPDATE told_accounts SET position = :last"), {"last": last})
