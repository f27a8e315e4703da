"""Returned cheques: what they undid, what they cost, and what was done about them."""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.instruments import (
    BOUNCE_SELECT,
    CHARGE_RULE_SELECT,
    INSTRUMENT_SELECT,
    bounces_since,
)
from services.payments.adapters.queries.listing import Listing
from services.payments.api.dependencies import PageWanted, Reading, Work
from services.payments.api.posting import posting_of
from services.payments.api.row_scope import visible_partners
from services.payments.api.schemas_instruments import (
    BounceBody,
    BounceDraft,
    BounceStepDraft,
    ChargeRuleBody,
    ChargeRuleDraft,
    ChequeStandingBody,
    bounce_body,
    charge_rule_body,
    instrument_body,
)
from services.payments.application.add_charge_rule import AddChargeRule, add_bounce_charge_rule
from services.payments.application.pursue_bounce import PursueBounce, pursue_bounce
from services.payments.application.record_bounce import COUNTED_FOR, RecordBounce, record_bounce
from services.payments.domain.business_day import business_day
from services.payments.domain.errors import (
    AlreadyReversed,
    BounceStepRefused,
    DateImpossible,
    EntriesArchived,
    NotACheque,
    ReceiptRefunded,
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

router = APIRouter(prefix="/v1", tags=["Bounces"])
RELIED_ON_BELOW: Final = 2  # returns within a year; the second ends the trust in post-dated cheques
HELD_MAX: Final = 200


@router.post(
    "/bounces",
    status_code=201,
    response_model=BounceBody,
    summary="Record a returned cheque",
    responses=refusals(
        NotFound,
        NotACheque,
        AlreadyReversed,
        ReceiptRefunded,
        EntriesArchived,
        DateImpossible,
        KeyReused,
        StillRunning,
    ),
)
async def record_bounce_route(
    draft: BounceDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """For a return memo that came by post; a return on a bank statement is recorded by the import."""

    async def perform() -> Response:
        command = RecordBounce(draft.receipt_id, draft.return_code)
        bounce_id = await record_bounce(work, command, posting_of(caller, draft.returned_on))
        return await _reply(work.connection, bounce_id, 201)

    return await done_once(work, (caller, key, "/v1/bounces"), draft, perform)


@listed(router, "/bounces", BounceBody, summary="List returned cheques")
async def list_bounces(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    partner_code: Annotated[str | None, Query(max_length=40)] = None,
    return_class: Literal["financial", "drawer_act", "technical"] | None = None,
    bounced_on_gte: Day | None = None,
    bounced_on_lte: Day | None = None,
) -> Page[BounceBody]:
    """The latest first."""
    scope = f"bounces|{partner_code}|{return_class}|{bounced_on_gte}|{bounced_on_lte}"
    listing = Listing(BOUNCE_SELECT, order=("b.bounced_on", "b.id"), is_descending=True)
    visible_partners(listing, caller, code="p.code", zone="p.zone")
    listing.where("b.partner_code = :partner_code", partner_code=partner_code)
    listing.where("b.return_class = :return_class", return_class=return_class)
    listing.where("b.bounced_on >= :bounced_on_gte", bounced_on_gte=bounced_on_gte)
    listing.where("b.bounced_on <= :bounced_on_lte", bounced_on_lte=bounced_on_lte)
    rows = await listing.after(page.after(scope), ["date", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.bounced_on.isoformat(), str(row.id)))
    return Page(items=[bounce_body(row) for row in kept], next_cursor=cursor)


@router.get("/bounces/{bounce_id}", response_model=BounceBody, summary="Show one returned cheque")
async def show_bounce(bounce_id: UUID, connection: Reading, caller: CurrentCaller) -> BounceBody:
    """What it reopened and how much of that is still open, its charge, steps and last days."""
    listing = Listing(BOUNCE_SELECT, order=("b.id",)).where("b.id = :id", id=bounce_id)
    rows = await visible_partners(listing, caller, code="p.code", zone="p.zone").rows(connection, limit=1)
    if not rows:
        raise NotFound(f"There is no bounce {bounce_id}")
    return bounce_body(rows[0])


@router.post(
    "/bounces/{bounce_id}/steps",
    status_code=201,
    response_model=BounceBody,
    summary="Keep what was done about a returned cheque",
    responses=refusals(NotFound, BounceStepRefused, DateImpossible, KeyReused, StillRunning),
)
async def pursue_bounce_route(
    bounce_id: UUID, draft: BounceStepDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Notice sent, notice received, then the complaint; or paid or not pursued, which ends it."""

    async def perform() -> Response:
        posting = posting_of(caller, draft.happened_on)
        await pursue_bounce(work, PursueBounce(bounce_id, draft.step, draft.happened_on, draft.note), posting)
        return await _reply(work.connection, bounce_id, 201)

    return await done_once(work, (caller, key, f"/v1/bounces/{bounce_id}/steps"), draft, perform)


@router.get(
    "/accounts/{partner}/cheques",
    response_model=ChequeStandingBody,
    summary="Cheques of a partner and whether to rely on them",
)
async def show_cheque_standing(
    partner: str, connection: Reading, caller: CurrentCaller
) -> ChequeStandingBody:
    """Cheques in hand, and how often one came back within a year."""
    known = Listing("SELECT p.code FROM partners p", order=("p.code",)).where("p.code = :code", code=partner)
    if not await visible_partners(known, caller, code="p.code", zone="p.zone").rows(connection, limit=1):
        raise NotFound(f"There is no partner {partner}")
    today = business_day(datetime.now(UTC))
    listing = Listing(INSTRUMENT_SELECT, order=("i.cheque_on", "i.id"))
    listing.where("i.partner_code = :code AND i.standing IN ('held', 'deposited')", code=partner)
    held = (await listing.rows(connection, limit=HELD_MAX))[:HELD_MAX]
    count = await bounces_since(connection, partner, today - COUNTED_FOR)
    return ChequeStandingBody(
        partner_code=partner,
        bounces_in_a_year=count,
        is_relied_on=count < RELIED_ON_BELOW,
        held=[instrument_body(row, today) for row in held],
    )


@listed(router, "/bounce-charge-rules", ChargeRuleBody, summary="What a returned cheque costs")
async def list_charge_rules(
    page: PageWanted, connection: Reading, _caller: CurrentCaller
) -> Page[ChargeRuleBody]:
    """The newest first; the newest on a day is the one that counts."""
    listing = Listing(CHARGE_RULE_SELECT, order=("r.valid_from",), is_descending=True)
    rows = await listing.after(page.after("bounce-charge-rules"), ["date"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, "bounce-charge-rules", lambda row: (row.valid_from.isoformat(),))
    return Page(items=[charge_rule_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "/bounce-charge-rules",
    status_code=201,
    response_model=ChargeRuleBody,
    summary="Change what a returned cheque costs",
    responses=refusals(RuleTaken, KeyReused, StillRunning),
)
async def add_charge_rule_route(
    draft: ChargeRuleDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """From a day on; what was charged before stays. The source says who decided it."""

    async def perform() -> Response:
        command = AddChargeRule(draft.valid_from, draft.amount.minor(), draft.gst_rate, draft.source)
        await add_bounce_charge_rule(work, command, posting_of(caller))
        listing = Listing(CHARGE_RULE_SELECT, order=("r.valid_from",))
        (row,) = await listing.where("r.valid_from = :day", day=draft.valid_from).rows(
            work.connection, limit=1
        )
        return as_reply(charge_rule_body(row), 201)

    return await done_once(work, (caller, key, "/v1/bounce-charge-rules"), draft, perform)


async def _reply(connection: AsyncConnection, bounce_id: UUID, status_code: int) -> Response:
    listing = Listing(BOUNCE_SELECT, order=("b.id",)).where("b.id = :id", id=bounce_id)
    (row,) = await listing.rows(connection, limit=1)
    return as_reply(bounce_body(row), status_code)
