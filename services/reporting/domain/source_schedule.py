"""When a source system is snapshotted by itself, and when one that could not be read is tried again."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.reporting.domain.source_connection import SourceKind
from shared.errors import FieldProblem
from shared.scheduling.holiday_calendar import ALWAYS_OPEN
from shared.scheduling.planned_runs import planned_runs
from shared.scheduling.refusals import ScheduleInvalid
from shared.scheduling.timing import CatchUp, ClosedDayRule, Timing

FIRST_RETRY: Final = timedelta(minutes=5)
RETRY_MAX: Final = timedelta(hours=6)
# The past cannot be read any more: of runs that nobody started, one now makes up for all.
CATCH_UP: Final = CatchUp.NEWEST
# What may be better by itself; all else waits for somebody, or for the next time.
PASSING: Final = frozenset({"source_unreachable", "source_limit_reached", "fault"})


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceSchedule:
    """A cron expression on the clocks of a zone."""

    cron: str
    time_zone: str = "Asia/Kolkata"

    def timing(self, since: datetime) -> Timing:
        """ScheduleInvalid for what has no times."""
        return Timing(
            cron=self.cron,
            time_zone=self.time_zone,
            on_closed_day=ClosedDayRule.RUN,
            valid_from=(since - timedelta(days=2)).date(),
            valid_to=None,
        )

    def next_due_at(self, after: datetime) -> datetime | None:
        run = next(planned_runs(self.timing(after), ALWAYS_OPEN, after), None)
        return run.due_at if run else None


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceStanding:
    """Where the schedule of a system stands: every due instant until `settled_until_at` has its row.

    `awaited` is the snapshot whose end is not known yet, `failures` how many failed since one succeeded, `retry_at` when
    it is tried again.
    """

    system_id: UUID
    name: str
    schedule: SourceSchedule | None
    settled_until_at: datetime
    next_due_at: datetime | None
    awaited: UUID | None = None
    failures: int = 0
    retry_at: datetime | None = None
    problem_code: str | None = None
    problem: str | None = None
    problem_since_at: datetime | None = None


def schedule_problems(kind: SourceKind, schedule: SourceSchedule | None) -> Iterator[FieldProblem]:
    """What is wrong with it, where it stands in the description."""
    if schedule is None:
        return
    if kind is SourceKind.SENT:
        yield FieldProblem("/schedule", "expected none: files of this system are sent")
    try:
        schedule.timing(datetime(2026, 1, 1))  # noqa: DTZ001 - only whether it has times is asked
    except ScheduleInvalid as invalid:
        yield from (FieldProblem(f"/schedule{one.pointer}", one.detail) for one in invalid.problems)


def retry_time(standing: SourceStanding, code: str, at: datetime) -> datetime | None:
    """5, 10, 20 … minutes later, at most 6 hours; none where the next due instant comes first, or waiting is no use."""
    if code not in PASSING:
        return None
    # Doubled no further than the longest pause needs.
    pause = min(FIRST_RETRY * (1 << min(standing.failures, 10)), RETRY_MAX)
    if standing.next_due_at is not None and standing.next_due_at <= at + pause:
        return None
    return at + pause
