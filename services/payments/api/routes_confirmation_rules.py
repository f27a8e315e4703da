"""When partners that do not answer are reminded, as dated rules."""

from fastapi import APIRouter, Response

from services.payments.adapters.queries.balance_confirmations import RULE_SELECT
from services.payments.adapters.queries.listing import Listing, one_row
from services.payments.api.dependencies import PageWanted, Reading, Work
from services.payments.api.posting import posting_of
from services.payments.api.schemas_balance_confirmations import (
    ConfirmationRuleBody,
    ConfirmationRuleDraft,
    rule_body,
)
from services.payments.application.add_chase_rule import AddChaseRule, add_confirmation_rule
from services.payments.domain.balance_confirmation import ChaseRule
from services.payments.domain.errors import RuleTaken
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1/confirmation-rules", tags=["Balance confirmations"])


@listed(router, "", ConfirmationRuleBody, summary="List the rules of reminding")
async def list_confirmation_rules(
    page: PageWanted, connection: Reading, _caller: CurrentCaller
) -> Page[ConfirmationRuleBody]:
    """The newest first."""
    listing = Listing(RULE_SELECT, order=("r.valid_from",), is_descending=True)
    rows = await listing.after(page.after("confirmation-rules"), ["date"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, "confirmation-rules", lambda row: (row.valid_from.isoformat(),))
    return Page(items=[rule_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "",
    status_code=201,
    response_model=ConfirmationRuleBody,
    summary="Add a rule of reminding",
    responses=refusals(RuleTaken, KeyReused, StillRunning),
)
async def add_confirmation_rule_route(
    draft: ConfirmationRuleDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """It holds for what is asked from its day on."""

    async def perform() -> Response:
        rule = ChaseRule(tuple(sorted(set(draft.remind_after_days))), draft.alternative_after_days)
        await add_confirmation_rule(
            work, AddChaseRule(draft.valid_from, rule, draft.source), posting_of(caller)
        )
        row = await one_row(
            work.connection, RULE_SELECT, "r.valid_from = :valid_from", valid_from=draft.valid_from
        )
        assert row is not None
        return as_reply(rule_body(row), 201)

    return await done_once(work, (caller, key, "/v1/confirmation-rules"), draft, perform)
