"""Sets, changes, pauses and resumes schedules; what was due before is settled by the rule that held then."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from services.partners.adapters.holiday_calendars import calendars_of
from services.partners.adapters.schedule_store import (
    Setting,
    add_schedule,
    schedule_to_change,
    unknown_partners,
    write_version,
)
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.settle_runs import calendar_for, settle_until, with_next_run
from services.partners.domain.errors import (
    CalendarUnknown,
    ScheduleState,
    ScheduleUnknown,
)
from services.partners.domain.schedule import Schedule, ScheduleRule
from shared.errors import FieldProblem, Stale
from shared.scheduling.refusals import ScheduleInvalid


async def set_schedule(work: UnitOfWork, rule: ScheduleRule, setting: Setting) -> UUID:
    """The id of the new schedule. CalendarUnknown; ScheduleInvalid when it names unknown partners or never runs."""
    schedule = Schedule(
        id=uuid7(),
        revision=1,
        rule=rule,
        is_paused=False,
        settled_until_at=setting.at,
        next_due_at=None,
    )
    await add_schedule(work.connection, await _started(work, schedule), setting)
    return schedule.id


async def change_schedule(work: UnitOfWork, schedule: Schedule, rule: ScheduleRule, setting: Setting) -> None:
    """The rule from now on, as a new version; the same rule again changes nothing."""
    if rule == schedule.rule:
        return
    settled = await _settled(work, schedule, setting.at)
    changed = replace(settled, rule=rule, revision=schedule.revision + 1)
    await write_version(work.connection, await _started(work, changed), setting)


async def pause_schedule(work: UnitOfWork, schedule: Schedule, setting: Setting) -> None:
    """Nothing falls due any more until it is resumed; ScheduleState when it is paused already."""
    if schedule.is_paused:
        raise ScheduleState(f"{schedule.rule.name} is paused already")
    settled = await _settled(work, schedule, setting.at)
    paused = replace(settled, is_paused=True, revision=schedule.revision + 1, next_due_at=None)
    await write_version(work.connection, paused, setting)


async def resume_schedule(work: UnitOfWork, schedule: Schedule, setting: Setting) -> None:
    """It runs again from now on; nothing of the pause is made up for. ScheduleState when it is not paused."""
    if not schedule.is_paused:
        raise ScheduleState(f"{schedule.rule.name} is not paused")
    settled = await _settled(work, schedule, setting.at)
    resumed = replace(settled, is_paused=False, revision=schedule.revision + 1)
    calendar = await calendar_for(work, resumed.rule)
    await write_version(work.connection, with_next_run(resumed, calendar), setting)


async def schedule_wanted(work: UnitOfWork, schedule_id: UUID, revision: int) -> Schedule:
    """The schedule to change, locked. ScheduleUnknown; Stale when it is not at the revision any more."""
    schedule = await schedule_to_change(work.connection, schedule_id)
    if schedule is None:
        raise ScheduleUnknown(f"There is no schedule {schedule_id}")
    if schedule.revision != revision:
        raise Stale(f"The schedule is at revision {schedule.revision} by now; read it again")
    return schedule


async def _settled(work: UnitOfWork, schedule: Schedule, at: datetime) -> Schedule:
    return await settle_until(work, schedule, await calendar_for(work, schedule.rule), at)


async def _started(work: UnitOfWork, schedule: Schedule) -> Schedule:
    """With its next run by a rule that was looked at."""
    rule = schedule.rule
    if rule.calendar_code and not await calendars_of(work.connection, [rule.calendar_code]):
        raise CalendarUnknown(
            f"There is no holiday calendar {rule.calendar_code}",
            problems=[FieldProblem("/calendar", "expected the code of a holiday calendar")],
        )
    unknown = await unknown_partners(work.connection, rule.partner_codes)
    if unknown:
        problems = [FieldProblem(f"/partner_codes/{position}", "no partner has it") for position in unknown]
        raise ScheduleInvalid("The schedule names unknown partners", problems=problems)
    started = with_next_run(schedule, await calendar_for(work, rule))
    if started.next_due_at is None and not started.is_paused:
        problem = FieldProblem("/cron", "no run follows within the validity and on working days")
        raise ScheduleInvalid("The schedule never runs", problems=[problem])
    return started
