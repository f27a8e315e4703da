"""Reads about the 24 hours."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row


async def booking_clock_summary(
    connection: AsyncConnection, at: datetime, zones: Sequence[str] | None
) -> Row:
    """Counts and amounts of the clocks: booked on time, booked late, waiting, overdue."""
    return (
        await connection.execute(
            sa.text(
                "SELECT count(*) AS seen, count(*) FILTER (WHERE is_excused) AS excused,"
                " count(*) FILTER (WHERE NOT is_excused AND booked_at IS NOT NULL) AS booked,"
                " count(*) FILTER (WHERE NOT is_excused AND booked_at <= due_at) AS on_time,"
                " count(*) FILTER (WHERE NOT is_excused AND booked_at > due_at) AS booked_late,"
                " count(*) FILTER (WHERE NOT is_excused AND booked_at IS NULL AND due_at >= :at) AS due,"
                " count(*) FILTER (WHERE NOT is_excused AND booked_at IS NULL AND due_at < :at) AS late"
                " FROM booking_clocks WHERE CAST(:zones AS text[]) IS NULL OR zone = ANY(CAST(:zones AS text[]))"
            ),
            {"at": at, "zones": None if zones is None else list(zones)},
        )
    ).one()


async def waiting_clocks(
    connection: AsyncConnection, zones: Sequence[str] | None, *, limit: int
) -> Sequence[Row]:
    """Credits that are not booked yet, the most urgent first."""
    return (
        await connection.execute(
            sa.text(
                "SELECT c.*, l.narration, l.strong_reference, l.booked_on FROM booking_clocks c"
                " JOIN bank_lines l ON l.id = c.bank_line_id WHERE c.booked_at IS NULL AND NOT c.is_excused"
                " AND (CAST(:zones AS text[]) IS NULL OR c.zone = ANY(CAST(:zones AS text[])))"
                " ORDER BY c.due_at, c.bank_line_id LIMIT :limit"
            ),
            {"zones": None if zones is None else list(zones), "limit": limit},
        )
    ).all()
