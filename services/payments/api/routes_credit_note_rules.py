"""What holds for credit notes from a day on: grounds, duties, series, annual returns."""

from datetime import UTC, datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from services.payments.adapters.queries.credit_notes import (
    ANNUAL_RETURN_SELECT,
    RULES_SELECT,
    SERIES_SELECT,
    reasons_on,
)
from services.payments.adapters.queries.listing import Listing
from services.payments.api.dependencies import PageWanted, Reading, Work
from services.payments.api.posting import posting_of
from services.payments.api.schemas_credit_note_rules import (
    AnnualReturnBody,
    AnnualReturnDraft,
    NoteReasonRuleBody,
    NoteReasonRuleDraft,
    NoteReasonsBody,
    NoteRulesBody,
    NoteRulesDraft,
    NoteSeriesBody,
    NoteSeriesDraft,
    annual_return_body,
    reason_rule_body,
    rules_body,
    series_body,
)
from services.payments.application.add_credit_note_rules import add_credit_note_rule, refuse_future_return
from services.payments.domain.business_day import business_day
from services.payments.domain.errors import DateImpossible, RuleTaken
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once
from shared.wire import Day, WireModel

router = APIRouter(prefix="/v1", tags=["Credit notes"])
_ADDING = refusals(RuleTaken, KeyReused, StillRunning)


@router.get("/credit-note-reasons", response_model=NoteReasonsBody, summary="List grounds for credit notes")
async def list_reasons(
    connection: Reading, on: Annotated[Day | None, Query(description="Today in India if left out")] = None
) -> NoteReasonsBody:
    """What each type of note may be asked for on the day, and what each ground asks for."""
    day = on or business_day(datetime.now(UTC))
    return NoteReasonsBody(on=day, items=[reason_rule_body(row) for row in await reasons_on(connection, day)])


@router.post(
    "/credit-note-reasons",
    status_code=201,
    response_model=NoteReasonRuleBody,
    summary="Add or change a ground from a day on",
    responses=_ADDING,
)
async def add_reason_route(
    draft: NoteReasonRuleDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """For instance the day from which a discount after the supply needs no agreement before it."""
    return await _added(work, caller, key, ("reason", draft), NoteReasonRuleBody(**draft.model_dump()))


@listed(router, "/credit-note-rules", NoteRulesBody, summary="List rules of credit notes")
async def list_rules(page: PageWanted, connection: Reading) -> Page[NoteRulesBody]:
    """The newest first; of a day the newest before it counts."""
    listing = Listing(RULES_SELECT, order=("r.valid_from",), is_descending=True)
    rows = await listing.after(page.after("credit-note-rules"), ["date"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, "credit-note-rules", lambda row: (row.valid_from.isoformat(),))
    return Page(items=[rules_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "/credit-note-rules",
    status_code=201,
    response_model=NoteRulesBody,
    summary="Say deadline, duties and clocks from a day on",
    responses=_ADDING,
)
async def add_rules_route(
    draft: NoteRulesDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Notes issued before that day keep what held then."""
    return await _added(work, caller, key, ("rules", draft), NoteRulesBody(**draft.model_dump()))


@listed(router, "/credit-note-series", NoteSeriesBody, summary="List series of numbers")
async def list_series(page: PageWanted, connection: Reading) -> Page[NoteSeriesBody]:
    """By type and first day."""
    listing = Listing(SERIES_SELECT, order=("s.note_type", "s.valid_from"))
    rows = await listing.after(page.after("series"), ["text", "date"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, "series", lambda row: (row.note_type, row.valid_from.isoformat()))
    return Page(items=[series_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "/credit-note-series",
    status_code=201,
    response_model=NoteSeriesBody,
    summary="Begin a series of numbers",
    responses=_ADDING,
)
async def add_series_route(
    draft: NoteSeriesDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Counted per GSTIN and financial year, without gaps."""
    return await _added(work, caller, key, ("series", draft), NoteSeriesBody(**draft.model_dump()))


@listed(router, "/annual-returns", AnnualReturnBody, summary="List annual returns")
async def list_annual_returns(page: PageWanted, connection: Reading) -> Page[AnnualReturnBody]:
    """By registration and year."""
    listing = Listing(ANNUAL_RETURN_SELECT, order=("a.gstin", "a.financial_year"))
    rows = await listing.after(page.after("annual-returns"), ["text", "text"]).rows(
        connection, limit=page.limit
    )
    kept, cursor = page.cut(rows, "annual-returns", lambda row: (row.gstin, row.financial_year))
    return Page(items=[annual_return_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "/annual-returns",
    status_code=201,
    response_model=AnnualReturnBody,
    summary="Tell that an annual return was filed",
    responses=refusals(RuleTaken, DateImpossible, KeyReused, StillRunning),
)
async def add_annual_return_route(
    draft: AnnualReturnDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """It ends the time for GST notes on the year's supplies, if it is before the day the law sets."""
    refuse_future_return(draft.filed_on, posting_of(caller))
    return await _added(work, caller, key, ("annual_return", draft), AnnualReturnBody(**draft.model_dump()))


async def _added(
    work: Work, caller: Caller, key: str | None, rule: tuple[str, WireModel], body: WireModel
) -> Response:
    kind, draft = rule

    async def perform() -> Response:
        await add_credit_note_rule(work, kind, draft.model_dump(), posting_of(caller))
        return as_reply(body, 201)

    return await done_once(work, (caller, key, f"credit-note-rule/{kind}"), draft, perform)
