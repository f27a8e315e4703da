"""Reads about months: their state, history and kept balances."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.periods import BOOKS_BEGIN_ON

# Every month since the books begin, also those that nobody closed yet.
PERIOD_SELECT: Final = (
    "SELECT m.month, coalesce(p.state, 'open') AS state, coalesce(p.closings, 0) AS closings,"
    " coalesce(p.revision, 0) AS revision, p.asked_by, (SELECT e.at FROM period_events e WHERE e.month = m.month"
    "  AND e.kind = 'closed' ORDER BY e.revision DESC LIMIT 1) AS last_closed_at FROM ("
    "SELECT CAST(generate_series(date_trunc('month', (" + BOOKS_BEGIN_ON + ")),"
    " date_trunc('month', CAST(:today AS date)), interval '1 month') AS date) AS month"
    " UNION SELECT month FROM periods) AS m LEFT JOIN periods p ON p.month = m.month"
)
BALANCE_SELECT: Final = "SELECT b.* FROM period_balances b"


async def period_events(connection: AsyncConnection, month: date) -> Sequence[Row]:
    """Every closing and step of reopening, the oldest first."""
    return (
        await connection.execute(
            sa.text("SELECT * FROM period_events WHERE month = :month ORDER BY revision"), {"month": month}
        )
    ).all()


async def first_open_on(connection: AsyncConnection) -> date:
    """From which day can be posted, without holding anything."""
    day = await connection.scalar(sa.text("SELECT first_open_on FROM ledger_locks WHERE name = 'journal'"))
    assert isinstance(day, date)
    return day
