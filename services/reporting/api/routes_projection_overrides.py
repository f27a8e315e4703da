"""What people put in place of projected figures."""

from datetime import UTC, datetime
from uuid import UUID

from fastapi import APIRouter, Response

from services.reporting.adapters.projection_overrides import listed_overrides
from services.reporting.api.dependencies import PageWanted, Reading, Work
from services.reporting.api.routes_analyses import visible_analysis
from services.reporting.api.schemas_forecasts import (
    ProjectionOverrideBody,
    ProjectionOverrideDraft,
    override_body,
)
from services.reporting.application.override_projection import override_projection
from services.reporting.domain.errors import AnalysisUnknown, ProjectedFigureUnknown
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1/analyses/{analysis_id}/overrides", tags=["Analyses"])


@router.post(
    "",
    status_code=201,
    response_model=ProjectionOverrideBody,
    summary="Put a figure in place of a projected one",
    responses=refusals(AnalysisUnknown, ProjectedFigureUnknown, KeyReused, StillRunning),
)
async def override_projected_figure(
    analysis_id: UUID,
    draft: ProjectionOverrideDraft,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """Kept beside the projected one, with who and why. A later one of the same figure counts; none is forgotten."""

    async def perform() -> Response:
        row = await override_projection(
            work,
            analysis_id,
            (draft.series, draft.period),
            (draft.value, draft.reason),
            (caller.row_scope(), caller.actor, datetime.now(UTC)),
        )
        return as_reply(override_body(row, is_superseded=False), 201)

    return await done_once(work, (caller, key, f"/v1/analyses/{analysis_id}/overrides"), draft, perform)


@listed(
    router,
    "",
    ProjectionOverrideBody,
    refuses=(AnalysisUnknown,),
    summary="List figures that people put in place of projected ones",
)
async def list_projection_overrides(
    analysis_id: UUID, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[ProjectionOverrideBody]:
    """The newest first."""
    await visible_analysis(connection, caller.row_scope(), analysis_id)
    scope = f"projection-overrides|{analysis_id}"
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    rows = await listed_overrides(connection, analysis_id, before=before, limit=page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(
        items=[override_body(row, is_superseded=row.is_superseded) for row in kept], next_cursor=cursor
    )
