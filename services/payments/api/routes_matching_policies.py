"""The matching's policy, version by version, and decisions made again with what they were made from."""

from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.listing import Listing, one_row
from services.payments.adapters.queries.policies import POLICY_SELECT
from services.payments.api.dependencies import PageWanted, Reading, Work
from services.payments.api.posting import posting_of
from services.payments.api.schemas_matching_policies import (
    PolicyBody,
    PolicyDraft,
    PolicyState,
    ReplayBody,
    policy_body,
    replay_body,
)
from services.payments.application.draft_policy import DraftPolicy, draft_policy
from services.payments.application.replay_decision import replay_decision
from services.payments.domain.errors import InputsNotKept, PolicyInvalid, PolicyTaken
from shared.errors import NotFound
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1", tags=["Matching policies"])


@router.post(
    "/matching-policies",
    status_code=201,
    response_model=PolicyBody,
    summary="Draft a version of the matching policy",
    responses=refusals(NotFound, PolicyInvalid, PolicyTaken, KeyReused, StillRunning),
)
async def draft_policy_route(
    draft: PolicyDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """It decides nothing before it was simulated and activated by somebody else. A draft is never changed."""

    async def perform() -> Response:
        command = DraftPolicy(draft.version, draft.base_version, draft.changes, draft.note)
        await draft_policy(work, command, posting_of(caller))
        return as_reply(await _policy(work.connection, draft.version), 201)

    return await done_once(work, (caller, key, "/v1/matching-policies"), draft, perform)


@listed(router, "/matching-policies", PolicyBody, summary="List versions of the matching policy")
async def list_policies(
    page: PageWanted, connection: Reading, _caller: CurrentCaller, state: PolicyState | None = None
) -> Page[PolicyBody]:
    """The latest made first."""
    scope = f"matching-policies|{state}"
    listing = Listing(POLICY_SELECT, order=("p.made_at", "p.version"), is_descending=True)
    listing.where("p.state = :state", state=state)
    rows = await listing.after(page.after(scope), ["timestamptz", "text"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.made_at.isoformat(), row.version))
    return Page(items=[policy_body(row) for row in kept], next_cursor=cursor)


@router.get(
    "/matching-policies/{version}", response_model=PolicyBody, summary="Show a version of the matching policy"
)
async def show_policy(version: str, connection: Reading, _caller: CurrentCaller) -> PolicyBody:
    """All its values and who did what with it."""
    return await _policy(connection, version)


@router.get(
    "/bank-lines/{bank_line_id}/replay",
    response_model=ReplayBody,
    summary="Decide a bank line again from what it was decided from",
    responses=refusals(NotFound, InputsNotKept),
)
async def replay_decision_route(
    bank_line_id: UUID,
    connection: Reading,
    _caller: CurrentCaller,
    revision: Annotated[int, Query(ge=1, le=1_000_000, description="Which decision about the line")] = 1,
) -> ReplayBody:
    """With the partners, open invoices, known payers and policy of then. The decision is the same unless the
    matching's code changed, which the reply says. Nothing is written."""
    replay = await replay_decision(connection, bank_line_id, revision)
    line = await one_row(connection, "SELECT currency FROM bank_lines", "id = :id", id=bank_line_id)
    assert line is not None, "a decision has a line"
    return replay_body(replay, line.currency)


async def _policy(connection: AsyncConnection, version: str) -> PolicyBody:
    row = await one_row(connection, POLICY_SELECT, "p.version = :version", version=version)
    if row is None:
        raise NotFound(f"There is no policy {version}")
    return policy_body(row)
