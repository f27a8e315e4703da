"""Holiday calendars: the weekly rule, with single days of its own and of the calendars below it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.scheduling.holiday_calendar import CalendarDay, HolidayCalendar

Row = sa.Row[Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarDayRow:
    """What is said of one day."""

    id: UUID
    day: date
    is_working: bool
    name: str
    source: str


async def calendars_of(connection: AsyncConnection, codes: Iterable[str]) -> dict[str, HolidayCalendar]:
    """The calendars of these codes that exist. Own days count before the base's, later sayings before earlier ones."""
    asked = sorted(set(codes))
    if not asked:
        return {}
    rules = await connection.execute(
        sa.text("SELECT * FROM holiday_calendars WHERE code = ANY(CAST(:codes AS text[]))"), {"codes": asked}
    )
    days: dict[str, dict[date, CalendarDay]] = {}
    for row in await connection.execute(sa.text(_DAYS), {"codes": asked}):
        days.setdefault(row.asked, {})[row.day] = CalendarDay(row.is_working, row.name)
    return {
        row.code: HolidayCalendar(
            frozenset(row.closed_weekdays), frozenset(row.closed_saturdays), days.get(row.code, {})
        )
        for row in rules
    }


async def calendars_above(connection: AsyncConnection, code: str) -> list[str]:
    """The calendar itself and those that have its days."""
    rows = await connection.execute(
        sa.text(
            "WITH RECURSIVE above AS (SELECT CAST(:code AS text) AS code"
            " UNION SELECT c.code FROM above JOIN holiday_calendars c ON c.base_code = above.code)"
            " SELECT code FROM above"
        ),
        {"code": code},
    )
    return [row.code for row in rows]


async def calendar_names(connection: AsyncConnection, codes: Iterable[str]) -> dict[str, str]:
    """What people call the calendars of these codes."""
    statement = sa.text("SELECT code, name FROM holiday_calendars WHERE code = ANY(CAST(:codes AS text[]))")
    rows = await connection.execute(statement, {"codes": sorted(codes)})
    return {row.code: row.name for row in rows}


async def add_calendar(connection: AsyncConnection, values: Mapping[str, object]) -> bool:
    """False when the code is taken."""
    added = await connection.execute(
        sa.text(
            "INSERT INTO holiday_calendars (code, name, base_code, closed_weekdays, closed_saturdays, source, set_by,"
            " set_at) VALUES (:code, :name, :base, :closed_weekdays, :closed_saturdays, :source, :set_by, :set_at)"
            " ON CONFLICT DO NOTHING"
        ),
        values,
    )
    return added.rowcount == 1


async def add_calendar_days(
    connection: AsyncConnection, code: str, days: Sequence[CalendarDayRow], *, actor: str, at: datetime
) -> None:
    await connection.execute(
        sa.text(
            "INSERT INTO holiday_calendar_days (id, calendar_code, day, is_working, name, source, set_by, set_at)"
            " VALUES (:id, :code, :day, :is_working, :name, :source, :actor, :at)"
        ),
        [asdict(one) | {"code": code, "actor": actor, "at": at} for one in days],
    )


async def calendar_rows(
    connection: AsyncConnection, *, code: str | None = None, after: str = "", limit: int = 1
) -> Sequence[Row]:
    """By code, after the last of the page before; or the one of the code."""
    return (
        await connection.execute(
            sa.text(
                "SELECT c.*, (SELECT max(day) FROM holiday_calendar_days d WHERE d.calendar_code = c.code)"
                " AS last_day_on FROM holiday_calendars c WHERE c.code > :after"
                " AND (CAST(:code AS text) IS NULL OR c.code = :code) ORDER BY c.code LIMIT :limit"
            ),
            {"code": code, "after": after, "limit": limit},
        )
    ).all()


@dataclass(frozen=True, slots=True)
class DayRange:
    """Days from and to, both included; None leaves a side open."""

    first: date | None
    last: date | None


async def calendar_day_rows(
    connection: AsyncConnection, code: str, days: DayRange, *, after: tuple[date, UUID] | None, limit: int
) -> Sequence[Row]:
    """The calendar's own days in order; of two rows of a day the later counts."""
    return (
        await connection.execute(
            sa.text(
                "SELECT * FROM holiday_calendar_days WHERE calendar_code = :code"
                " AND (CAST(:first AS date) IS NULL OR day >= :first)"
                " AND (CAST(:last AS date) IS NULL OR day <= :last)"
                " AND (CAST(:after_day AS date) IS NULL"
                "  OR (day, id) > (CAST(:after_day AS date), CAST(:after_id AS uuid)))"
                " ORDER BY day, id LIMIT :limit"
            ),
            {
                "code": code,
                "first": days.first,
                "last": days.last,
                "after_day": after[0] if after else None,
                "after_id": after[1] if after else None,
                "limit": limit,
            },
        )
    ).all()


_DAYS = """
    WITH RECURSIVE chain AS (
        SELECT code AS asked, code, base_code, 0 AS depth FROM holiday_calendars
        WHERE code = ANY(CAST(:codes AS text[]))
        UNION ALL
        SELECT asked, c.code, c.base_code, depth + 1 FROM chain JOIN holiday_calendars c ON c.code = chain.base_code
    )
    SELECT DISTINCT ON (asked, day) asked, day, is_working, name
    FROM chain JOIN holiday_calendar_days d ON d.calendar_code = chain.code
    ORDER BY asked, day, depth, id DESC
"""
