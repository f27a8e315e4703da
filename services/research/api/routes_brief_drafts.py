"""Drafts of first briefs: asked for, read within one's rights, and taken over statement by statement."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from services.research.adapters.brief_drafts import draft_row, draft_rows
from services.research.adapters.briefs import visible_assignment
from services.research.api.dependencies import PageWanted, Reading, Work
from services.research.api.routes_assignments import AssignmentId
from services.research.api.schemas_brief_drafts import (
    AdoptionBody,
    AdoptionDraft,
    BriefDraftBody,
    BriefDraftDetailBody,
    draft_detail,
    draft_facts,
)
from services.research.application.adopt_statements import (
    Adoption,
    TakenOver,
    adopt_statements,
    seen_statements,
)
from services.research.application.draft_brief import ask_draft
from services.research.domain.errors import (
    AssignmentState,
    AssignmentUnknown,
    BriefDraftState,
    BriefDraftUnknown,
    CitationInvalid,
    EvidenceInvalid,
)
from services.research.domain.grade import Grade
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1", tags=["Research assignments"])
DraftId = Annotated[UUID, Path(description="`id` of the draft")]


@listed(
    router,
    "/research-assignments/{assignment_id}/brief-drafts",
    BriefDraftBody,
    summary="List drafts of a research assignment",
    refuses=[AssignmentUnknown],
)
async def list_brief_drafts(
    assignment_id: AssignmentId, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[BriefDraftBody]:
    """The last asked first; the first of all was asked when the assignment was opened."""
    await visible_assignment(connection, caller.row_scope(), assignment_id)
    scope = f"brief-drafts|{assignment_id}"
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    rows = await draft_rows(connection, assignment_id, before, page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[BriefDraftBody(**draft_facts(row)) for row in kept], next_cursor=cursor)


@router.post(
    "/research-assignments/{assignment_id}/brief-drafts",
    status_code=202,
    summary="Draft a brief from what is held",
    response_model=BriefDraftDetailBody,
    responses=refusals(AssignmentUnknown, AssignmentState, KeyReused, StillRunning),
)
async def draft_research_brief(
    assignment_id: AssignmentId, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """`Location` is the job. Names of the company and why they are one, its rows in datasets that you see, who is around it,
    what contradicts itself of competitors there; each sentence cites what it rests on."""

    async def perform() -> Response:
        draft_id = await ask_draft(work, assignment_id, caller, at=datetime.now(UTC))
        row = await draft_row(work.connection, draft_id)
        return as_reply(draft_detail(row, []), 202, {"Location": f"/v1/jobs/{row.job_id}"})

    path = f"/v1/research-assignments/{assignment_id}/brief-drafts"
    return await done_once(work, (caller, key, path), None, perform)


@router.get(
    "/research-brief-drafts/{draft_id}",
    summary="Show a draft of a brief",
    response_model=BriefDraftDetailBody,
    responses=refusals(BriefDraftUnknown),
)
async def show_brief_draft(
    draft_id: DraftId, connection: Reading, caller: CurrentCaller
) -> BriefDraftDetailBody:
    """What it says, as far as you see the datasets it rests on, and what was not found."""
    row = await draft_row(connection, draft_id)
    seen = [] if row.content is None else await seen_statements(connection, row, caller)
    return draft_detail(row, seen)


@router.post(
    "/research-brief-drafts/{draft_id}/adoptions",
    status_code=201,
    summary="Take statements of a draft over",
    response_model=AdoptionBody,
    responses=refusals(
        BriefDraftUnknown,
        BriefDraftState,
        AssignmentState,
        CitationInvalid,
        EvidenceInvalid,
        KeyReused,
        StillRunning,
    ),
)
async def adopt_draft_statements(
    draft_id: DraftId, draft: AdoptionDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Each becomes evidence with your grade, and a finding in your words: briefs say it, and another person reviews them."""

    async def perform() -> Response:
        grade = Grade(reliability=draft.reliability, credibility=draft.credibility)
        taken = [TakenOver(**one.model_dump()) for one in draft.statements]
        adoption = Adoption(statements=taken, grade=grade)
        findings = await adopt_statements(work, draft_id, adoption, caller, at=datetime.now(UTC))
        return as_reply(AdoptionBody(finding_ids=findings), 201)

    return await done_once(
        work, (caller, key, f"/v1/research-brief-drafts/{draft_id}/adoptions"), draft, perform
    )
