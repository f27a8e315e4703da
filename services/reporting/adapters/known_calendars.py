"""Holiday calendars as partners tells them; the later telling holds."""

from collections.abc import Iterable, Mapping
from datetime import date

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.events.document_schedules import HolidayCalendarChangedV1
from shared.scheduling.holiday_calendar import ALWAYS_OPEN, CalendarDay, HolidayCalendar


async def known_calendars(connection: AsyncConnection, codes: Iterable[str]) -> dict[str, HolidayCalendar]:
    """Those of these codes that were told."""
    rows = await connection.execute(
        sa.text("SELECT * FROM known_holiday_calendars WHERE code = ANY(CAST(:codes AS text[]))"),
        {"codes": sorted(set(codes))},
    )
    return {
        row.code: HolidayCalendar(
            frozenset(row.closed_weekdays), frozenset(row.closed_saturdays), _days(row.days)
        )
        for row in rows
    }


async def calendar_of(connection: AsyncConnection, code: str | None) -> HolidayCalendar:
    """Without a code every day is worked on."""
    return ALWAYS_OPEN if code is None else (await known_calendars(connection, [code]))[code]


async def keep_calendar(connection: AsyncConnection, told: HolidayCalendarChangedV1) -> bool:
    """False for a telling that is no later than what is known."""
    kept = await connection.execute(
        sa.text(
            """
            INSERT INTO known_holiday_calendars AS known
                (code, name, closed_weekdays, closed_saturdays, days, changed_at)
            VALUES (:code, :name, :closed_weekdays, :closed_saturdays, CAST(:days AS jsonb), :changed_at)
            ON CONFLICT (code) DO UPDATE SET name = excluded.name, closed_weekdays = excluded.closed_weekdays,
                closed_saturdays = excluded.closed_saturdays, days = excluded.days, changed_at = excluded.changed_at
            WHERE known.changed_at < excluded.changed_at
            """
        ),
        {
            "code": told.code,
            "name": told.name,
            "closed_weekdays": list(told.closed_weekdays),
            "closed_saturdays": list(told.closed_saturdays),
            "days": msgspec.json.encode(told.days).decode(),
            "changed_at": told.changed_at,
        },
    )
    return kept.rowcount == 1


def _days(told: Iterable[Mapping[str, object]]) -> dict[date, CalendarDay]:
    return {
        date.fromisoformat(str(one["day"])): CalendarDay(bool(one["is_working"]), str(one["name"]))
        for one in told
    }
