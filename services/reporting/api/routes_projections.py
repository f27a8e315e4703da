"""How far this service's copies of others' facts are."""

from datetime import UTC, datetime

from fastapi import APIRouter, Response

from services.reporting.adapters.projection_queries import projection_states
from services.reporting.api.dependencies import PageWanted, Reading, Work
from services.reporting.api.schemas_projections import (
    ProjectionBody,
    ProjectionRebuildBody,
    projection_state_body,
)
from services.reporting.application.rebuild_projections import ask_rebuild
from shared.idempotency import Attempt, IdempotencyKey, KeyReused, StillRunning, once
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply

router = APIRouter(prefix="/v1/projections", tags=["Projections"])


@listed(router, "", ProjectionBody, summary="List projections and their lag")
async def list_projections(page: PageWanted, connection: Reading) -> Page[ProjectionBody]:
    """All of them, in the order of their names: what each holds, and how old its newest fact is."""
    (after,) = page.after("projections") or ("",)
    states = [one for one in await projection_states(connection) if one.projection > str(after)]
    at = datetime.now(UTC)
    rows, cursor = page.cut(states, "projections", lambda one: (one.projection.value,))
    return Page(items=[projection_state_body(one, at) for one in rows], next_cursor=cursor)


@router.post(
    "/rebuild",
    status_code=202,
    response_model=ProjectionRebuildBody,
    summary="Make all projections anew",
    responses=refusals(KeyReused, StillRunning),
)
async def rebuild_all_projections(work: Work, caller: CurrentCaller, key: IdempotencyKey = None) -> Response:
    """From the events that were kept: beside those that are read, then switched at once. The job says how far it is, and how
    many rows were not what the events say."""
    path = "/v1/projections/rebuild"

    async def perform() -> Response:
        job_id = await ask_rebuild(work, actor=caller.actor)
        body = ProjectionRebuildBody(job_id=job_id, job_url=f"/v1/jobs/{job_id}")
        return as_reply(body, 202, {"Location": body.job_url})

    attempt = Attempt(caller.subject, key, f"POST {path}\n".encode()) if key else None
    return await once(work.connection, attempt, perform)
