"""The dated rules by which clocks count and are told: reasons, calendars, terms and escalation."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from pydantic import BaseModel
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.clock_rules import (
    CALENDAR_SELECT,
    DAY_SELECT,
    ESCALATION_SELECT,
    REASON_SELECT,
    TERMS_SELECT,
)
from services.payments.adapters.queries.listing import Listing, Row, one_row
from services.payments.api.dependencies import PageWanted, Reading, Work
from services.payments.api.posting import posting_of
from services.payments.api.schemas_clock_rules import (
    BusinessCalendarBody,
    BusinessCalendarDraft,
    CalendarDayBody,
    CalendarDaysBody,
    CalendarDaysDraft,
    ClockEscalationBody,
    ClockEscalationDraft,
    ClockReasonBody,
    ClockReasonDraft,
    ClockTermsBody,
    ClockTermsDraft,
)
from services.payments.application.set_clock_rules import (
    add_business_calendar,
    add_calendar_days,
    add_clock_escalation,
    add_clock_reason,
    add_clock_terms,
)
from services.payments.domain.errors import (
    BankAccountUnknown,
    CalendarNeverOpen,
    CalendarUnknown,
    RuleTaken,
)
from shared.errors import NotFound
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once
from shared.wire import Day

router = APIRouter(prefix="/v1/booking-clock", tags=["Booking clock"])


@listed(router, "/reasons", ClockReasonBody, summary="List reasons to pause and causes of being late")
async def list_clock_reasons(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    kind: Literal["pause", "late"] | None = None,
) -> Page[ClockReasonBody]:
    """By kind and code, the oldest row of each first; the newest that has begun counts."""
    scope = f"clock-reasons|{kind}"
    listing = Listing(REASON_SELECT, order=("r.kind", "r.code", "r.valid_from")).where(
        "r.kind = :kind", kind=kind
    )
    rows = await listing.after(page.after(scope), ["text", "text", "date"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.kind, row.code, row.valid_from.isoformat()))
    return Page(
        items=[ClockReasonBody.model_validate(dict(row._mapping)) for row in kept], next_cursor=cursor
    )


@router.post(
    "/reasons",
    status_code=201,
    response_model=ClockReasonBody,
    summary="Offer or withdraw a reason",
    responses=refusals(RuleTaken, KeyReused, StillRunning),
)
async def add_clock_reason_route(
    draft: ClockReasonDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """From a day on; what was said with it before stays."""

    async def perform() -> Response:
        await add_clock_reason(work, draft.model_dump(), posting_of(caller))
        condition = "r.kind = :kind AND r.code = :code AND r.valid_from = :day"
        values = {"kind": draft.kind, "code": draft.code, "day": draft.valid_from}
        return await _added(work.connection, ClockReasonBody, (REASON_SELECT, condition), values)

    return await done_once(work, (caller, key, "/v1/booking-clock/reasons"), draft, perform)


@listed(router, "/calendars", BusinessCalendarBody, summary="List business calendars")
async def list_business_calendars(
    page: PageWanted, connection: Reading, _caller: CurrentCaller
) -> Page[BusinessCalendarBody]:
    """In the order of their codes."""
    listing = Listing(CALENDAR_SELECT, order=("c.code",)).after(page.after("calendars"), ["text"])
    rows = await listing.rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, "calendars", lambda row: (row.code,))
    bodies = [BusinessCalendarBody.model_validate(dict(row._mapping)) for row in kept]
    return Page(items=bodies, next_cursor=cursor)


@router.post(
    "/calendars",
    status_code=201,
    response_model=BusinessCalendarBody,
    summary="Add a business calendar",
    responses=refusals(RuleTaken, CalendarNeverOpen, KeyReused, StillRunning),
)
async def add_business_calendar_route(
    draft: BusinessCalendarDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """It counts for nobody until terms name it."""

    async def perform() -> Response:
        await add_business_calendar(work, draft.model_dump(), posting_of(caller))
        return await _added(
            work.connection, BusinessCalendarBody, (CALENDAR_SELECT, "c.code = :code"), {"code": draft.code}
        )

    return await done_once(work, (caller, key, "/v1/booking-clock/calendars"), draft, perform)


@listed(
    router,
    "/calendars/{code}/days",
    CalendarDayBody,
    summary="List the days that differ from a calendar's rule",
    refuses=(NotFound,),
)
async def list_calendar_days(
    code: str,
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    day_gte: Day | None = None,
    day_lte: Day | None = None,
) -> Page[CalendarDayBody]:
    """In the order of the days; of two rows of one day the later counts."""
    if await one_row(connection, CALENDAR_SELECT, "c.code = :code", code=code) is None:
        raise NotFound(f"There is no calendar {code}")
    scope = f"calendar-days|{code}|{day_gte}|{day_lte}"
    listing = Listing(DAY_SELECT, order=("d.day", "d.id")).where("d.calendar_code = :code", code=code)
    listing.where("d.day >= :day_gte", day_gte=day_gte).where("d.day <= :day_lte", day_lte=day_lte)
    rows = await listing.after(page.after(scope), ["date", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.day.isoformat(), str(row.id)))
    return Page(items=[_day(row) for row in kept], next_cursor=cursor)


@router.post(
    "/calendars/{code}/days",
    status_code=201,
    response_model=CalendarDaysBody,
    summary="Add holidays and working days to a calendar",
    responses=refusals(CalendarUnknown, CalendarNeverOpen, KeyReused, StillRunning),
)
async def add_calendar_days_route(
    code: str, draft: CalendarDaysDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Clocks that run by the calendar and have not run out get their new hour."""

    async def perform() -> Response:
        days = [one.model_dump() for one in draft.days]
        ids = await add_calendar_days(work, code, days, posting_of(caller))
        listing = Listing(DAY_SELECT, order=("d.id",)).where("d.id = ANY(CAST(:ids AS uuid[]))", ids=ids)
        rows = await listing.rows(work.connection, limit=len(ids))
        return as_reply(CalendarDaysBody(days=[_day(row) for row in rows]), 201)

    path = f"/v1/booking-clock/calendars/{code}/days"
    return await done_once(work, (caller, key, path), draft, perform)


