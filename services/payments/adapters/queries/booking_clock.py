"""Reads about the 24 hours."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.clocks import clock_steps as clock_steps
from services.payments.domain.booking_clock import BANK_TIME_ZONE

STATE: Final = (
    "CASE WHEN c.is_excused THEN 'excused' WHEN c.allocated_at IS NOT NULL THEN 'allocated'"
    " WHEN c.booked_at IS NOT NULL THEN 'booked' WHEN c.identified_at IS NOT NULL THEN 'identified' ELSE 'seen' END"
)
# As the clock stands at the instant :at.
STANDING: Final = (
    "CASE WHEN c.is_excused THEN 'excused'"
    " WHEN c.booked_at IS NOT NULL THEN CASE WHEN c.booked_at <= c.due_at THEN 'on_time' ELSE 'booked_late' END"
    " WHEN c.paused_at IS NOT NULL THEN 'paused' WHEN c.due_at < :at THEN 'late' WHEN c.warn_at <= :at THEN 'urgent'"
    " WHEN c.half_at <= :at THEN 'at_risk' ELSE 'in_time' END"
)
STANDINGS: Final = (
    "excused",
    "on_time",
    "booked_late",
    "paused",
    "late",
    "urgent",
    "at_risk",
    "in_time",
)
WAITING: Final = "c.booked_at IS NULL AND NOT c.is_excused"
# A credit of which only the day is known starts at the midnight that ends its day, and belongs to that day.
CREDITED_ON: Final = "CAST((c.credited_at - interval '1 microsecond') AT TIME ZONE 'Asia/Kolkata' AS date)"
CLOCK_SELECT: Final = (
    f"SELECT c.*, {STATE} AS state, {STANDING} AS standing, b.number AS bank_account, l.narration, l.strong_reference,"
    " l.booked_on, d.partner_code, d.receipt_id FROM booking_clocks c"
    " JOIN bank_lines l ON l.id = c.bank_line_id JOIN bank_accounts b ON b.id = c.bank_account_id"
    " LEFT JOIN LATERAL (SELECT partner_code, receipt_id FROM line_decisions WHERE bank_line_id = c.bank_line_id"
    "  ORDER BY revision DESC LIMIT 1) d ON true"
)


@dataclass(frozen=True, slots=True)
class ClockFigures:
    """Counts of clocks: `dimension` is all, day, zone, bank_account or cause, `key` its value."""

    dimension: str
    key: str
    counts: dict[str, int]


def end_of_day(day: date) -> datetime:
    """The instant at which the day ends in India."""
    return datetime.combine(day + timedelta(days=1), time(), tzinfo=BANK_TIME_ZONE)


async def clock_figures(
    connection: AsyncConnection,
    at: datetime,
    zones: Sequence[str] | None,
    days: tuple[date, date],
    *,
    with_waiting: bool,
) -> list[ClockFigures]:
    """Of the credits of the days, in one pass; with what waits from before them if that is asked for."""
    waiting = f" OR ({WAITING})" if with_waiting else ""
    rows = await connection.execute(
        sa.text(
            "SELECT CASE WHEN grouping(day) = 0 THEN 'day' WHEN grouping(zone) = 0 THEN 'zone'"
            " WHEN grouping(bank_account) = 0 THEN 'bank_account' WHEN grouping(late_code) = 0 THEN 'cause'"
            " ELSE 'all' END AS dimension,"
            " coalesce(CAST(day AS text), zone, bank_account, late_code, '') AS key, count(*) AS seen,"
            + ", ".join(f" count(*) FILTER (WHERE standing = '{one}') AS {one}" for one in STANDINGS)
            + f" FROM (SELECT {CREDITED_ON} AS day, c.zone, b.number AS bank_account, c.late_code,"
            f"  {STANDING} AS standing FROM booking_clocks c JOIN bank_accounts b ON b.id = c.bank_account_id"
            f"  WHERE ((c.credited_at > :begin AND c.credited_at <= :end){waiting})"
            "  AND (CAST(:zones AS text[]) IS NULL OR c.zone = ANY(CAST(:zones AS text[])))) AS clocks"
            " GROUP BY GROUPING SETS ((), (day), (zone), (bank_account), (late_code)) ORDER BY 1, 2"
        ),
        {
            "at": at,
            "begin": end_of_day(days[0] - timedelta(days=1)),
            "end": end_of_day(days[1]),
            "zones": None if zones is None else list(zones),
        },
    )
    return [
        ClockFigures(row.dimension, row.key, {name: getattr(row, name) for name in ("seen", *STANDINGS)})
        for row in rows
    ]


async def waiting_clocks(
    connection: AsyncConnection, at: datetime, zones: Sequence[str] | None, *, limit: int
) -> Sequence[Row]:
    """Credits that are not booked yet, the most urgent first."""
    return (
        await connection.execute(
            sa.text(
                f"{CLOCK_SELECT} WHERE {WAITING}"
                " AND (CAST(:zones AS text[]) IS NULL OR c.zone = ANY(CAST(:zones AS text[])))"
                " ORDER BY c.due_at, c.bank_line_id LIMIT :limit"
            ),
            {"at": at, "zones": None if zones is None else list(zones), "limit": limit},
        )
    ).all()


async def reason_titles(connection: AsyncConnection) -> dict[tuple[str, str], str]:
    """The newest title of each reason by (kind, code), also of those no longer offered."""
    rows = await connection.execute(
        sa.text(
            "SELECT DISTINCT ON (kind, code) kind, code, title FROM clock_reasons"
            " ORDER BY kind, code, valid_from DESC"
        )
    )
    return {(row.kind, row.code): row.title for row in rows}
