"""Months: their checklist, closing, and opening again."""

from datetime import UTC, date, datetime
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.listing import Listing, Row
from services.payments.adapters.queries.periods import (
    BALANCE_SELECT,
    PERIOD_SELECT,
    first_open_on,
    period_events,
)
from services.payments.api.dependencies import PageWanted, Reading, Work
from services.payments.api.posting import posting_of
from services.payments.api.schemas_periods import (
    ChecklistBody,
    PeriodBalanceBody,
    PeriodBody,
    PeriodClosingDraft,
    PeriodHistoryBody,
    ReopeningDecisionDraft,
    ReopeningDraft,
    WaiverDraft,
    checklist_body,
    period_balance_body,
    period_event_body,
    period_facts,
)
from services.payments.application.close_period import (
    ask_reopening,
    close_period,
    decide_reopening,
    period_checklist,
    waive_check,
)
from services.payments.domain.business_day import business_day
from services.payments.domain.errors import (
    AlreadyDecided,
    CheckNotWaivable,
    DateImpossible,
    MakerIsChecker,
    PeriodNotReady,
    PeriodOrder,
    PeriodState,
)
from services.payments.domain.period import month_of
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1/periods", tags=["Periods"])
Month = Annotated[str, Path(pattern=r"^\d{4}-\d{2}$", description="A month as 2026-10")]


@listed(router, "", PeriodBody, summary="List months and whether they are closed")
async def list_periods(page: PageWanted, connection: Reading, _caller: CurrentCaller) -> Page[PeriodBody]:
    """Every month since the books begin, the latest first."""
    listing = Listing(PERIOD_SELECT, order=("m.month",), is_descending=True)
    listing.parameters["today"] = business_day(datetime.now(UTC))
    rows = await listing.after(page.after("periods"), ["date"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, "periods", lambda row: (row.month.isoformat(),))
    return Page(items=[PeriodBody.model_validate(period_facts(row)) for row in kept], next_cursor=cursor)


@router.get(
    "/{month}",
    response_model=PeriodHistoryBody,
    summary="Show one month and its history",
    responses=refusals(DateImpossible),
)
async def show_period(month: Month, connection: Reading, _caller: CurrentCaller) -> PeriodHistoryBody:
    """A month without entries is open."""
    return await _period(connection, month_of(month))


@router.get(
    "/{month}/checklist",
    response_model=ChecklistBody,
    summary="Compute what stands in the way of closing a month",
    responses=refusals(DateImpossible),
)
async def show_checklist(month: Month, connection: Reading, _caller: CurrentCaller) -> ChecklistBody:
    """From the facts, at this instant; the audit chain is walked from its first link."""
    at, first = datetime.now(UTC), month_of(month)
    row = await _row(connection, first)
    reading = await period_checklist(connection, first, row.closings if row else 0, at)
    return checklist_body(first, reading, at)


@router.post(
    "/{month}/waivers",
    status_code=201,
    response_model=PeriodHistoryBody,
    summary="Let a month be closed although a check fails",
    responses=refusals(
        CheckNotWaivable, PeriodState, AlreadyDecided, DateImpossible, KeyReused, StillRunning
    ),
)
async def waive_check_route(
    month: Month, draft: WaiverDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """With the reason, for the closing that comes. Books that do not add up cannot be waived."""

    async def perform() -> Response:
        await waive_check(work, month_of(month), draft.check, draft.reason, posting_of(caller))
        return as_reply(await _period(work.connection, month_of(month)), 201)

    return await done_once(work, (caller, key, f"/v1/periods/{month}/waivers"), draft, perform)


@router.post(
    "/{month}/closing",
    response_model=PeriodHistoryBody,
    summary="Close a month",
    responses=refusals(PeriodNotReady, PeriodState, PeriodOrder, DateImpossible, KeyReused, StillRunning),
)
async def close_period_route(
    month: Month, draft: PeriodClosingDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Refused with what fails. Afterwards nothing is posted into it; balances per account and partner are kept."""

    async def perform() -> Response:
        await close_period(work, month_of(month), posting_of(caller))
        return as_reply(await _period(work.connection, month_of(month)))

    return await done_once(work, (caller, key, f"/v1/periods/{month}/closing"), draft, perform)


@router.post(
    "/{month}/reopening",
    status_code=201,
    response_model=PeriodHistoryBody,
    summary="Ask to open a closed month again",
    responses=refusals(PeriodState, PeriodOrder, DateImpossible, KeyReused, StillRunning),
)
async def ask_reopening_route(
    month: Month, draft: ReopeningDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """It stays closed until another person confirms; only the month that was closed last can be opened."""

    async def perform() -> Response:
        await ask_reopening(work, month_of(month), draft.reason, posting_of(caller))
        return as_reply(await _period(work.connection, month_of(month)), 201)

    return await done_once(work, (caller, key, f"/v1/periods/{month}/reopening"), draft, perform)


@router.post(
    "/{month}/reopening/decision",
    response_model=PeriodHistoryBody,
    summary="Confirm or refuse to open a month again",
    responses=refusals(PeriodState, MakerIsChecker, DateImpossible, KeyReused, StillRunning),
)
async def decide_reopening_route(
    month: Month, draft: ReopeningDecisionDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Never by who asked."""

    async def perform() -> Response:
        is_confirmed = draft.decision == "confirmed"
        await decide_reopening(
            work, month_of(month), draft.reason, posting_of(caller), is_confirmed=is_confirmed
        )
        return as_reply(await _period(work.connection, month_of(month)))

    return await done_once(work, (caller, key, f"/v1/periods/{month}/reopening/decision"), draft, perform)


@listed(
    router,
    "/{month}/balances",
    PeriodBalanceBody,
    summary="List what accounts and partners held when a month was closed",
)
async def list_period_balances(
    month: Month,
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    closing: Annotated[int | None, Query(ge=1, description="Which closing; the last unless given")] = None,
    partner_code: Annotated[str | None, Query(max_length=40)] = None,
) -> Page[PeriodBalanceBody]:
    """Empty for a month that was never closed."""
    first = month_of(month)
    scope = f"period-balances|{month}|{closing}|{partner_code}"
    row = await _row(connection, first)
    number = closing or (row.closings if row else 0)
    order = ("b.account_code", "b.partner_code", "b.currency")
    listing = Listing(BALANCE_SELECT, order=order).where("b.month = :month", month=first)
    listing.where("b.closing = :closing", closing=number)
    listing.where("b.partner_code = :partner_code", partner_code=partner_code)
    rows = await listing.after(page.after(scope), ["text"] * 3).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda one: (one.account_code, one.partner_code, one.currency))
    return Page(items=[period_balance_body(one) for one in kept], next_cursor=cursor)


async def _row(connection: AsyncConnection, month: date) -> Row | None:
    listing = Listing(PERIOD_SELECT, order=("m.month",)).where("m.month = :month", month=month)
    listing.parameters["today"] = business_day(datetime.now(UTC))
    rows = await listing.rows(connection, limit=1)
    return rows[0] if rows else None


async def _period(connection: AsyncConnection, month: date) -> PeriodHistoryBody:
    row = await _row(connection, month)
    opens_on = await first_open_on(connection)
    if row is None:
        facts: dict[str, object] = {
            "month": f"{month:%Y-%m}", "state": "open", "closings": 0, "last_closed_at": None, "revision": 0
        }  # fmt: skip
    else:
        facts = {**period_facts(row), "revision": row.revision}
    history = [period_event_body(one) for one in await period_events(connection, month)]
    return PeriodHistoryBody.model_validate({**facts, "first_open_on": opens_on, "history": history})
