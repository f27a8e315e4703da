"""Policies tried on past lines, and put in force afterwards by somebody else."""

from datetime import UTC, datetime, timedelta
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.listing import Listing, one_row
from services.payments.adapters.queries.policies import (
    POLICY_SELECT,
    SIMULATED_LINE_SELECT,
    SIMULATION_SELECT,
)
from services.payments.api.dependencies import PageWanted, Reading, Work
from services.payments.api.posting import posting_of
from services.payments.api.schemas_matching_policies import (
    ActivationDraft,
    PolicyBody,
    SimulatedLineBody,
    SimulationBody,
    SimulationDraft,
    policy_body,
    simulated_line_body,
    simulation_body,
)
from services.payments.application.activate_policy import activate_policy
from services.payments.application.simulate_policy import ask_for_simulation
from services.payments.domain.business_day import business_day
from services.payments.domain.errors import MakerIsChecker, PolicyNotSimulated, PolicyState
from shared.errors import NotFound
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once

router = APIRouter(prefix="/v1", tags=["Matching policies"])


@router.post(
    "/matching-policies/{version}/simulation",
    status_code=202,
    response_model=SimulationBody,
    summary="Try a policy on past lines",
    responses=refusals(NotFound, KeyReused, StillRunning),
)
async def simulate_policy_route(
    version: str, draft: SimulationDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """The credits of the last days are decided again with what was open and known then; nothing is booked. Follow
    the job; the result is at /v1/policy-simulations."""

    async def perform() -> Response:
        since = business_day(datetime.now(UTC)) - timedelta(days=draft.days)
        simulation_id = await ask_for_simulation(work, version, since, posting_of(caller))
        body = await _simulation(work.connection, simulation_id)
        return as_reply(body, 202, {"Location": f"/v1/jobs/{body.job_id}"})

    return await done_once(work, (caller, key, f"/v1/matching-policies/{version}/simulation"), draft, perform)


@router.post(
    "/matching-policies/{version}/activation",
    response_model=PolicyBody,
    summary="Put a policy in force",
    responses=refusals(NotFound, PolicyState, MakerIsChecker, PolicyNotSimulated, KeyReused, StillRunning),
)
async def activate_policy_route(
    version: str, draft: ActivationDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """By somebody else than who drafted it, and only after a simulation of this very version. The policy in force
    until now is retired; imports that run end with it."""

    async def perform() -> Response:
        await activate_policy(work, version, posting_of(caller))
        row = await one_row(work.connection, POLICY_SELECT, "p.version = :version", version=version)
        assert row is not None, "it was activated just now"
        return as_reply(policy_body(row))

    return await done_once(work, (caller, key, f"/v1/matching-policies/{version}/activation"), draft, perform)


@listed(router, "/policy-simulations", SimulationBody, summary="List simulations of policies")
async def list_simulations(
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    version: Annotated[str | None, Query(max_length=40)] = None,
) -> Page[SimulationBody]:
    """The latest first."""
    scope = f"policy-simulations|{version}"
    listing = Listing(SIMULATION_SELECT, order=("s.asked_at", "s.id"), is_descending=True)
    listing.where("s.version = :version", version=version)
    rows = await listing.after(page.after(scope), ["timestamptz", "uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (row.asked_at.isoformat(), str(row.id)))
    return Page(items=[simulation_body(row) for row in kept], next_cursor=cursor)


@router.get("/policy-simulations/{simulation_id}", response_model=SimulationBody, summary="Show a simulation")
async def show_simulation(simulation_id: UUID, connection: Reading, _caller: CurrentCaller) -> SimulationBody:
    """How far it is, or its figures."""
    return await _simulation(connection, simulation_id)


@listed(
    router,
    "/policy-simulations/{simulation_id}/lines",
    SimulatedLineBody,
    summary="Show which lines the policy would have decided otherwise",
    refuses=(NotFound,),
)
async def list_simulated_lines(
    simulation_id: UUID,
    page: PageWanted,
    connection: Reading,
    _caller: CurrentCaller,
    *,
    is_contrary: bool | None = None,
) -> Page[SimulatedLineBody]:
    """In the order the lines were stored."""
    await _simulation(connection, simulation_id)
    scope = f"simulated-lines|{simulation_id}|{is_contrary}"
    listing = Listing(SIMULATED_LINE_SELECT, order=("d.bank_line_id",))
    listing.where("d.simulation_id = :simulation_id", simulation_id=simulation_id)
    listing.where("d.is_contrary = :is_contrary", is_contrary=is_contrary)
    rows = await listing.after(page.after(scope), ["uuid"]).rows(connection, limit=page.limit)
    kept, cursor = page.cut(rows, scope, lambda row: (str(row.bank_line_id),))
    return Page(items=[simulated_line_body(row) for row in kept], next_cursor=cursor)


async def _simulation(connection: AsyncConnection, simulation_id: UUID) -> SimulationBody:
    row = await one_row(connection, SIMULATION_SELECT, "s.id = :id", id=simulation_id)
    if row is None:
        raise NotFound(f"There is no simulation {simulation_id}")
    return simulation_body(row)
