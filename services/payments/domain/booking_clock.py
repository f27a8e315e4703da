"""The promise: every payment received is booked within 24 hours of the bank's credit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from services.payments.domain.errors import CalendarNeverOpen

BOOKING_WINDOW: Final = timedelta(hours=24)
BANK_TIME_ZONE: Final = ZoneInfo("Asia/Kolkata")
# Told when half, and when four fifths of the time is gone, and when all of it is.
HALF_PERCENT: Final = 50
WARN_PERCENT: Final = 80
OVERDUE_PERCENT: Final = 100
DAYS_LOOKED_AT_MAX: Final = 400
SATURDAY: Final = 6


@dataclass(frozen=True, slots=True)
class BusinessCalendar:
    """Which days count, if not every one does.

    Weekdays are those of ISO 8601 (Monday is 1); `closed_saturdays` are the first, second … Saturdays of a month, as
    Indian banks close on the second and fourth. `days` are named days that differ from the rule, either way.
    """

    closed_weekdays: frozenset[int] = frozenset()
    closed_saturdays: frozenset[int] = frozenset()
    days: Mapping[date, bool] = field(default_factory=dict)

    @property
    def counts_always(self) -> bool:
        return not (self.closed_weekdays or self.closed_saturdays or False in self.days.values())

    def counts(self, day: date) -> bool:
        if (stated := self.days.get(day)) is not None:
            return stated
        if day.isoweekday() == SATURDAY and (day.day + 6) // 7 in self.closed_saturdays:
            return False
        return day.isoweekday() not in self.closed_weekdays


ROUND_THE_CLOCK: Final = BusinessCalendar()


@dataclass(frozen=True, slots=True)
class ClockPause:
    """Time that does not count because somebody stopped the clock for a named reason."""

    paused_at: datetime
    resumed_at: datetime | None


@dataclass(frozen=True, slots=True)
class BookingDeadline:
    """When the clock of one credit started, when half and four fifths of it are gone, and when all is; aware instants."""

    credited_at: datetime
    half_at: datetime
    warn_at: datetime
    due_at: datetime


def credit_instant(booked_on: date, stated_at: datetime | None = None) -> datetime:
    """The bank's own instant of the credit when its statement tells one, else the end of the day in India.

    The bank shows a credit of which only the day is known at the end of its day at the earliest.
    """
    return stated_at or datetime.combine(booked_on + timedelta(days=1), time(), tzinfo=BANK_TIME_ZONE)


def booking_deadline(
    booked_on: date, stated_at: datetime | None = None, calendar: BusinessCalendar = ROUND_THE_CLOCK
) -> BookingDeadline:
    """The clock of a new credit. One of 1 October without an instant is due at the end of 2 October, 24:00 IST."""
    return deadline_from(credit_instant(booked_on, stated_at), calendar)


def deadline_from(
    credited_at: datetime,
    calendar: BusinessCalendar = ROUND_THE_CLOCK,
    pauses: Sequence[ClockPause] = (),
) -> BookingDeadline:
    """The instants at which the parts of 24 counted hours are gone; pauses are ended, in order, and apart."""
    half, warn, due = (
        instant_after(credited_at, BOOKING_WINDOW * percent / 100, calendar, pauses)
        for percent in (HALF_PERCENT, WARN_PERCENT, OVERDUE_PERCENT)
    )
    return BookingDeadline(credited_at, half, warn, due)


def instant_after(
    start: datetime,
    counted: timedelta,
    calendar: BusinessCalendar = ROUND_THE_CLOCK,
    pauses: Sequence[ClockPause] = (),
) -> datetime:
    """When so much time has counted: days that the calendar leaves out and pauses do not.

    With Sunday closed, 24 hours from Saturday 18:00 end on Monday 18:00. CalendarNeverOpen when a year and more has
    no day that counts.
    """
    if calendar.counts_always and not pauses:
        return start + counted
    at, left = start, counted
    waiting = [pause for pause in pauses if pause.resumed_at is not None]
    for _ in range(DAYS_LOOKED_AT_MAX + 2 * len(waiting)):
        pause = waiting[0] if waiting else None
        if pause is not None and pause.resumed_at is not None and pause.paused_at <= at:
            at = max(at, pause.resumed_at)
            waiting.pop(0)
            continue
        day = at.astimezone(BANK_TIME_ZONE).date()
        until = datetime.combine(day + timedelta(days=1), time(), tzinfo=BANK_TIME_ZONE)
        if not calendar.counts(day):
            at = until
            continue
        if pause is not None:
            until = min(until, pause.paused_at)
        if left <= until - at:
            return at + left
        left -= until - at
        at = until
    raise CalendarNeverOpen(f"No day that counts follows {start:%Y-%m-%d} within {DAYS_LOOKED_AT_MAX} days")
