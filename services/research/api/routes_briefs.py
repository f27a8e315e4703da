"""Briefs: frozen as versions, reviewed by another person, shared with sales, read, and judged by their readers."""

import asyncio
from datetime import UTC, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Path, Response
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.research.adapters.briefs import (
    add_row,
    brief_rows,
    feedback_rows,
    note_reader,
    reader_rows,
    visible_assignment,
    visible_brief,
)
from services.research.adapters.research_documents.brief import brief_pdf
from services.research.api.dependencies import PageWanted, Pool, Reading, Work
from services.research.api.routes_assignments import AssignmentId
from services.research.api.schemas_briefs import (
    BriefBody,
    BriefDetailBody,
    BriefDraft,
    FeedbackDraft,
    ReviewDraft,
    brief_facts,
    feedback_body,
    reader_body,
)
from services.research.application.share_brief import Review, freeze_brief, review_brief, share_brief
from services.research.domain.errors import (
    AssignmentState,
    AssignmentUnknown,
    BriefState,
    BriefUnknown,
    MakerIsChecker,
)
from shared.database import UnitOfWork
from shared.documents.attachment import attachment_headers
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1", tags=["Research assignments"])
BriefId = Annotated[UUID, Path(description="`id` of the brief")]
_PDF: Final[dict[int | str, dict[str, Any]]] = {
    200: {"content": {"application/pdf": {"schema": {"type": "string", "format": "binary"}}}}
}


@listed(
    router,
    "/research-assignments/{assignment_id}/briefs",
    BriefBody,
    summary="List briefs of a research assignment",
    refuses=[AssignmentUnknown],
)
async def list_research_briefs(
    assignment_id: AssignmentId, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[BriefBody]:
    """The last version first; people of zones see what was shared."""
    await visible_assignment(connection, caller.row_scope(), assignment_id)
    scope = f"research-briefs|{assignment_id}"
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    rows = await brief_rows(connection, caller.row_scope(), assignment_id, before, page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[BriefBody(**brief_facts(row)) for row in kept], next_cursor=cursor)


@router.post(
    "/research-assignments/{assignment_id}/briefs",
    status_code=201,
    summary="Freeze a brief",
    response_model=BriefDetailBody,
    responses=refusals(AssignmentUnknown, AssignmentState, KeyReused, StillRunning),
)
async def freeze_research_brief(
    assignment_id: AssignmentId,
    draft: BriefDraft,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """The next version: what the CRM says, what was found by question and what was not, what is known of competitors where
    the customer is, and every source."""

    async def perform() -> Response:
        brief_id = await freeze_brief(work, assignment_id, draft.summary, caller, at=datetime.now(UTC))
        return await _shown(work.connection, caller, brief_id, 201)

    path = f"/v1/research-assignments/{assignment_id}/briefs"
    return await done_once(work, (caller, key, path), draft, perform)


@router.get(
    "/research-briefs/{brief_id}",
    summary="Show a brief",
    response_model=BriefDetailBody,
    responses=refusals(BriefUnknown),
)
async def show_research_brief(brief_id: BriefId, connection: Reading, caller: CurrentCaller) -> Response:
    """What was frozen, how it was reviewed, who read it and what they say of it."""
    return await _shown(connection, caller, brief_id)


@router.get(
    "/research-briefs/{brief_id}/content",
    summary="Download a brief",
    response_class=Response,
    responses={**_PDF, **refusals(BriefUnknown)},
)
async def download_research_brief(brief_id: BriefId, pool: Pool, caller: CurrentCaller) -> Response:
    """As PDF. Who takes it is noted as its reader."""
    async with UnitOfWork(pool) as work:
        row = await visible_brief(work.connection, caller.row_scope(), brief_id)
        await note_reader(work.connection, brief_id, caller.actor, datetime.now(UTC))
        await work.commit()
    pdf = await asyncio.to_thread(
        brief_pdf,
        row.content,
        version=row.version,
        decision=row.decision,
        reviewed_by=row.reviewed_by,
        made_at=row.made_at,
    )
    headers = attachment_headers(f"brief-{brief_id}-{row.version}.pdf")
    return Response(pdf, media_type="application/pdf", headers=headers)


@router.post(
    "/research-briefs/{brief_id}/review",
    status_code=201,
    summary="Review a brief",
    response_model=BriefDetailBody,
    responses=refusals(BriefUnknown, BriefState, MakerIsChecker, KeyReused, StillRunning),
)
async def review_research_brief(
    brief_id: BriefId, draft: ReviewDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """By another person than its maker, once: approved, it may be shared; returned, a new version is made."""

    async def perform() -> Response:
        review = Review(is_approved=draft.is_approved, note=draft.note)
        await review_brief(work, brief_id, review, caller, at=datetime.now(UTC))
        return await _shown(work.connection, caller, brief_id, 201)

    return await done_once(work, (caller, key, f"/v1/research-briefs/{brief_id}/review"), draft, perform)


@router.post(
    "/research-briefs/{brief_id}/sharing",
    status_code=201,
    summary="Share a brief with sales",
    response_model=BriefDetailBody,
    responses=refusals(BriefUnknown, BriefState, KeyReused, StillRunning),
)
async def share_research_brief(
    brief_id: BriefId, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Once it was approved: from then on people of its zone see it, and are told of it as it happens."""

    async def perform() -> Response:
        await share_brief(work, brief_id, caller, at=datetime.now(UTC))
        return await _shown(work.connection, caller, brief_id, 201)

    return await done_once(work, (caller, key, f"/v1/research-briefs/{brief_id}/sharing"), None, perform)


@router.post(
    "/research-briefs/{brief_id}/feedback",
    status_code=201,
    summary="Say what a brief was worth",
    response_model=BriefDetailBody,
    responses=refusals(BriefUnknown, KeyReused, StillRunning),
)
async def judge_research_brief(
    brief_id: BriefId, draft: FeedbackDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """By whoever may read it; each word of it is kept."""

    async def perform() -> Response:
        await visible_brief(work.connection, caller.row_scope(), brief_id)
        given = {"given_by": caller.actor, "given_at": datetime.now(UTC)}
        facts = {"id": uuid7(), "brief_id": brief_id, **draft.model_dump(), **given}
        await add_row(work.connection, "research_brief_feedback", facts)
        return await _shown(work.connection, caller, brief_id, 201)

    return await done_once(work, (caller, key, f"/v1/research-briefs/{brief_id}/feedback"), draft, perform)


async def _shown(
    connection: AsyncConnection, caller: Caller, brief_id: UUID, status_code: int = 200
) -> Response:
    row = await visible_brief(connection, caller.row_scope(), brief_id)
    body = BriefDetailBody(
        **brief_facts(row),
        content=row.content,
        readers=[reader_body(one) for one in await reader_rows(connection, brief_id)],
        feedback=[feedback_body(one) for one in await feedback_rows(connection, brief_id)],
    )
    return as_reply(body, status_code)
