"""Which days are worked on: a calendar's weekly rule, and the single days that differ from it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final

from shared.scheduling.refusals import CalendarNeverOpen

DAYS_LOOKED_AT_MAX: Final = 366
WEEKDAY_NAMES: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_SATURDAY: Final = 6
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class CalendarDay:
    """A day that differs from the weekly rule: a holiday, or a Sunday that is worked on."""

    is_working: bool
    name: str


@dataclass(frozen=True, slots=True)
class HolidayCalendar:
    """Closed weekdays by ISO number (Monday is 1), Saturdays by their number in the month, and single days."""

    closed_weekdays: frozenset[int] = frozenset()
    closed_saturdays: frozenset[int] = frozenset()
    days: Mapping[date, CalendarDay] = field(default_factory=dict)

    @property
    def known_until(self) -> date | None:
        """The last day of the last year that has single days; later ones follow the weekly rule alone."""
        return date(max(self.days).year, 12, 31) if self.days else None

    def closed_because(self, day: date) -> str | None:
        """The holiday's name or the weekday; None on a working day."""
        single = self.days.get(day)
        if single is not None:
            return None if single.is_working else single.name
        weekday = day.isoweekday()
        is_closed_saturday = weekday == _SATURDAY and (day.day + 6) // 7 in self.closed_saturdays
        return WEEKDAY_NAMES[weekday - 1] if weekday in self.closed_weekdays or is_closed_saturday else None

    def open_from(self, day: date, *, direction: int) -> date:
        """The day itself when it is worked on, else the next (1) or the previous (-1) that is; CalendarNeverOpen."""
        for distance in range(DAYS_LOOKED_AT_MAX):
            candidate = day + direction * distance * _DAY
            if self.closed_because(candidate) is None:
                return candidate
        raise CalendarNeverOpen(f"Within {DAYS_LOOKED_AT_MAX} days of {day} nobody works")


ALWAYS_OPEN: Final = HolidayCalendar()
