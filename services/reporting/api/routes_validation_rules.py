"""Validation rules: written as drafts, tried on past snapshots, let count, taken back."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response

from services.reporting.adapters.rule_store import kept_rules, simulations_shown
from services.reporting.api.dependencies import PageWanted, Reading, Work
from services.reporting.api.schemas_validation_rules import (
    RuleSimulationBody,
    RuleSimulationDraft,
    ValidationRuleBody,
    ValidationRuleDraft,
)
from services.reporting.application.write_rule import (
    activate_rule,
    retire_rule,
    rewrite_rule,
    rule_named,
    simulate_rule,
    write_rule,
)
from services.reporting.domain.data_checks.errors import (
    RuleChanged,
    RuleInvalid,
    RuleNameTaken,
    RuleNotActive,
    RuleNotSimulated,
    RuleUnknown,
    SnapshotNotReady,
    SnapshotUnknown,
    SourceObjectUnknown,
    SourceUnknown,
)
from shared.conditional import IfMatch, revision_etag, wanted_revision
from shared.errors import PreconditionMissing
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1/validation-rules", tags=["Data quality"])
RuleNamed = Annotated[
    str,
    Path(max_length=60, description="Name or id of the rule", examples=["open-opportunities-are-touched"]),
]
_RULES = (RuleInvalid, RuleNameTaken, SourceUnknown, SourceObjectUnknown)
_DECIDED = (RuleUnknown, RuleChanged, PreconditionMissing, KeyReused, StillRunning)


@router.post(
    "",
    status_code=201,
    response_model=ValidationRuleBody,
    summary="Write a validation rule",
    responses=refusals(*_RULES, KeyReused, StillRunning),
)
async def write_validation_rule(
    draft: ValidationRuleDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """A draft: it counts once it was simulated and activated."""

    async def perform() -> Response:
        await write_rule(work, draft.rule(), by=caller.actor, at=datetime.now(UTC))
        return await _reply(work, draft.name, 201)

    return await done_once(work, (caller, key, "/v1/validation-rules"), draft, perform)


@listed(router, "", ValidationRuleBody, summary="List validation rules")
async def list_validation_rules(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    system: Annotated[str | None, Query(max_length=60, description="Name of the source system")] = None,
) -> Page[ValidationRuleBody]:
    """By their names, drafts among them."""
    scope = f"validation-rules|{system}"
    (after,) = page.after(scope) or ("",)
    kept = await kept_rules(connection, system, after=str(after), limit=page.limit + 1)
    cut, cursor = page.cut(kept, scope, lambda one: (one.rule.name,))
    return Page(items=[ValidationRuleBody.of(one) for one in cut], next_cursor=cursor)


@router.get(
    "/{rule}",
    response_model=ValidationRuleBody,
    summary="Show a validation rule",
    responses=refusals(RuleUnknown),
)
async def show_validation_rule(rule: RuleNamed, connection: Reading, _caller: CurrentCaller) -> Response:
    """Its ETag is what a change and an activation send as If-Match."""
    kept = await rule_named(connection, rule)
    return as_reply(ValidationRuleBody.of(kept), headers=revision_etag(kept.revision))


@router.put(
    "/{rule}",
    response_model=ValidationRuleBody,
    summary="Change a validation rule",
    responses=refusals(RuleUnknown, RuleChanged, PreconditionMissing, *_RULES),
)
async def change_validation_rule(
    rule: RuleNamed,
    draft: ValidationRuleDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
) -> Response:
    """The next version, whole. The one that counts goes on to, until this one was simulated and activated."""
    who = (caller.actor, datetime.now(UTC))
    await rewrite_rule(work, rule, draft.rule(), revision=wanted_revision(if_match), who=who)
    return await _reply(work, rule)


@router.post(
    "/{rule}/simulations",
    status_code=201,
    response_model=RuleSimulationBody,
    summary="Try a validation rule on a snapshot",
    responses=refusals(RuleUnknown, SnapshotUnknown, SnapshotNotReady, KeyReused, StillRunning),
)
async def simulate_validation_rule(
    rule: RuleNamed,
    draft: RuleSimulationDraft,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """What its newest version would find there. Nothing is raised, and nobody is asked to mend anything."""

    async def perform() -> Response:
        await simulate_rule(work, rule, draft.snapshot_id, by=caller.actor, at=datetime.now(UTC))
        kept = await rule_named(work.connection, rule)
        (row,) = await simulations_shown(work.connection, kept.id, before=None, limit=1)
        return as_reply(RuleSimulationBody.of(row), 201)

    return await done_once(work, (caller, key, f"/v1/validation-rules/{rule}/simulations"), draft, perform)


@listed(
    router,
    "/{rule}/simulations",
    RuleSimulationBody,
    summary="List trials of a validation rule",
    refuses=(RuleUnknown,),
)
async def list_rule_simulations(
    rule: RuleNamed, page: PageWanted, connection: Reading, _caller: CurrentCaller
) -> Page[RuleSimulationBody]:
    """The newest first."""
    kept = await rule_named(connection, rule)
    scope = f"rule-simulations|{kept.id}"
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    rows = await simulations_shown(connection, kept.id, before=before, limit=page.limit + 1)
    cut, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[RuleSimulationBody.of(row) for row in cut], next_cursor=cursor)


@router.post(
    "/{rule}/activation",
    response_model=ValidationRuleBody,
    summary="Let a validation rule count",
    responses=refusals(*_DECIDED, RuleNotSimulated),
)
async def activate_validation_rule(
    rule: RuleNamed,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """The version that was simulated counts from now on; the newest snapshot is looked at anew at once."""
    revision = wanted_revision(if_match)

    async def perform() -> Response:
        await activate_rule(work, rule, revision=revision, who=(caller.actor, datetime.now(UTC)))
        return await _reply(work, rule)

    return await done_once(work, (caller, key, f"/v1/validation-rules/{rule}/activation"), None, perform)


@router.post(
    "/{rule}/retirement",
    response_model=ValidationRuleBody,
    summary="Let a validation rule count no more",
    responses=refusals(*_DECIDED, RuleNotActive),
)
async def retire_validation_rule(
    rule: RuleNamed,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """What it found is closed, and says why. It may count again later."""
    revision = wanted_revision(if_match)

    async def perform() -> Response:
        await retire_rule(work, rule, revision=revision, who=(caller.actor, datetime.now(UTC)))
        return await _reply(work, rule)

    return await done_once(work, (caller, key, f"/v1/validation-rules/{rule}/retirement"), None, perform)


async def _reply(work: Work, named: str, status_code: int = 200) -> Response:
    kept = await rule_named(work.connection, named)
    return as_reply(ValidationRuleBody.of(kept), status_code, revision_etag(kept.revision))
