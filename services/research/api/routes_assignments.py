"""Research that somebody asked for: opened, worked on, delivered in time."""

from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.adapters.assignments import assignment_rows, change_rows, question_rows
from services.research.api.dependencies import PageWanted, Reading, Work
from services.research.api.schemas_assignments import (
    AssignmentBody,
    AssignmentChangeDraft,
    AssignmentDetailBody,
    AssignmentDraft,
    assignment_facts,
    change_bodies,
    question_bodies,
)
from services.research.application.change_assignment import AssignmentChange, change_assignment
from services.research.application.open_assignment import OpenAssignment, open_assignment
from services.research.domain.assignment import AssignmentStanding
from services.research.domain.errors import (
    AssignmentState,
    AssignmentUnknown,
    OpportunityUnknown,
    ZoneNeeded,
)
from shared.conditional import IfMatch, revision_etag, wanted_revision
from shared.errors import PreconditionMissing, Stale
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once
from shared.wire import Day

router = APIRouter(prefix="/v1/research-assignments", tags=["Research assignments"])
AssignmentId = Annotated[UUID, Path(description="`id` of the assignment")]


@dataclass(frozen=True, slots=True)
class AssignmentFilters:
    """What a list of assignments is narrowed to; each is a query parameter."""

    state: Annotated[AssignmentStanding | None, Query(description="Where they stand")] = None
    assignee: Annotated[str | None, Query(max_length=120, description="Who does them")] = None
    opportunity_id: Annotated[UUID | None, Query(description="What they are about")] = None
    partner_code: Annotated[str | None, Query(max_length=40, description="Whom they concern")] = None
    due_on_lte: Annotated[Day | None, Query(description="Due on this day or before")] = None
    is_overdue: Annotated[bool | None, Query(description="Not over, and past their time")] = None


@listed(router, "", AssignmentBody, summary="List research assignments")
async def list_research_assignments(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    filters: Annotated[AssignmentFilters, Depends()],
) -> Page[AssignmentBody]:
    """The most urgent first; people of a zone see their zone's."""
    at, scope = datetime.now(UTC), f"research-assignments|{filters}"
    key = page.after(scope)
    after = (datetime.fromisoformat(str(key[0])), UUID(str(key[1]))) if key else None
    chosen = {**asdict(filters), "at": at}
    rows = await assignment_rows(connection, caller.row_scope(), chosen, after, page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (row.due_at.isoformat(), str(row.id)))
    return Page(items=[AssignmentBody(**assignment_facts(row, at)) for row in kept], next_cursor=cursor)


@router.post(
    "",
    status_code=201,
    summary="Ask for research",
    response_model=AssignmentDetailBody,
    responses=refusals(OpportunityUnknown, ZoneNeeded, KeyReused, StillRunning),
)
async def open_research_assignment(
    draft: AssignmentDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """About an opportunity, or a free subject. One that the CRM asked for opens by itself; this opens another."""
    command = OpenAssignment(**draft.model_dump())

    async def perform() -> Response:
        assignment_id = await open_assignment(work, command, caller, at=datetime.now(UTC))
        return await _detail(work.connection, caller, assignment_id, 201)

    return await done_once(work, (caller, key, "/v1/research-assignments"), draft, perform)


@router.get(
    "/{assignment_id}",
    summary="Show a research assignment",
    response_model=AssignmentDetailBody,
    responses=refusals(AssignmentUnknown),
)
async def show_research_assignment(
    assignment_id: AssignmentId, connection: Reading, caller: CurrentCaller
) -> Response:
    """With its questions and its history."""
    return await _detail(connection, caller, assignment_id)


@router.patch(
    "/{assignment_id}",
    summary="Move a research assignment on",
    response_model=AssignmentDetailBody,
    responses=refusals(AssignmentUnknown, AssignmentState, Stale, PreconditionMissing),
)
async def change_research_assignment(
    assignment_id: AssignmentId,
    draft: AssignmentChangeDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
) -> Response:
    """From open to in progress, and on to delivered or cancelled; to somebody else, to another day, with more questions.
    Each change is kept with who made it and why."""
    change = AssignmentChange(**draft.model_dump(), revision=wanted_revision(if_match))
    await change_assignment(work, assignment_id, change, by=caller.actor, at=datetime.now(UTC))
    return await _detail(work.connection, caller, assignment_id)


async def _detail(
    connection: AsyncConnection, caller: Caller, assignment_id: UUID, status_code: int = 200
) -> Response:
    rows = await assignment_rows(connection, caller.row_scope(), {"ids": [assignment_id]})
    if not rows:
        raise AssignmentUnknown(f"There is no research assignment {assignment_id}")
    body = AssignmentDetailBody(
        **assignment_facts(rows[0], datetime.now(UTC)),
        questions=question_bodies(await question_rows(connection, assignment_id)),
        changes=change_bodies(await change_rows(connection, assignment_id)),
    )
    return as_reply(body, status_code, revision_etag(body.revision))
