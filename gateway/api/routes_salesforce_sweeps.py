"""Sweeps of Salesforce: asked for, followed, stopped. The nightly one is among them."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Path, Request, Response
from pydantic import Field, JsonValue

from gateway.adapters.salesforce_sweeps import SWEEP_TASK, Row, sweep, sweeps
from gateway.domain.salesforce_replies import SalesforceNotConfigured
from shared.dependencies import PageWanted, Reading, Work
from shared.errors import NotFound
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import CurrentCaller
from shared.jobs import enqueue
from shared.jobs.api import JobErrorBody
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once
from shared.wire import WireModel

router = APIRouter(prefix="/v1/salesforce-sweeps", tags=["Salesforce"])
ObjectName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,79}$", examples=["Account"])]


class SweepNotFound(NotFound):
    code, title = "salesforce_sweep_not_found", "There is no such sweep"


class SweepDraft(WireModel):
    """What to ask Salesforce for."""

    objects: Annotated[tuple[ObjectName, ...], Field(max_length=50)] = Field(
        (), description="Objects to sweep; empty for all that have a mapping", examples=[["Account"]]
    )


class SweepBody(WireModel):
    """One sweep. It has ended when `state` is succeeded, failed or cancelled."""

    id: UUID = Field(description="The sweep")
    state: str = Field(description="queued, running, succeeded, failed or cancelled", examples=["succeeded"])
    counts: dict[str, int] = Field(
        description="By object: `found` records that changed, of them `missing` ones that never came and `stale` ones of"
        " which an older state had come; `refetched` and `gone` ones after gaps",
        examples=[{"Account.found": 12, "Account.missing": 1, "Account.stale": 0}],
    )
    message: str = Field(description="What it is doing, or why it failed", examples=["Swept"])
    failure_code: str | None = Field(description="Stable name of the problem, if it failed")
    errors: list[JobErrorBody] = Field(description="What was wrong with single values")
    asked_by: str = Field(description="Who asked; `timer` for the nightly one", examples=["timer"])
    created_at: datetime = Field(description="When it was asked for")
    started_at: datetime | None = Field(description="When it began")
    finished_at: datetime | None = Field(description="When it ended")


@router.post(
    "",
    status_code=202,
    summary="Ask Salesforce what never came",
    response_model=SweepBody,
    responses=refusals(SalesforceNotConfigured, KeyReused, StillRunning),
)
async def start_salesforce_sweep(
    draft: SweepDraft, work: Work, request: Request, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Reads what changed since the last sweep, beside the nightly one; sweeps run one after the other."""
    if not request.app.state.has_salesforce:
        raise SalesforceNotConfigured("Set GATEWAY_SALESFORCE_INSTANCE_URL to have Salesforce asked")

    async def perform() -> Response:
        payload: dict[str, JsonValue] = {"objects": [*draft.objects]}
        sweep_id = await enqueue(
            work.connection, SWEEP_TASK, payload, created_by=caller.subject, lock=SWEEP_TASK
        )
        row = await sweep(work.connection, sweep_id)
        assert row is not None
        return as_reply(_body(row), 202, {"Location": f"/v1/salesforce-sweeps/{sweep_id}"})

    return await done_once(work, (caller, key, "/v1/salesforce-sweeps"), draft, perform)


@listed(router, "", SweepBody, summary="List sweeps of Salesforce")
async def list_salesforce_sweeps(
    page: PageWanted, connection: Reading, _caller: CurrentCaller
) -> Page[SweepBody]:
    """The latest first, with what each found."""
    key = page.after("salesforce-sweeps")
    rows = await sweeps(connection, before=UUID(str(key[0])) if key else None, limit=page.limit)
    kept, cursor = page.cut(rows, "salesforce-sweeps", lambda row: (str(row.id),))
    return Page(items=[_body(row) for row in kept], next_cursor=cursor)


@router.get("/{sweep_id}", summary="Show one sweep of Salesforce", responses=refusals(SweepNotFound))
async def show_salesforce_sweep(
    sweep_id: Annotated[UUID, Path(description="The sweep")], connection: Reading, _caller: CurrentCaller
) -> SweepBody:
    """Where it stands and what it found so far."""
    row = await sweep(connection, sweep_id)
    if row is None:
        raise SweepNotFound("There is no such sweep", sweep_id=str(sweep_id))
    return _body(row)


def _body(row: Row) -> SweepBody:
    return SweepBody(
        id=row.id,
        state=row.state,
        counts=row.counts,
        message=row.message,
        failure_code=row.failure_code,
        errors=row.errors,
        asked_by=row.created_by,
        created_at=row.created_at,
        started_at=row.started_at,
        finished_at=row.finished_at,
    )
