"""How long documents are kept: rules by kind, from a day on."""

from datetime import UTC, date, datetime

from fastapi import APIRouter, Response

from services.partners.adapters.document_queries import retention_rule_rows
from services.partners.api.dependencies import PageWanted, Reading, Work
from services.partners.api.schemas_documents import RetentionRuleBody, RetentionRuleDraft
from services.partners.application.add_retention_rule import add_rule
from services.partners.domain.document import RetentionRule
from services.partners.domain.errors import RuleTaken
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1/retention-rules", tags=["Documents"])


@listed(router, "", RetentionRuleBody, summary="List how long documents are kept")
async def list_retention_rules(
    page: PageWanted, connection: Reading, _caller: CurrentCaller
) -> Page[RetentionRuleBody]:
    """By kind, the newest rule first."""
    key = page.after("retention-rules")
    after = (str(key[0]), date.fromisoformat(str(key[1]))) if key else None
    rows = await retention_rule_rows(connection, after=after, limit=page.limit + 1)
    kept, cursor = page.cut(rows, "retention-rules", lambda row: (row.kind, row.valid_from.isoformat()))
    items = [RetentionRuleBody.model_validate(dict(row._mapping)) for row in kept]
    return Page(items=items, next_cursor=cursor)


@router.post(
    "",
    status_code=201,
    response_model=RetentionRuleBody,
    summary="Add a rule of how long documents are kept",
    responses=refusals(RuleTaken, KeyReused, StillRunning),
)
async def add_retention_rule_route(
    draft: RetentionRuleDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """For documents published from now on; what is kept already keeps its day."""

    async def perform() -> Response:
        now = datetime.now(UTC)
        rule = RetentionRule(draft.kind.value, draft.valid_from, draft.years)
        await add_rule(work, rule, source=draft.source, actor=caller.actor, at=now)
        body = RetentionRuleBody(**draft.model_dump(), added_at=now, added_by=caller.actor)
        return as_reply(body, 201)

    return await done_once(work, (caller, key, "/v1/retention-rules"), draft, perform)
