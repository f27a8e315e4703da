"""Partners that are there twice: pairs that look alike, decisions about them, merges and their reversals."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from uuid_utils.compat import uuid7

from services.partners.adapters.merge_store import add_duplicate_decision, duplicate_rows, merge_rows
from services.partners.api.dependencies import PageWanted, Reading, Work
from services.partners.api.schemas_partner_merges import (
    DuplicateBody,
    DuplicateDecisionBody,
    DuplicateDecisionDraft,
    MergeBody,
    MergeDraft,
    MergeReversalDraft,
    duplicate_body,
    merge_body,
)
from services.partners.application.merge_partners import Merging, merge_partners, reverse_merge
from services.partners.domain.errors import MergeImpossible, MergeUnknown, PartnerUnknown
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1", tags=["Partners"])


@listed(router, "/partner-duplicates", DuplicateBody, summary="List partners that may be there twice")
async def list_partner_duplicates(
    page: PageWanted,
    connection: Reading,
    *,
    zone: Annotated[str | None, Query(max_length=200, description="One of the two is in it")] = None,
    is_decided: Annotated[bool, Query(description="true: pairs that somebody decided about")] = False,
) -> Page[DuplicateBody]:
    """Pairs with one GSTIN, PAN or bank account, or with alike names in one place; by their codes."""
    scope = f"partner-duplicates|{zone}|{is_decided}"
    key = page.after(scope)
    after = (str(key[0]), str(key[1])) if key else None
    rows = await duplicate_rows(connection, zone, is_decided=is_decided, after=after, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (row.first_code, row.second_code))
    return Page(items=[duplicate_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "/partner-duplicate-decisions",
    status_code=201,
    response_model=DuplicateDecisionBody,
    summary="Decide whether two partners are one",
    responses=refusals(KeyReused, StillRunning),
)
async def decide_partner_duplicate(
    draft: DuplicateDecisionDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """The pair is not asked about again; a later decision replaces this one, and both stay."""

    async def perform() -> Response:
        first, second = sorted((draft.first_code, draft.second_code))
        decision: dict[str, object] = {
            "id": uuid7(),
            "first_code": first,
            "second_code": second,
            "is_duplicate": draft.is_duplicate,
            "note": draft.note,
            "decided_at": datetime.now(UTC),
            "decided_by": caller.actor,
        }
        if first == second:
            raise MergeImpossible(f"{first} is one partner")
        await add_duplicate_decision(work.connection, decision)
        return as_reply(DuplicateDecisionBody.model_validate(decision), 201)

    return await done_once(work, (caller, key, "/v1/partner-duplicate-decisions"), draft, perform)


@router.post(
    "/partner-merges",
    status_code=201,
    response_model=MergeBody,
    summary="Merge a duplicate into the partner it is",
    responses=refusals(PartnerUnknown, MergeImpossible, KeyReused, StillRunning),
)
async def merge_partners_route(
    draft: MergeDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Its code stays; payment sheets and order boards of the survivor hold what was told under both."""

    async def perform() -> Response:
        merging = Merging(reason=draft.reason, actor=caller.actor, at=datetime.now(UTC))
        row = await merge_partners(work, draft.duplicate_code, draft.survivor_code, merging)
        return as_reply(merge_body(row), 201)

    return await done_once(work, (caller, key, "/v1/partner-merges"), draft, perform)


@listed(router, "/partner-merges", MergeBody, summary="List merges of partners")
async def list_partner_merges(page: PageWanted, connection: Reading) -> Page[MergeBody]:
    """Newest first, with those that were taken back."""
    key = page.after("partner-merges")
    before = UUID(str(key[0])) if key else None
    rows = await merge_rows(connection, before=before, limit=page.limit + 1)
    kept, cursor = page.cut(rows, "partner-merges", lambda row: (str(row.id),))
    return Page(items=[merge_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "/partner-merges/{merge_id}/reversal",
    response_model=MergeBody,
    summary="Take a merge of partners back",
    responses=refusals(MergeUnknown, MergeImpossible, KeyReused, StillRunning),
)
async def reverse_partner_merge(
    merge_id: UUID, draft: MergeReversalDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """The duplicate is a partner of its own again, in the status it had before."""

    async def perform() -> Response:
        merging = Merging(reason=draft.reason, actor=caller.actor, at=datetime.now(UTC))
        return as_reply(merge_body(await reverse_merge(work, merge_id, merging)))

    return await done_once(work, (caller, key, f"/v1/partner-merges/{merge_id}/reversal"), draft, perform)
