"""Rules of repetition that cannot be followed."""

from shared.errors import Invalid


class ScheduleInvalid(Invalid):
    """A schedule that has no times, is for nobody, or contradicts itself."""

    code, title = "schedule_invalid", "The schedule cannot be followed"


class CalendarNeverOpen(Invalid):
    """A calendar by which nobody would ever work."""

    code, title = "holiday_calendar_never_open", "The calendar has no working day"
