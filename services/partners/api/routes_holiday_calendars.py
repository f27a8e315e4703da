"""Holiday calendars: weekly rules and single days, dated and with their source."""

from datetime import UTC, date, datetime
from uuid import UUID

from fastapi import APIRouter, Response
from uuid_utils.compat import uuid7

from services.partners.adapters.holiday_calendars import (
    CalendarDayRow,
    DayRange,
    Row,
    calendar_day_rows,
    calendar_rows,
)
from services.partners.adapters.schedule_store import Setting
from services.partners.api.dependencies import PageWanted, Reading, Work
from services.partners.api.schemas_holiday_calendars import (
    HolidayBody,
    HolidayCalendarBody,
    HolidayCalendarDraft,
    HolidaysBody,
    HolidaysDraft,
)
from services.partners.application.set_holidays import set_holiday_calendar, set_holidays
from services.partners.domain.errors import (
    CalendarTaken,
    CalendarUnknown,
)
from shared.errors import NotFound
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once
from shared.scheduling.refusals import CalendarNeverOpen
from shared.wire import Day

router = APIRouter(prefix="/v1/holiday-calendars", tags=["Holiday calendars"])


@listed(router, "", HolidayCalendarBody, summary="List holiday calendars")
async def list_holiday_calendars(
    page: PageWanted, connection: Reading, _caller: CurrentCaller
) -> Page[HolidayCalendarBody]:
    """In the order of their codes."""
    (after,) = page.after("holiday-calendars") or ("",)
    rows = await calendar_rows(connection, after=str(after), limit=page.limit + 1)
    kept, cursor = page.cut(rows, "holiday-calendars", lambda row: (row.code,))
    return Page(items=[_calendar_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "",
    status_code=201,
    response_model=HolidayCalendarBody,
    summary="Add a holiday calendar",
    responses=refusals(CalendarTaken, CalendarUnknown, CalendarNeverOpen, KeyReused, StillRunning),
)
async def add_holiday_calendar(
    draft: HolidayCalendarDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """It moves nothing until a schedule names it."""

    async def perform() -> Response:
        setting = Setting(caller.actor, datetime.now(UTC))
        await set_holiday_calendar(work, draft.model_dump(), setting)
        (row,) = await calendar_rows(work.connection, code=draft.code)
        return as_reply(_calendar_body(row), 201)

    return await done_once(work, (caller, key, "/v1/holiday-calendars"), draft, perform)


@listed(
    router,
    "/{code}/days",
    HolidayBody,
    summary="List the days that differ from a calendar's weekly rule",
    refuses=(NotFound,),
)
async def list_holidays(
    code: str,
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    day_gte: Day | None = None,
    day_lte: Day | None = None,
) -> Page[HolidayBody]:
    """Its own days in order; those of its base are listed there. Of two rows of one day the later counts."""
    if not await calendar_rows(connection, code=code):
        raise NotFound(f"There is no holiday calendar {code}")
    scope = f"holidays|{code}|{day_gte}|{day_lte}"
    key = page.after(scope)
    after = (date.fromisoformat(str(key[0])), UUID(str(key[1]))) if key else None
    rows = await calendar_day_rows(
        connection, code, DayRange(day_gte, day_lte), after=after, limit=page.limit + 1
    )
    kept, cursor = page.cut(rows, scope, lambda row: (row.day.isoformat(), str(row.id)))
    return Page(items=[_day_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "/{code}/days",
    status_code=201,
    response_model=HolidaysBody,
    summary="Add holidays and working days to a calendar",
    responses=refusals(NotFound, CalendarNeverOpen, KeyReused, StillRunning),
)
async def add_holidays(
    code: str, draft: HolidaysDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Schedules that follow the calendar, or one that has its days, get their next run anew."""

    async def perform() -> Response:
        if not await calendar_rows(work.connection, code=code):
            raise NotFound(f"There is no holiday calendar {code}")
        setting = Setting(caller.actor, datetime.now(UTC))
        days = [CalendarDayRow(id=uuid7(), **one.model_dump()) for one in draft.days]
        await set_holidays(work, code, days, setting)
        bodies = [
            HolidayBody(
                id=one.id,
                day=one.day,
                is_working=one.is_working,
                name=one.name,
                source=one.source,
                set_by=setting.actor,
                set_at=setting.at,
            )
            for one in days
        ]
        return as_reply(HolidaysBody(days=bodies), 201)

    return await done_once(work, (caller, key, f"/v1/holiday-calendars/{code}/days"), draft, perform)


def _calendar_body(row: Row) -> HolidayCalendarBody:
    return HolidayCalendarBody(
        code=row.code,
        name=row.name,
        base=row.base_code,
        closed_weekdays=row.closed_weekdays,
        closed_saturdays=row.closed_saturdays,
        last_day_on=row.last_day_on,
        source=row.source,
        set_by=row.set_by,
        set_at=row.set_at,
    )


def _day_body(row: Row) -> HolidayBody:
    return HolidayBody(
        id=row.id,
        day=row.day,
        is_working=row.is_working,
        name=row.name,
        source=row.source,
        set_by=row.set_by,
        set_at=row.set_at,
    )
