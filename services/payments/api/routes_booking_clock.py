"""The 24-hour booking clock."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.booking_clock import (
    CLOCK_SELECT,
    STANDING,
    STATE,
    WAITING,
    clock_figures,
    clock_steps,
    end_of_day,
    reason_titles,
    waiting_clocks,
)
from services.payments.adapters.queries.listing import Listing
from services.payments.api.amount_range import AmountRange
from services.payments.api.dependencies import PageWanted, Reading, Work
from services.payments.api.posting import posting_of
from services.payments.api.row_scope import visible_zones
from services.payments.api.schemas_booking_clock import (
    BookingClockBody,
    ClockBody,
    ClockHistoryBody,
    ClockNoteDraft,
    LateCauseBody,
    LateCauseDraft,
    PauseDraft,
    StandingName,
    StateName,
    clock_facts,
    figures_of,
    groups_of,
    step_body,
    waiting_credit,
)
from services.payments.application.explain_clock import keep_on_account, state_late_cause
from services.payments.application.pause_clock import pause_clock, resume_clock
from services.payments.domain.business_day import business_day
from services.payments.domain.errors import ClockReasonUnknown, ClockState
from shared.conditional import IfMatch, revision_etag, wanted_revision
from shared.errors import FieldProblem, Invalid, NotFound, PreconditionMissing, Stale
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once
from shared.wire import Day, Instant

router = APIRouter(prefix="/v1/booking-clock", tags=["Booking clock"])
WAITING_MAX: Final = 200
DAYS_MAX: Final = 366
_WAITING_STANDINGS: Final = frozenset({"in_time", "at_risk", "urgent", "late", "paused"})
_CHANGES = (NotFound, ClockState, Stale, PreconditionMissing, KeyReused, StillRunning)


@router.get("", response_model=BookingClockBody, summary="Who is late and who will be")
async def show_booking_clock(
    connection: Reading,
    caller: CurrentCaller,
    credited_on_gte: Annotated[Day | None, Query(description="First day; a year to the last one")] = None,
    credited_on_lte: Annotated[Day | None, Query(description="Last day; today when left out")] = None,
) -> BookingClockBody:
    """Credits booked on time and late, those that wait, and the share on time by day, zone and bank account.

    Without a period what still waits from before it counts as well.
    """
    at, zones = datetime.now(UTC), visible_zones(caller)
    days = _period(credited_on_gte, credited_on_lte, business_day(at))
    is_open = credited_on_gte is None and credited_on_lte is None
    figures = await clock_figures(connection, at, zones, days, with_waiting=is_open)
    waiting = await waiting_clocks(connection, at, zones, limit=WAITING_MAX)
    titles = await reason_titles(connection)
    everything = next(one for one in figures if one.dimension == "all")
    return BookingClockBody.model_validate(
        {
            **figures_of(everything.counts),
            "as_of": at,
            "credited_on_gte": days[0],
            "credited_on_lte": days[1],
            "by_day": groups_of(figures, "day"),
            "by_zone": groups_of(figures, "zone"),
            "by_bank_account": groups_of(figures, "bank_account"),
            "late_causes": [
                LateCauseBody(
                    cause=one.key, title=titles.get(("late", one.key), one.key), count=one.counts["seen"]
                )
                for one in figures
                if one.dimension == "cause" and one.key
            ],
            "waiting": [waiting_credit(row) for row in waiting],
        }
    )


def _period(first_on: date | None, last_on: date | None, today: date) -> tuple[date, date]:
    last = last_on or max(today, first_on or today)
    first = first_on or last - timedelta(days=DAYS_MAX - 1)
    if not first <= last < first + timedelta(days=DAYS_MAX):
        problem = FieldProblem("query:credited_on_gte", f"expected at most {DAYS_MAX} days up to {last}")
        raise Invalid("The period is empty or longer than a year", problems=[problem])
    return first, last


@dataclass(frozen=True, slots=True)
class ClockFilters:
    """What a list of clocks is narrowed to; each is a query parameter."""

    state: StateName | None = None
    standing: StandingName | None = None
    zone: Annotated[str | None, Query(max_length=200, description="Empty: nobody known")] = None
    bank_account: Annotated[str | None, Query(max_length=40)] = None
    partner_code: Annotated[str | None, Query(max_length=40)] = None
    late_cause: Annotated[str | None, Query(max_length=40)] = None
    credited_on_gte: Day | None = None
    credited_on_lte: Day | None = None
    due_at_gte: Instant | None = None
    due_at_lte: Annotated[Instant | None, Query(description="With standing: who is late by then")] = None

    def narrow(self, listing: Listing) -> Listing:
        listing.where(f"{STATE} = :state", state=self.state)
        listing.where(f"{STANDING} = :standing", standing=self.standing)
        if self.standing in _WAITING_STANDINGS:
            listing.conditions.append(WAITING)  # lets the index of what waits be used
        listing.where("c.zone = :zone", zone=self.zone)
        listing.where("b.number = :bank_account", bank_account=self.bank_account)
        listing.where("d.partner_code = :partner_code", partner_code=self.partner_code)
        listing.where("c.late_code = :late_cause", late_cause=self.late_cause)
        first, last = self.credited_on_gte, self.credited_on_lte
        listing.where("c.credited_at > :begin", begin=first and end_of_day(first - timedelta(days=1)))
        listing.where("c.credited_at <= :end", end=last and end_of_day(last))
        listing.where("c.due_at >= :due_at_gte", due_at_gte=self.due_at_gte)
        return listing.where("c.due_at <= :due_at_lte", due_at_lte=self.due_at_lte)


@listed(router, "/credits", ClockBody, summary="List credits and their clocks")
async def list_clocks(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    filters: Annotated[ClockFilters, Depends()],
    amounts: Annotated[AmountRange, Depends()],
) -> Page[ClockBody]:
    """In the order in which the bank credited them."""
    scope = f"clocks|{filters}|{amounts}"
    listing = _clocks(caller, "c.credited_at", "c.bank_line_id")
    amounts.narrow(filters.narrow(listing), amount="c.amount_minor", currency="c.currency")
    rows = await listing.after(page.after(scope), ["timestamptz", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.credited_at.isoformat(), str(row.bank_line_id)))
    return Page(items=[ClockBody.model_validate(clock_facts(row)) for row in kept], next_cursor=cursor)


def _clocks(caller: Caller, *order: str) -> Listing:
    listing = Listing(CLOCK_SELECT, order=order, parameters={"at": datetime.now(UTC)})
    zones = visible_zones(caller)
    return listing.where("c.zone = ANY(CAST(:scope_zones AS text[]))", scope_zones=zones)


@router.get(
    "/credits/{bank_line_id}",
    response_model=ClockHistoryBody,
    summary="Show one credit's clock and its history",
    responses=refusals(NotFound),
)
async def show_clock(bank_line_id: UUID, connection: Reading, caller: CurrentCaller) -> Response:
    """Its ETag is what a step sends as If-Match."""
    return await _reply(connection, caller, bank_line_id)


@router.post(
    "/credits/{bank_line_id}/pause",
    response_model=ClockHistoryBody,
    summary="Stop a credit's clock for a named reason",
    responses=refusals(ClockReasonUnknown, *_CHANGES),
)
async def pause_clock_route(
    bank_line_id: UUID,
    draft: PauseDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Only before the time has run out. Booking the credit ends the pause."""

    async def perform() -> Response:
        revision, why = wanted_revision(if_match), (draft.reason, draft.note)
        await pause_clock(work, bank_line_id, why, revision, posting_of(caller))
        return await _reply(work.connection, caller, bank_line_id)

    path = f"/v1/booking-clock/credits/{bank_line_id}/pause"
    return await done_once(work, (caller, key, path), draft, perform)


