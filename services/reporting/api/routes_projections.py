"""How far this service's copies of others' facts are."""

from datetime import UTC, datetime

from fastapi import APIRouter

from services.reporting.adapters.projection_queries import projection_states
from services.reporting.api.dependencies import PageWanted, Reading
from services.reporting.api.schemas_projections import ProjectionBody, projection_state_body
from shared.list_routes import listed
from shared.pagination import Page

router = APIRouter(prefix="/v1/projections", tags=["Projections"])


@listed(router, "", ProjectionBody, summary="List projections and their lag")
async def list_projections(page: PageWanted, connection: Reading) -> Page[ProjectionBody]:
    """All of them, in the order of their names: what each holds, and how old its newest fact is."""
    (after,) = page.after("projections") or ("",)
    states = [one for one in await projection_states(connection) if one.projection > str(after)]
    at = datetime.now(UTC)
    rows, cursor = page.cut(states, "projections", lambda one: (one.projection.value,))
    return Page(items=[projection_state_body(one, at) for one in rows], next_cursor=cursor)
