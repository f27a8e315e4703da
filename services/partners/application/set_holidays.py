"""Adds holiday calendars and their days; schedules that follow them get their next run anew."""

from collections.abc import Mapping, Sequence

from services.partners.adapters.holiday_calendars import (
    CalendarDayRow,
    add_calendar,
    add_calendar_days,
    calendar_names,
    calendars_above,
    calendars_of,
)
from services.partners.adapters.published_schedules import publish_calendars
from services.partners.adapters.schedule_runs import write_run
from services.partners.adapters.schedule_store import Setting, move_on, schedules_by_calendar
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.settle_runs import settle_until, with_next_run
from services.partners.domain.errors import CalendarTaken, CalendarUnknown
from shared.errors import FieldProblem
from shared.scheduling.planned_runs import PlannedRun, overtaken_times


async def set_holiday_calendar(work: UnitOfWork, values: Mapping[str, object], setting: Setting) -> None:
    """CalendarTaken; CalendarUnknown for its base; CalendarNeverOpen when no day of it is worked on."""
    code, base = str(values["code"]), values["base"]
    if base is not None and not await calendars_of(work.connection, [str(base)]):
        problem = FieldProblem("/base", "expected the code of a holiday calendar")
        raise CalendarUnknown(f"There is no holiday calendar {base}", problems=[problem])
    if not await add_calendar(work.connection, {**values, "set_by": setting.actor, "set_at": setting.at}):
        raise CalendarTaken(f"There is a calendar {code}; its rule stays, single days can be added")
    calendar = (await calendars_of(work.connection, [code]))[code]
    calendar.open_from(setting.at.date(), direction=1)
    publish_calendars(work, [(code, str(values["name"]), calendar)], setting.at)


async def set_holidays(work: UnitOfWork, code: str, days: Sequence[CalendarDayRow], setting: Setting) -> None:
    """What was due before is settled by the days as they were; what should have run before a holiday told too late runs now.

    CalendarNeverOpen when no day is worked on any more.
    """
    followers = await calendars_above(work.connection, code)
    before = await calendars_of(work.connection, followers)
    schedules = [
        await settle_until(work, one, before[str(one.rule.calendar_code)], setting.at)
        for one in await schedules_by_calendar(work.connection, followers)
    ]
    await add_calendar_days(work.connection, code, days, actor=setting.actor, at=setting.at)
    after = await calendars_of(work.connection, followers)
    for calendar in after.values():
        calendar.open_from(setting.at.date(), direction=1)
    for one in schedules:
        code_followed = str(one.rule.calendar_code)
        calendars = (before[code_followed], after[code_followed])
        overtaken = overtaken_times(one.rule.timing, *calendars, setting.at)
        if overtaken:
            run = PlannedRun(setting.at, overtaken)
            await write_run(work.connection, one, run, setting.at, is_fired=True)
        await move_on(work.connection, with_next_run(one, calendars[1]))
    names = await calendar_names(work.connection, followers)
    publish_calendars(work, [(one, names[one], after[one]) for one in sorted(after)], setting.at)
