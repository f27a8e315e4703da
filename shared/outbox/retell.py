"""Tells again what was told before: for consumers or a broker that lost it, as after a restore."""

from collections.abc import Callable
from datetime import datetime
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

AT_ONCE: Final = 10_000


async def tell_again(engine: AsyncEngine, since: datetime, say: Callable[[int], None]) -> int:
    """Have the relay tell every event again that it told since then; returns how many, and says so on the way.

    Consumers that applied one already drop it, whatever the order. What was told over a week ago is gone from the outbox and
    is not told. In the order of their positions and in transactions of a bounded size: the relay may run meanwhile.
    """
    told, after = 0, 0
    while True:
        async with engine.begin() as connection:
            found = {"since": since, "after": after, "at_once": AT_ONCE}
            count, last = (await connection.execute(_TELL_AGAIN, found)).one()
        if count == 0:
            return told
        told, after = told + count, last
        say(told)


_TELL_AGAIN: Final = text(
    """
    WITH told AS (
        SELECT position, created_at FROM outbox
        WHERE position > :after AND published_at >= :since ORDER BY position LIMIT :at_once
    ), again AS (
        UPDATE outbox SET published_at = NULL, attempts = 0, next_attempt_at = NULL, last_error = NULL FROM told
        WHERE outbox.position = told.position AND outbox.created_at = told.created_at
        RETURNING outbox.position
    )
    SELECT count(*), max(position) FROM again
    """
)