@listed(router, "/terms", ClockTermsBody, summary="List by which calendar clocks run")
async def list_clock_terms(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    bank_account: Annotated[str | None, Query(max_length=40)] = None,
) -> Page[ClockTermsBody]:
    """The newest day first. Without terms every hour counts."""
    scope = f"clock-terms|{bank_account}"
    listing = Listing(TERMS_SELECT, order=("t.valid_from", "t.id"), is_descending=True)
    listing.where("b.number = :bank_account", bank_account=bank_account)
    rows = await listing.after(page.after(scope), ["date", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.valid_from.isoformat(), str(row.id)))
    return Page(items=[ClockTermsBody.model_validate(dict(row._mapping)) for row in kept], next_cursor=cursor)


@router.post(
    "/terms",
    status_code=201,
    response_model=ClockTermsBody,
    summary="Set by which calendar clocks run",
    responses=refusals(BankAccountUnknown, CalendarUnknown, CalendarNeverOpen, KeyReused, StillRunning),
)
async def add_clock_terms_route(
    draft: ClockTermsDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """For credits of that day and later; clocks among them that have not run out get their new hour."""

    async def perform() -> Response:
        values = {"valid_from": draft.valid_from, "calendar_code": draft.calendar, "note": draft.note}
        terms_id = await add_clock_terms(work, draft.bank_account, values, posting_of(caller))
        return await _added(work.connection, ClockTermsBody, (TERMS_SELECT, "t.id = :id"), {"id": terms_id})

    return await done_once(work, (caller, key, "/v1/booking-clock/terms"), draft, perform)


@listed(router, "/escalations", ClockEscalationBody, summary="List who hears of credits whose time runs out")
async def list_clock_escalations(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    zone: Annotated[str | None, Query(max_length=200)] = None,
    percent: Literal[50, 80, 100] | None = None,
) -> Page[ClockEscalationBody]:
    """By zone; of the rules of a zone and part the newest that has begun counts."""
    scope = f"clock-escalations|{zone}|{percent}"
    listing = Listing(ESCALATION_SELECT, order=("e.zone", "e.id"))
    listing.where("e.zone = :zone", zone=zone).where("e.percent = :percent", percent=percent)
    rows = await listing.after(page.after(scope), ["text", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.zone, str(row.id)))
    bodies = [ClockEscalationBody.model_validate(dict(row._mapping)) for row in kept]
    return Page(items=bodies, next_cursor=cursor)


@router.post(
    "/escalations",
    status_code=201,
    response_model=ClockEscalationBody,
    summary="Set who hears of credits whose time runs out",
    responses=refusals(KeyReused, StillRunning),
)
async def add_clock_escalation_route(
    draft: ClockEscalationDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Role and address travel in the events `booking_at_risk` and `booking_overdue`."""

    async def perform() -> Response:
        rule_id: UUID = await add_clock_escalation(work, draft.model_dump(), posting_of(caller))
        return await _added(
            work.connection, ClockEscalationBody, (ESCALATION_SELECT, "e.id = :id"), {"id": rule_id}
        )

    return await done_once(work, (caller, key, "/v1/booking-clock/escalations"), draft, perform)


async def _added(
    connection: AsyncConnection, body: type[BaseModel], one: tuple[str, str], values: dict[str, object]
) -> Response:
    """The row just added, by (select, condition)."""
    select, condition = one
    row = await one_row(connection, select, condition, **values)
    assert row is not None
    return as_reply(body.model_validate(dict(row._mapping)), 201)


def _day(row: Row) -> CalendarDayBody:
    return CalendarDayBody.model_validate(dict(row._mapping))
