"""What people saw of competitors: recorded once, never changed, withdrawn with a reason."""

from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Path, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.adapters.competitors import attributes, competitor_row
from services.research.adapters.observations import observation_row, observation_rows
from services.research.api.dependencies import PageWanted, Reading, Work
from services.research.api.routes_competitors import CompetitorCode
from services.research.api.schemas_observations import (
    ObservationBody,
    ObservationDraft,
    WithdrawalDraft,
    observation_body,
    recorded,
)
from services.research.application.record_observation import record_observation, withdraw_observation
from services.research.domain.errors import (
    AttributeUnknown,
    CompetitorUnknown,
    ObservationInvalid,
    ObservationUnknown,
    ObservationWithdrawn,
    ZoneNeeded,
)
from shared.errors import Forbidden
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once
from shared.wire import Day

router = APIRouter(prefix="/v1", tags=["Competitors"])
ObservationId = Annotated[UUID, Path(description="`id` of the observation")]


@dataclass(frozen=True, slots=True)
class ObservationFilters:
    """What a list of observations is narrowed to; each is a query parameter."""

    attribute: Annotated[str | None, Query(max_length=40, description="Code of what was observed")] = None
    product: Annotated[str | None, Query(max_length=40, description="Code of the product")] = None
    zone: Annotated[str | None, Query(max_length=200, description="What holds in this zone alone")] = None
    seen_on_gte: Annotated[Day | None, Query(description="Seen on this day or later")] = None
    seen_on_lte: Annotated[Day | None, Query(description="Seen on this day or before")] = None


@listed(
    router,
    "/competitors/{competitor}/observations",
    ObservationBody,
    summary="List observations of a competitor",
    refuses=[CompetitorUnknown],
)
async def list_competitor_observations(
    competitor: CompetitorCode,
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    filters: Annotated[ObservationFilters, Depends()],
) -> Page[ObservationBody]:
    """The last seen first, withdrawn ones included; people of a zone see theirs and what holds everywhere."""
    await competitor_row(connection, competitor)
    scope = f"competitor-observations|{competitor}|{filters}"
    key = page.after(scope)
    after = (date.fromisoformat(str(key[0])), UUID(str(key[1]))) if key else None
    chosen = {**asdict(filters), "competitor": competitor}
    rows = await observation_rows(connection, caller.row_scope(), chosen, after, page.limit + 1)
    kept, cursor = page.cut(rows, scope, lambda row: (row.seen_on.isoformat(), str(row.id)))
    known = await attributes(connection)
    return Page(items=[observation_body(row, known) for row in kept], next_cursor=cursor)


@router.post(
    "/competitors/{competitor}/observations",
    status_code=201,
    summary="Record an observation of a competitor",
    response_model=ObservationBody,
    responses=refusals(
        CompetitorUnknown, AttributeUnknown, ObservationInvalid, ZoneNeeded, KeyReused, StillRunning
    ),
)
async def record_competitor_observation(
    competitor: CompetitorCode,
    draft: ObservationDraft,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """With its source, its day and its grade. A later one of the same source takes its place; two sources that say different
    things contradict each other until one is withdrawn or says something new."""
    command = recorded(draft)

    async def perform() -> Response:
        observation_id = await record_observation(work, competitor, command, caller, at=datetime.now(UTC))
        return await _shown(work.connection, caller, observation_id, 201)

    path = f"/v1/competitors/{competitor}/observations"
    return await done_once(work, (caller, key, path), draft, perform)


@router.get(
    "/competitor-observations/{observation_id}",
    summary="Show an observation of a competitor",
    response_model=ObservationBody,
    responses=refusals(ObservationUnknown),
)
async def show_competitor_observation(
    observation_id: ObservationId, connection: Reading, caller: CurrentCaller
) -> Response:
    """As it was recorded."""
    return await _shown(connection, caller, observation_id)


@router.post(
    "/competitor-observations/{observation_id}/withdrawal",
    status_code=201,
    summary="Withdraw an observation of a competitor",
    response_model=ObservationBody,
    responses=refusals(ObservationUnknown, ObservationWithdrawn, Forbidden, KeyReused, StillRunning),
)
async def withdraw_competitor_observation(
    observation_id: ObservationId,
    draft: WithdrawalDraft,
    work: Work,
    caller: CurrentCaller,
    key: IdempotencyKey = None,
) -> Response:
    """It counts no more and stays readable, with the reason. Battlecards that cite it stay as they are."""

    async def perform() -> Response:
        await withdraw_observation(work, observation_id, draft.reason, caller, at=datetime.now(UTC))
        return await _shown(work.connection, caller, observation_id, 201)

    path = f"/v1/competitor-observations/{observation_id}/withdrawal"
    return await done_once(work, (caller, key, path), draft, perform)


async def _shown(
    connection: AsyncConnection, caller: Caller, observation_id: UUID, status_code: int = 200
) -> Response:
    row = await observation_row(connection, caller.row_scope(), observation_id)
    return as_reply(observation_body(row, await attributes(connection)), status_code)
