"""The events that projections are made of, kept as they were heard, so that a projection can be made anew."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events.envelope import Envelope, Event, decode, encode

Row = sa.Row[Any]


async def keep_events(connection: AsyncConnection, heard: Sequence[Envelope[Event]]) -> None:
    """Each once, in the transaction that applies it."""
    statement = """
        INSERT INTO heard_events (event_id, body)
        SELECT * FROM unnest(CAST(:ids AS uuid[]), CAST(:bodies AS bytea[])) ON CONFLICT (event_id) DO NOTHING
    """
    values = {"ids": [one.id for one in heard], "bodies": [encode(one) for one in heard]}
    await connection.execute(sa.text(statement), values)


async def heard_count(connection: AsyncConnection) -> int:
    return int(await connection.scalar(sa.text("SELECT count(*) FROM heard_events")) or 0)


async def heard_after(
    connection: AsyncConnection, position: int, limit: int, types: Mapping[str, type[Event]]
) -> tuple[list[Envelope[Event]], int]:
    """The next ones in the order in which they were kept, and the position of the last; the same when none follows."""
    found = await connection.execute(
        sa.text(
            "SELECT position, body FROM heard_events WHERE position > :after ORDER BY position LIMIT :limit"
        ),
        {"after": position, "limit": limit},
    )
    rows = found.all()
    return _events([row.body for row in rows], types), rows[-1].position if rows else position


async def heard_beside(
    connection: AsyncConnection, types: Mapping[str, type[Event]]
) -> list[Envelope[Event]]:
    """Those that were not taken: positions are given out in one order and committed in another."""
    statement = f"""
        SELECT h.body FROM heard_events h LEFT JOIN {TAKEN} t USING (event_id)
        WHERE t.event_id IS NULL ORDER BY h.position
    """
    return _events(list((await connection.execute(sa.text(statement))).scalars()), types)


async def note_taken(connection: AsyncConnection, ids: Sequence[UUID]) -> None:
    """In the table that begin_beside made."""
    await connection.execute(
        sa.text(f"INSERT INTO {TAKEN} SELECT unnest(CAST(:ids AS uuid[]))"), {"ids": list(ids)}
    )


TAKEN: Final = "taken_events"


def _events(bodies: Sequence[bytes], types: Mapping[str, type[Event]]) -> list[Envelope[Event]]:
    read = (decode(bytes(body), types) for body in bodies)
    return [one for one in read if one is not None]
