"""Rules that book waiting lines, and tolerances: proposed by one person, put in force by another."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.payments.adapters.queries.line_standings import RULE_SELECT, TOLERANCE_SELECT
from services.payments.adapters.queries.listing import Listing
from services.payments.api.dependencies import PageWanted, Reading, Work
from services.payments.api.posting import posting_of
from services.payments.api.schemas_reconciliation_rules import (
    RuleBody,
    RuleDraft,
    RuleSimulationBody,
    SimulatedPostingBody,
    ToleranceBody,
    ToleranceDraft,
    rule_body,
    tolerance_body,
)
from services.payments.application.propose_rule import (
    approve_proposed_rule,
    propose_rule,
    set_tolerance,
    sign_set_tolerance,
)
from services.payments.application.simulate_rule import simulate_rule
from services.payments.domain.errors import (
    AccountNotForLines,
    AlreadyDecided,
    BankAccountUnknown,
    MakerIsChecker,
    RuleTaken,
)
from services.payments.domain.reconciliation_rule import ReconciliationRule
from shared.errors import NotFound
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once
from shared.wire import WireModel, money

router = APIRouter(prefix="/v1", tags=["Reconciliation"])
SHOWN_LINES_MAX = 100


class SignatureDraft(WireModel):
    """Nothing but the will to sign."""


@router.post(
    "/reconciliation-rules",
    status_code=201,
    response_model=RuleBody,
    summary="Propose to which account lines of a kind belong",
    responses=refusals(AccountNotForLines, BankAccountUnknown, KeyReused, StillRunning),
)
async def propose_reconciliation_rule_route(
    draft: RuleDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Simulate it, then let somebody else approve it."""

    async def perform() -> Response:
        rule = ReconciliationRule(
            id=uuid7(),
            name=draft.name,
            is_credit=draft.direction == "credit",
            narration_kind=draft.narration_kind,
            words=tuple(draft.words),
            bank_account_id=None,
            amount_max_minor=draft.amount_max.minor() if draft.amount_max else None,
            account_code=draft.account_code,
            valid_from=draft.valid_from,
            valid_to=draft.valid_to,
        )
        await propose_rule(work, rule, draft.bank_account, posting_of(caller))
        return as_reply(await _rule(work.connection, rule.id), 201)

    return await done_once(work, (caller, key, "/v1/reconciliation-rules"), draft, perform)


@listed(router, "/reconciliation-rules", RuleBody, summary="List reconciliation rules")
async def list_reconciliation_rules(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    is_approved: Annotated[bool | None, Query(description="true: those in force")] = None,
) -> Page[RuleBody]:
    """In the order proposed."""
    scope = f"reconciliation-rules|{is_approved}"
    listing = Listing(RULE_SELECT, order=("r.id",))
    listing.where("(r.approved_by IS NOT NULL) = :is_approved", is_approved=is_approved)
    rows = await listing.after(page.after(scope), ["uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[rule_body(row) for row in kept], next_cursor=cursor)


@router.get(
    "/reconciliation-rules/{rule_id}/simulation",
    response_model=RuleSimulationBody,
    summary="Show which waiting lines a rule would post",
    responses=refusals(NotFound),
)
async def simulate_reconciliation_rule_route(
    rule_id: UUID, connection: Reading, _caller: CurrentCaller
) -> RuleSimulationBody:
    """Beside the rules that are in force; nothing is posted."""
    found = await simulate_rule(connection, rule_id)
    return RuleSimulationBody(
        rule_id=rule_id,
        waiting=found.waiting,
        posted=len(found.posted),
        contested=found.contested,
        lines=[
            SimulatedPostingBody(
                bank_line_id=line.id,
                booked_on=line.booked_on,
                amount=money(line.amount_minor, account.currency),
                narration=line.narration,
                narration_kind=line.narration_kind,
            )
            for line, account in found.posted[:SHOWN_LINES_MAX]
        ],
    )


@router.post(
    "/reconciliation-rules/{rule_id}/approval",
    response_model=RuleBody,
    summary="Put a rule in force",
    responses=refusals(NotFound, AlreadyDecided, MakerIsChecker, KeyReused, StillRunning),
)
async def approve_reconciliation_rule_route(
    rule_id: UUID, draft: SignatureDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Never by who proposed it. Waiting lines are posted within minutes, and before each reconciliation."""

    async def perform() -> Response:
        await approve_proposed_rule(work, rule_id, posting_of(caller))
        return as_reply(await _rule(work.connection, rule_id))

    return await done_once(
        work, (caller, key, f"/v1/reconciliation-rules/{rule_id}/approval"), draft, perform
    )


@router.post(
    "/reconciliation-tolerances",
    status_code=201,
    response_model=ToleranceBody,
    summary="Set what may stay unexplained",
    responses=refusals(RuleTaken, BankAccountUnknown, KeyReused, StillRunning),
)
async def set_reconciliation_tolerance_route(
    draft: ToleranceDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Without one, nothing may: the default is zero."""

    async def perform() -> Response:
        values = {
            "name": draft.name,
            "currency": draft.amount.currency,
            "amount_minor": draft.amount.minor(),
            "reason": draft.reason,
            "valid_from": draft.valid_from,
            "valid_to": draft.valid_to,
        }
        tolerance_id = await set_tolerance(work, values, draft.bank_account, posting_of(caller))
        return as_reply(await _tolerance(work.connection, tolerance_id), 201)

    return await done_once(work, (caller, key, "/v1/reconciliation-tolerances"), draft, perform)


@listed(router, "/reconciliation-tolerances", ToleranceBody, summary="List tolerances")
async def list_reconciliation_tolerances(
    page: PageWanted, connection: Reading, _caller: CurrentCaller
) -> Page[ToleranceBody]:
    """Also those that are over or not signed."""
    listing = Listing(TOLERANCE_SELECT, order=("t.id",)).after(
        page.after("reconciliation-tolerances"), ["uuid"]
    )
    rows = await listing.rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, "reconciliation-tolerances", lambda row: (str(row.id),))
    return Page(items=[tolerance_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "/reconciliation-tolerances/{tolerance_id}/signature",
    response_model=ToleranceBody,
    summary="Sign a tolerance",
    responses=refusals(NotFound, AlreadyDecided, MakerIsChecker, KeyReused, StillRunning),
)
async def sign_reconciliation_tolerance_route(
    tolerance_id: UUID, draft: SignatureDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Never by who set it."""

    async def perform() -> Response:
        await sign_set_tolerance(work, tolerance_id, posting_of(caller))
        return as_reply(await _tolerance(work.connection, tolerance_id))

    path = f"/v1/reconciliation-tolerances/{tolerance_id}/signature"
    return await done_once(work, (caller, key, path), draft, perform)


async def _rule(connection: AsyncConnection, rule_id: UUID) -> RuleBody:
    (row,) = (
        await Listing(RULE_SELECT, order=("r.id",)).where("r.id = :id", id=rule_id).rows(connection, limit=1)
    )
    return rule_body(row)


async def _tolerance(connection: AsyncConnection, tolerance_id: UUID) -> ToleranceBody:
    listing = Listing(TOLERANCE_SELECT, order=("t.id",)).where("t.id = :id", id=tolerance_id)
    (row,) = await listing.rows(connection, limit=1)
    return tolerance_body(row)
