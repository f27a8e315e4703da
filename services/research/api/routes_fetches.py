"""Pages and files of the web as evidence: asked for, and what became of each. Off unless an operator allows hosts."""

from datetime import UTC, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Response

from services.research.adapters.briefs import visible_assignment
from services.research.adapters.fetches import fetch_row, fetch_rows
from services.research.api.dependencies import Fetching, PageWanted, Reading, Work
from services.research.api.routes_assignments import AssignmentId
from services.research.api.schemas_fetches import FetchDraft, ResearchFetchBody, fetch_body
from services.research.application.ask_fetch import ask_fetch
from services.research.domain.errors import (
    AssignmentState,
    AssignmentUnknown,
    FetcherOff,
    FetchUrlInvalid,
    ResearchFetchUnknown,
)
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1/research-assignments", tags=["Research assignments"])
FetchId = Annotated[UUID, Path(description="`id` of the fetch")]


@listed(
    router,
    "/{assignment_id}/fetches",
    ResearchFetchBody,
    summary="List pages that were fetched for a research assignment",
    refuses=[AssignmentUnknown],
)
async def list_research_fetches(
    assignment_id: AssignmentId, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[ResearchFetchBody]:
    """The last asked first, those that were refused or failed too."""
    await visible_assignment(connection, caller.row_scope(), assignment_id)
    scope = f"research-fetches|{assignment_id}"
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    rows = await fetch_rows(connection, assignment_id, before, page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[fetch_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "/{assignment_id}/fetches",
    status_code=202,
    summary="Fetch a page for a research assignment",
    response_model=ResearchFetchBody,
    responses=refusals(
        AssignmentUnknown, AssignmentState, FetcherOff, FetchUrlInvalid, KeyReused, StillRunning
    ),
)
async def fetch_research_page(
    assignment_id: AssignmentId,
    draft: FetchDraft,
    work: Work,
    access: Fetching,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """`Location` is the job. A copy that is taken in is a file of the assignment, which evidence names as `file_id`.

    What its host, its robots.txt or its bytes forbid is refused and says why."""

    async def perform() -> Response:
        fetch_id = await ask_fetch(work, (assignment_id, draft.url), access, caller, at=datetime.now(UTC))
        row = await fetch_row(work.connection, assignment_id, fetch_id)
        return as_reply(fetch_body(row), 202, {"Location": f"/v1/jobs/{row.job_id}"})

    path = f"/v1/research-assignments/{assignment_id}/fetches"
    return await done_once(work, (caller, key, path), draft, perform)


@router.get(
    "/{assignment_id}/fetches/{fetch_id}",
    summary="Show a page that was fetched for a research assignment",
    response_model=ResearchFetchBody,
    responses=refusals(AssignmentUnknown, ResearchFetchUnknown),
)
async def show_research_fetch(
    assignment_id: AssignmentId, fetch_id: FetchId, connection: Reading, caller: CurrentCaller
) -> ResearchFetchBody:
    """What was asked for, where it led, and the copy or why there is none."""
    await visible_assignment(connection, caller.row_scope(), assignment_id)
    return fetch_body(await fetch_row(connection, assignment_id, fetch_id))
