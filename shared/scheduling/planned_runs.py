"""The runs of a schedule in the order of their instants, moved off closed days by its rule."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from itertools import groupby, islice, takewhile
from typing import Final

from shared.scheduling.cron_times import wall_times
from shared.scheduling.holiday_calendar import HolidayCalendar
from shared.scheduling.timing import CatchUp, ClosedDayRule, Timing
from shared.scheduling.wall_clock import instant_of

LATE_AFTER: Final = timedelta(minutes=5)
SETTLED_AT_ONCE_MAX: Final = 50
GIVEN_UP_AFTER: Final = timedelta(
    days=366 * 12
)  # of nothing but closed days; a leap day comes every eighth year at least
LEFT_OUT_TOLD_MAX: Final = 50
OVERTAKEN_WITHIN: Final = timedelta(days=31)
CLOCK_CHANGE: Final = "clock_change"
_DIRECTIONS: Final = {ClosedDayRule.NEXT: 1, ClosedDayRule.PREVIOUS: -1}
_DAY: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Moved:
    """A time of the cron expression, as clocks of its zone show it, that did not stand; and what stood against it."""

    wall: datetime
    because: str


@dataclass(frozen=True, slots=True)
class PlannedRun:
    """A run is due once, however many times of the rule fall together on it."""

    due_at: datetime
    moved: tuple[Moved, ...] = ()
    left_out: tuple[Moved, ...] = ()  # by the rule `skip`, since the run before


@dataclass(frozen=True, slots=True)
class Settlement:
    """What becomes of the runs that are due by now."""

    fired: tuple[PlannedRun, ...]
    skipped: tuple[PlannedRun, ...]


def planned_runs(timing: Timing, calendar: HolidayCalendar, after: datetime) -> Iterator[PlannedRun]:
    """The runs behind the instant, strictly ascending; endless unless the rule ends.

    Times are read as wall-clock times first and moved as such: 02:30 of a Sunday on which clocks skip that hour is
    02:30 on the Monday it is moved to.
    """
    last, left_out = after, tuple[Moved, ...]()
    for day, group in _by_day(_nominal_times(timing, calendar, after), timing, calendar):
        if day is None:
            if group[0] - last.replace(tzinfo=None) > GIVEN_UP_AFTER:
                return
            left_out = (*left_out, *(_moved(wall, calendar) for wall in group))[:LEFT_OUT_TOLD_MAX]
            continue
        for run in _runs_of_day(day, group, timing, calendar):
            if run.due_at > last:
                last = run.due_at
                yield replace(run, left_out=left_out)
                left_out = ()


def runs_within(
    timing: Timing, calendar: HolidayCalendar, after: datetime, until: datetime
) -> Iterator[PlannedRun]:
    """The runs in (after, until]."""
    for run in planned_runs(timing, calendar, after):
        if run.due_at > until:
            return
        yield run


def overtaken_times(
    timing: Timing, before: HolidayCalendar, after: HolidayCalendar, at: datetime
) -> tuple[Moved, ...]:
    """Times that were still to come, and that days entered just now move to before the instant: told too late."""
    if timing.on_closed_day is not ClosedDayRule.PREVIOUS:
        return ()
    until = at + OVERTAKEN_WITHIN
    walls = takewhile(lambda wall: instant_of(wall, timing.zone) <= until, _nominal_times(timing, before, at))
    return tuple(
        _moved(wall, after)
        for wall in walls
        if _due_at(wall, timing, before) > at >= _due_at(wall, timing, after)
    )


def due_runs(
    timing: Timing, calendar: HolidayCalendar, after: datetime, until: datetime
) -> tuple[Sequence[PlannedRun], datetime | None]:
    """The first runs in (after, until], a bounded number of them, and when the next one behind them is due."""
    runs = list(islice(runs_within(timing, calendar, after, until), SETTLED_AT_ONCE_MAX))
    last = runs[-1].due_at if runs else max(after, until)
    following = next(planned_runs(timing, calendar, last), None)
    return runs, following.due_at if following else None


def settlement(runs: Sequence[PlannedRun], rule: CatchUp, at: datetime, *, more_follow: bool) -> Settlement:
    """Runs on time are fired. Late ones, which nobody started, follow the rule: all, the newest alone, or none."""
    late = [run for run in runs if is_late(run.due_at, at)]
    on_time = [run for run in runs if not is_late(run.due_at, at)]
    if rule is CatchUp.ALL:
        caught_up = late
    elif rule is CatchUp.NEWEST and not on_time and not more_follow:
        caught_up = late[-1:]
    else:
        caught_up = []
    skipped = [run for run in late if run not in caught_up]
    return Settlement((*caught_up, *on_time), tuple(skipped))


def is_late(due_at: datetime, at: datetime) -> bool:
    return at - due_at > LATE_AFTER


def _nominal_times(timing: Timing, calendar: HolidayCalendar, after: datetime) -> Iterator[datetime]:
    """From the first day whose times may end up behind the instant."""
    day = after.astimezone(timing.zone).date()
    if timing.on_closed_day is ClosedDayRule.NEXT:
        day = calendar.open_from(day - _DAY, direction=-1) + _DAY
    first = datetime.combine(max(day, timing.valid_from), time())
    for wall in wall_times(timing.cron, first):
        if timing.valid_to is not None and wall.date() > timing.valid_to:
            return
        yield wall


def _by_day(
    walls: Iterable[datetime], timing: Timing, calendar: HolidayCalendar
) -> Iterator[tuple[date | None, list[datetime]]]:
    """Times together that run on the same day; None for those that do not run. Days never go back."""
    for target, group in groupby(
        walls, lambda wall: _target(wall.date(), timing.on_closed_day, calendar) or wall.date()
    ):
        day_walls = list(group)
        is_left_out = _target(day_walls[0].date(), timing.on_closed_day, calendar) is None
        yield (None if is_left_out else target), day_walls


def _target(day: date, rule: ClosedDayRule, calendar: HolidayCalendar) -> date | None:
    if rule is ClosedDayRule.RUN or calendar.closed_because(day) is None:
        return day
    return calendar.open_from(day, direction=_DIRECTIONS[rule]) if rule in _DIRECTIONS else None


def _due_at(wall: datetime, timing: Timing, calendar: HolidayCalendar) -> datetime:
    day = _target(wall.date(), timing.on_closed_day, calendar) or wall.date()
    return instant_of(datetime.combine(day, wall.time()), timing.zone)


def _runs_of_day(
    day: date, group: Sequence[datetime], timing: Timing, calendar: HolidayCalendar
) -> Iterator[PlannedRun]:
    moved: dict[datetime, list[Moved]] = {}
    for wall in group:
        shown = datetime.combine(day, wall.time())
        due = instant_of(shown, timing.zone)
        found = moved.setdefault(due, [])
        if wall.date() != day:
            found.append(_moved(wall, calendar))
        elif due.astimezone(timing.zone).replace(tzinfo=None) != shown:
            found.append(Moved(wall, CLOCK_CHANGE))
    for due in sorted(moved):
        yield PlannedRun(due, tuple(moved[due]))


def _moved(wall: datetime, calendar: HolidayCalendar) -> Moved:
    return Moved(wall, calendar.closed_because(wall.date()) or CLOCK_CHANGE)
