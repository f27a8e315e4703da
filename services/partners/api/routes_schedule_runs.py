"""Runs of schedules: those to come, by schedule and by day, and those that were with what became of them."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import islice
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.adapters.holiday_calendars import calendars_of
from services.partners.adapters.schedule_queries import (
    ScheduleFilter,
    item_rows,
    run_rows,
    schedule_row,
    schedule_rows,
)
from services.partners.adapters.schedule_store import Row, rule_of
from services.partners.api.dependencies import PageWanted, Reading
from services.partners.api.schemas_schedule_runs import (
    CalendarEntryBody,
    ItemState,
    ScheduleItemBody,
    SchedulePreviewBody,
    ScheduleRunBody,
    calendar_entry,
    item_body,
    planned_run_body,
    run_body,
)
from services.partners.domain.errors import DayRangeTooLong, ScheduleUnknown
from shared.errors import FieldProblem
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.scheduling.holiday_calendar import ALWAYS_OPEN
from shared.scheduling.planned_runs import planned_runs, runs_within
from shared.scheduling.timing import Timing
from shared.scheduling.wall_clock import instant_of
from shared.wire import Day

router = APIRouter(prefix="/v1/document-schedules", tags=["Document schedules"])
DAYS_MAX: Final = 92
SCHEDULES_MAX: Final = 1_000


@listed(
    router,
    "/calendar",
    CalendarEntryBody,
    summary="List the runs of all schedules by day",
    refuses=(DayRangeTooLong,),
)
async def list_schedule_calendar(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    first: Annotated[Day, Query(alias="from", description="First day, at most 92 before the last")],
    last: Annotated[Day, Query(alias="to", description="Last day, included")],
) -> Page[CalendarEntryBody]:
    """Runs to come of schedules that are not paused, by their instants."""
    if not 0 <= (last - first).days < DAYS_MAX:
        problems = [FieldProblem("?to", f"expected a day within {DAYS_MAX} days from `from`")]
        raise DayRangeTooLong("The range of days cannot be shown", problems=problems)
    scope = f"schedule-calendar|{first}|{last}"
    key = page.after(scope)
    rows = await schedule_rows(connection, ScheduleFilter(is_paused=False), after=None, limit=SCHEDULES_MAX)
    entries = await _entries(connection, rows, first, last)
    if key is not None:
        entries = [one for one in entries if _place(one) > (str(key[0]), str(key[1]))]
    kept, cursor = page.cut(entries[: page.limit + 1], scope, _place)
    return Page(items=list(kept), next_cursor=cursor)


@router.get(
    "/{schedule_id}/preview",
    response_model=SchedulePreviewBody,
    summary="Preview a schedule's next runs",
    responses=refusals(ScheduleUnknown),
)
async def preview_document_schedule(
    schedule_id: UUID,
    connection: Reading,
    _caller: CurrentCaller,
    count: Annotated[int, Query(ge=1, le=100, description="How many runs")] = 10,
) -> SchedulePreviewBody:
    """From now on, each with the times that were moved to it or left out before it, and why."""
    row = await schedule_row(connection, schedule_id)
    if row is None:
        raise ScheduleUnknown(f"There is no schedule {schedule_id}")
    rule = rule_of(row)
    calendars = await calendars_of(connection, [rule.calendar_code] if rule.calendar_code else [])
    calendar = calendars.get(rule.calendar_code or "", ALWAYS_OPEN)
    runs = islice(planned_runs(rule.timing, calendar, datetime.now(UTC)), count)
    return SchedulePreviewBody(
        schedule_id=schedule_id,
        revision=row.revision,
        is_paused=row.is_paused,
        runs=[planned_run_body(run, rule, calendar) for run in runs],
    )


@listed(
    router,
    "/{schedule_id}/runs",
    ScheduleRunBody,
    summary="List a schedule's runs",
    refuses=(ScheduleUnknown,),
)
async def list_schedule_runs(
    schedule_id: UUID, page: PageWanted, connection: Reading, _caller: CurrentCaller
) -> Page[ScheduleRunBody]:
    """Every instant that was due, the newest first, those that were left out as well."""
    if await schedule_row(connection, schedule_id) is None:
        raise ScheduleUnknown(f"There is no schedule {schedule_id}")
    scope = f"schedule-runs|{schedule_id}"
    key = page.after(scope)
    before = datetime.fromisoformat(str(key[0])) if key else None
    rows = await run_rows(connection, schedule_id, before=before, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (row.due_at.isoformat(),))
    return Page(items=[run_body(row) for row in kept], next_cursor=cursor)


@listed(
    router,
    "/{schedule_id}/runs/{run_id}/items",
    ScheduleItemBody,
    summary="List what became of each partner's documents in a run",
    refuses=(ScheduleUnknown,),
)
async def list_schedule_items(
    schedule_id: UUID,
    run_id: UUID,
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    state: ItemState | None = None,
) -> Page[ScheduleItemBody]:
    """By partner and kind, those with nothing to send as well."""
    if await schedule_row(connection, schedule_id) is None:
        raise ScheduleUnknown(f"There is no schedule {schedule_id}")
    scope = f"schedule-items|{schedule_id}|{run_id}|{state}"
    key = page.after(scope)
    after = (str(key[0]), str(key[1])) if key else None
    rows = await item_rows(connection, run_id, state, after=after, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (row.partner_code, row.kind))
    return Page(items=[item_body(row) for row in kept], next_cursor=cursor)


async def _entries(
    connection: AsyncConnection, rows: Sequence[Row], first: date, last: date
) -> list[CalendarEntryBody]:
    calendars = await calendars_of(connection, {row.calendar_code for row in rows if row.calendar_code})
    now = datetime.now(UTC)
    entries: list[CalendarEntryBody] = []
    for row in rows:
        timing = rule_of(row).timing
        since = max(_midnight(first, timing) - timedelta(microseconds=1), now)
        until = _midnight(last + timedelta(days=1), timing) - timedelta(microseconds=1)
        calendar = calendars.get(row.calendar_code, ALWAYS_OPEN)
        entries += [calendar_entry(row, run) for run in runs_within(timing, calendar, since, until)]
    return sorted(entries, key=_place)


def _midnight(day: date, timing: Timing) -> datetime:
    return instant_of(datetime.combine(day, time()), timing.zone)


def _place(entry: CalendarEntryBody) -> tuple[str, str]:
    return entry.due_at.isoformat(), str(entry.schedule_id)
