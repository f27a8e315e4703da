"""Tells the other services of runs that were missed, and of holiday calendars that changed."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from services.partners.adapters.schedule_runs import Miss
from services.partners.adapters.unit_of_work import UnitOfWork
from shared.events.document_schedules import (
    CalendarDayTold,
    HolidayCalendarChangedV1,
    MissReason,
    ScheduleMissedV1,
)
from shared.scheduling.holiday_calendar import HolidayCalendar

TOLD_BACK: Final = timedelta(days=366)
DAYS_TOLD_MAX: Final = 1000


def publish_misses(work: UnitOfWork, misses: Sequence[Miss], at: datetime) -> None:
    for miss in misses:
        event = ScheduleMissedV1(
            schedule_id=miss.schedule_id,
            name=miss.name,
            due_at=miss.due_at,
            reason=MissReason(miss.reason),
            noticed_at=at,
            late_seconds=int((at - miss.due_at).total_seconds()),
        )
        work.publish(event, partition_key=f"schedule-{miss.schedule_id}", subject=str(miss.schedule_id))


def publish_calendars(
    work: UnitOfWork, calendars: Iterable[tuple[str, str, HolidayCalendar]], at: datetime
) -> None:
    """Each as it is now, by code and name: with the days of its base, from a year ago on."""
    for code, name, calendar in calendars:
        since = (at - TOLD_BACK).date()
        days = [
            CalendarDayTold(day=day, is_working=one.is_working, name=one.name)
            for day, one in sorted(calendar.days.items())
            if day >= since
        ]
        event = HolidayCalendarChangedV1(
            code=code,
            name=name,
            closed_weekdays=tuple(sorted(calendar.closed_weekdays)),
            closed_saturdays=tuple(sorted(calendar.closed_saturdays)),
            days=tuple(days[:DAYS_TOLD_MAX]),
            changed_at=at,
        )
        work.publish(event, partition_key=f"holiday-calendar-{code}", subject=code)
