"""The wall-clock times of a cron expression: `minute hour day month weekday`, with `L` for a month's last day."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Final

from cronsim import CronSim, CronSimError

from shared.errors import FieldProblem
from shared.scheduling.refusals import ScheduleInvalid

FIELDS: Final = 5
RUNS_PER_HOUR_MAX: Final = 4
_MOMENT: Final = timedelta(seconds=1)
_SOME_DAY: Final = datetime(2026, 1, 1)  # noqa: DTZ001 - wall-clock times have no zone yet


def wall_times(cron: str, since: datetime) -> Iterator[datetime]:
    """Naive times from `since` on, ascending; it ends when none follows within fifty years."""
    return CronSim(cron, since - _MOMENT)


def checked_cron(cron: str) -> str:
    """The expression with single blanks; ScheduleInvalid when it cannot be read, never comes true or does too often."""
    fields = cron.split()
    if len(fields) != FIELDS:
        raise _invalid("expected five fields: minute, hour, day of the month, month, weekday")
    try:
        found = CronSim(cron, _SOME_DAY)
    except CronSimError as error:
        raise _invalid(str(error)) from error
    if len(found.minutes) > RUNS_PER_HOUR_MAX:
        raise _invalid(f"expected at most {RUNS_PER_HOUR_MAX} runs in an hour")
    if next(found, None) is None:
        raise _invalid("never comes true")
    return " ".join(fields)


def _invalid(detail: str) -> ScheduleInvalid:
    return ScheduleInvalid("The schedule has no times", problems=[FieldProblem("/cron", detail)])
