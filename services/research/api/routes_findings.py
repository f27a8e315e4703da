"""What research found for an assignment: evidence with its sources, and findings that cite it."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter, Response

from services.research.adapters.briefs import evidence_rows, finding_rows, visible_assignment
from services.research.api.dependencies import PageWanted, Reading, Work
from services.research.api.routes_assignments import AssignmentId
from services.research.api.schemas_briefs import (
    EvidenceBody,
    EvidenceDraft,
    FindingDraft,
    ResearchFindingBody,
    evidence_body,
    evidence_recorded,
    finding_body,
    finding_recorded,
)
from services.research.application.record_finding import record_evidence, record_finding
from services.research.domain.errors import (
    AssignmentState,
    AssignmentUnknown,
    CitationInvalid,
    EvidenceInvalid,
)
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1/research-assignments", tags=["Research assignments"])


@listed(
    router,
    "/{assignment_id}/evidence",
    EvidenceBody,
    summary="List evidence of a research assignment",
    refuses=[AssignmentUnknown],
)
async def list_research_evidence(
    assignment_id: AssignmentId, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[EvidenceBody]:
    """In the order it was recorded."""
    await visible_assignment(connection, caller.row_scope(), assignment_id)
    scope = f"research-evidence|{assignment_id}"
    key = page.after(scope)
    after = UUID(str(key[0])) if key else None
    rows = await evidence_rows(connection, assignment_id, after, page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[evidence_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "/{assignment_id}/evidence",
    status_code=201,
    summary="Record evidence for a research assignment",
    response_model=EvidenceBody,
    responses=refusals(AssignmentUnknown, AssignmentState, EvidenceInvalid, KeyReused, StillRunning),
)
async def record_research_evidence(
    assignment_id: AssignmentId,
    draft: EvidenceDraft,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """A quotation or a figure with its source, its day and its grade; or the frozen answer to a question to datasets."""

    async def perform() -> Response:
        recorded = evidence_recorded(draft)
        evidence_id = await record_evidence(work, assignment_id, recorded, caller, at=datetime.now(UTC))
        rows = await evidence_rows(work.connection, assignment_id)
        return as_reply(evidence_body(next(row for row in rows if row.id == evidence_id)), 201)

    path = f"/v1/research-assignments/{assignment_id}/evidence"
    return await done_once(work, (caller, key, path), draft, perform)


@listed(
    router,
    "/{assignment_id}/findings",
    ResearchFindingBody,
    summary="List findings of a research assignment",
    refuses=[AssignmentUnknown],
)
async def list_research_findings(
    assignment_id: AssignmentId, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[ResearchFindingBody]:
    """In the order they were recorded."""
    await visible_assignment(connection, caller.row_scope(), assignment_id)
    scope = f"research-findings|{assignment_id}"
    key = page.after(scope)
    after = UUID(str(key[0])) if key else None
    rows = await finding_rows(connection, assignment_id, after, page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[finding_body(row) for row in kept], next_cursor=cursor)


@router.post(
    "/{assignment_id}/findings",
    status_code=201,
    summary="Record a finding of a research assignment",
    response_model=ResearchFindingBody,
    responses=refusals(
        AssignmentUnknown, AssignmentState, CitationInvalid, EvidenceInvalid, KeyReused, StillRunning
    ),
)
async def record_research_finding(
    assignment_id: AssignmentId,
    draft: FindingDraft,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """It has to cite evidence of the assignment."""

    async def perform() -> Response:
        recorded = finding_recorded(draft)
        finding_id = await record_finding(work, assignment_id, recorded, caller, at=datetime.now(UTC))
        rows = await finding_rows(work.connection, assignment_id)
        return as_reply(finding_body(next(row for row in rows if row.id == finding_id)), 201)

    path = f"/v1/research-assignments/{assignment_id}/findings"
    return await done_once(work, (caller, key, path), draft, perform)