@router.post(
    "/credits/{bank_line_id}/resumption",
    response_model=ClockHistoryBody,
    summary="Let a credit's clock go on",
    responses=refusals(*_CHANGES),
)
async def resume_clock_route(
    bank_line_id: UUID,
    draft: ClockNoteDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """What was left of its time when it was paused counts from now."""

    async def perform() -> Response:
        await resume_clock(work, bank_line_id, draft.note, wanted_revision(if_match), posting_of(caller))
        return await _reply(work.connection, caller, bank_line_id)

    path = f"/v1/booking-clock/credits/{bank_line_id}/resumption"
    return await done_once(work, (caller, key, path), draft, perform)


@router.post(
    "/credits/{bank_line_id}/late-cause",
    response_model=ClockHistoryBody,
    summary="Say why a credit was late",
    responses=refusals(ClockReasonUnknown, *_CHANGES),
)
async def state_late_cause_route(
    bank_line_id: UUID,
    draft: LateCauseDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Also before it is booked, once its time has run out. The last cause counts, the earlier ones stay in its history."""

    async def perform() -> Response:
        revision, why = wanted_revision(if_match), (draft.cause, draft.note)
        await state_late_cause(work, bank_line_id, why, revision, posting_of(caller))
        return await _reply(work.connection, caller, bank_line_id)

    path = f"/v1/booking-clock/credits/{bank_line_id}/late-cause"
    return await done_once(work, (caller, key, path), draft, perform)


@router.post(
    "/credits/{bank_line_id}/on-account",
    response_model=ClockHistoryBody,
    summary="Say that a credit's money stays on account",
    responses=refusals(*_CHANGES),
)
async def keep_on_account_route(
    bank_line_id: UUID,
    draft: ClockNoteDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """It counts as allocated from now on; nothing is posted."""

    async def perform() -> Response:
        await keep_on_account(work, bank_line_id, draft.note, wanted_revision(if_match), posting_of(caller))
        return await _reply(work.connection, caller, bank_line_id)

    path = f"/v1/booking-clock/credits/{bank_line_id}/on-account"
    return await done_once(work, (caller, key, path), draft, perform)


async def _reply(connection: AsyncConnection, caller: Caller, bank_line_id: UUID) -> Response:
    listing = _clocks(caller, "c.bank_line_id").where("c.bank_line_id = :id", id=bank_line_id)
    rows = await listing.rows(connection, limit=1)
    if not rows:
        raise NotFound(f"There is no credit {bank_line_id} with a clock")
    steps = [step_body(row) for row in await clock_steps(connection, bank_line_id)]
    body = ClockHistoryBody.model_validate(
        {**clock_facts(rows[0]), "revision": rows[0].revision, "steps": steps}
    )
    return as_reply(body, headers=revision_etag(body.revision))
