"""Settles the runs of a schedule that are due: each is fired or left out by the rule, once, and never in silence."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from services.partners.adapters.holiday_calendars import calendars_of
from services.partners.adapters.published_schedules import publish_misses
from services.partners.adapters.schedule_runs import Miss, record_misses, write_run
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.domain.schedule import Schedule, ScheduleRule
from shared.scheduling.holiday_calendar import ALWAYS_OPEN, HolidayCalendar
from shared.scheduling.planned_runs import (
    Settlement,
    due_runs,
    is_late,
    planned_runs,
    settlement,
)


async def calendar_for(work: UnitOfWork, rule: ScheduleRule) -> HolidayCalendar:
    """The rule's calendar as it is now; without one every day is worked on."""
    if rule.calendar_code is None:
        return ALWAYS_OPEN
    return (await calendars_of(work.connection, [rule.calendar_code]))[rule.calendar_code]


async def settle_part(
    work: UnitOfWork, schedule: Schedule, calendar: HolidayCalendar, at: datetime
) -> Schedule:
    """The schedule behind its first due runs, a bounded number of them; it still has to be written."""
    rule = schedule.rule
    runs, following = due_runs(rule.timing, calendar, schedule.settled_until_at, at)
    parted = settlement(runs, rule.catch_up, at, more_follow=following is not None and following <= at)
    for run in parted.fired:
        await write_run(work.connection, schedule, run, at, is_fired=True)
    for run in parted.skipped:
        await write_run(work.connection, schedule, run, at, is_fired=False)
    misses = list(_misses(schedule, parted, at))
    if misses:
        publish_misses(work, await record_misses(work.connection, misses, at), at)
    settled_until = runs[-1].due_at if runs else schedule.settled_until_at
    return replace(schedule, settled_until_at=settled_until, next_due_at=following)


async def settle_until(
    work: UnitOfWork, schedule: Schedule, calendar: HolidayCalendar, at: datetime
) -> Schedule:
    """The schedule with everything settled that was due by its rule until now: the next rule begins here."""
    if schedule.is_paused:
        return replace(schedule, settled_until_at=at)
    while schedule.next_due_at is not None and schedule.next_due_at <= at:
        schedule = await settle_part(work, schedule, calendar, at)
    return replace(schedule, settled_until_at=at)


def with_next_run(schedule: Schedule, calendar: HolidayCalendar) -> Schedule:
    """The schedule with the instant of its next run; a paused one has none."""
    if schedule.is_paused:
        return replace(schedule, next_due_at=None)
    run = next(planned_runs(schedule.rule.timing, calendar, schedule.settled_until_at), None)
    return replace(schedule, next_due_at=run.due_at if run else None)


def _misses(schedule: Schedule, parted: Settlement, at: datetime) -> Iterator[Miss]:
    for run in parted.skipped:
        yield Miss(schedule.id, schedule.rule.name, run.due_at, "skipped")
    for run in parted.fired:
        if is_late(run.due_at, at):
            yield Miss(schedule.id, schedule.rule.name, run.due_at, "late")
