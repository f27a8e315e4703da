"""The rule by which something repeats: its cron expression, zone, validity, and what closed days and downtime do to it."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from shared.errors import FieldProblem
from shared.scheduling.cron_times import checked_cron
from shared.scheduling.refusals import ScheduleInvalid


class ClosedDayRule(StrEnum):
    """What becomes of a run that falls on a holiday or a closed weekday."""

    RUN = "run"
    SKIP = "skip"
    NEXT = "next_working_day"
    PREVIOUS = "previous_working_day"


class CatchUp(StrEnum):
    """What becomes of runs that nobody was there to start in time."""

    NEWEST = "newest"
    ALL = "all"
    REPORT = "report"


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """When a schedule runs. ScheduleInvalid when the times cannot be told."""

    cron: str
    time_zone: str
    on_closed_day: ClosedDayRule
    valid_from: date
    valid_to: date | None

    def __post_init__(self) -> None:
        object.__setattr__(self, "cron", checked_cron(self.cron))
        problems = []
        if not _is_time_zone(self.time_zone):
            problems.append(FieldProblem("/time_zone", "expected an IANA time zone, e.g. Asia/Kolkata"))
        if self.valid_to is not None and self.valid_to < self.valid_from:
            problems.append(FieldProblem("/valid_to", "expected a day not before valid_from"))
        if problems:
            raise ScheduleInvalid("The schedule has no times", problems=problems)

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)


def _is_time_zone(name: str) -> bool:
    """Asked of the one file; looking through all of them would take longer than everything else about a rule."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
