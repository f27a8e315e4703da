"""GET and DELETE /v1/jobs/{job_id}, the same in every service."""

import asyncio
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field
from sqlalchemy import Row, text

from shared.database import Database
from shared.errors import Conflict, NotFound
from shared.jobs.table import cancel
from shared.prefer import PreferWait, wait_seconds
from shared.wire import WireModel

WATCH_SECONDS = 0.25
ENDED = ("succeeded", "failed", "cancelled")


class JobNotFound(NotFound):
    code = "job_not_found"


class JobEnded(Conflict):
    code = "job_ended"


class JobErrorBody(WireModel):
    """One bad value of what the job worked on."""

    pointer: str = Field(description="Where it is", examples=["line 12 column Amount"])
    detail: str = Field(description="What was expected")


class JobBody(WireModel):
    """Work in the background. It has ended when `state` is succeeded, failed or cancelled."""

    id: UUID
    kind: str = Field(examples=["import_bank_statement"])
    state: Literal["queued", "running", "succeeded", "failed", "cancelled"]
    percent: int | None = Field(description="Done so far, if that can be told", examples=[40])
    counts: dict[str, int] = Field(examples=[{"lines_read": 2000}])
    message: str = Field(description="What it is doing, or why it failed")
    failure_code: str | None = Field(description="Stable name of the problem, if it failed")
    errors: list[JobErrorBody] = Field(description="Up to some thousand bad values, in the order found")
    result_url: str | None = Field(description="Where the result is, or will be")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


def jobs_router() -> APIRouter:
    router = APIRouter(tags=["Jobs"])

    @router.get("/v1/jobs/{job_id}", summary="Show where a job stands")
    async def get_job(job_id: UUID, pool: Pool, response: Response, prefer: PreferWait = None) -> JobBody:
        """Where a job stands. With `Prefer: wait=10` the reply comes when it ends, or after 10 seconds."""
        row = await _ended_or_late(pool, job_id, wait_seconds(prefer, default=0))
        if row.state not in ENDED:
            response.headers["Retry-After"] = "1"
        return _body(row)

    @router.delete("/v1/jobs/{job_id}", status_code=204, summary="Cancel a job")
    async def cancel_job(job_id: UUID, pool: Pool) -> None:
        """Keep a job from starting, or stop it soon. What it has done by then stays done."""
        async with pool.engine.begin() as connection:
            is_cancelled = await cancel(connection, job_id)
        if not is_cancelled and (row := await _job(pool, job_id)).state != "cancelled":
            raise JobEnded(f"The job has {row.state} already", job_id=str(job_id), state=row.state)

    return router


async def _pool(request: Request) -> Database:
    pool = request.app.state.database
    assert isinstance(pool, Database)
    return pool


Pool = Annotated[Database, Depends(_pool)]
_JobRow = Row[tuple[object, ...]]


async def _ended_or_late(pool: Database, job_id: UUID, seconds: float) -> _JobRow:
    """No connection is held between the looks."""
    until = asyncio.get_running_loop().time() + seconds
    while True:
        row = await _job(pool, job_id)
        if row.state in ENDED or asyncio.get_running_loop().time() >= until:
            return row
        await asyncio.sleep(WATCH_SECONDS)


async def _job(pool: Database, job_id: UUID) -> _JobRow:
    async with pool.engine.connect() as connection:
        row = (await connection.execute(_SELECT, {"id": job_id})).one_or_none()
    if row is None:
        raise JobNotFound("There is no such job", job_id=str(job_id))
    return row


def _body(row: _JobRow) -> JobBody:
    return JobBody.model_validate(dict(row._mapping))


_SELECT = text(
    """
    SELECT id, kind, state, percent, counts, message, failure_code, errors, result_url,
        created_at, started_at, finished_at
    FROM jobs WHERE id = :id
    """
)
