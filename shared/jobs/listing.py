"""The jobs of one service as a list. The gateway puts the lists of all together: decision 0045."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Final, Literal
from uuid import UUID

import sqlalchemy as sa
from fastapi import APIRouter, Query
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.access import AUDIT
from shared.identity import Caller, CurrentCaller
from shared.jobs.api import Pool
from shared.jobs.home import JOBS
from shared.wire import WireModel

# A file is made of pages of 1,000, and one row more tells whether there is a next page.
LISTED_MAX: Final = 1_001
JobState = Literal["queued", "running", "succeeded", "failed", "cancelled"]


class ListedJobBody(WireModel):
    """A job without what it has to say about single values; `GET /v1/jobs/{job_id}` shows that."""

    id: UUID
    kind: str = Field(examples=["import_bank_statement"])
    state: JobState
    percent: int | None = Field(description="Done so far, if that can be told", examples=[40])
    counts: dict[str, int] = Field(examples=[{"lines_read": 2000}])
    message: str = Field(description="What it is doing, or why it failed")
    failure_code: str | None = Field(description="Stable name of the problem, if it failed")
    result_url: str | None = Field(description="Where the result is, or will be")
    created_by: str = Field(description="Who asked for it: a subject, a key with its owner, or `timer`")
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class WantedJobs:
    """What a list is narrowed to; `asked_by` None means everybody's jobs."""

    asked_by: tuple[str, ...] | None
    kind: str | None = None
    state: JobState | None = None
    before: UUID | None = None

    @classmethod
    def of(cls, caller: Caller, **narrowed: Any) -> "WantedJobs":  # noqa: ANN401 - the other fields
        """The caller's own, under each name that is written down for them; everybody's for admins and auditors."""
        sees_all = not AUDIT.isdisjoint(caller.roles)
        return cls(None if sees_all else (caller.subject, caller.actor), **narrowed)


async def jobs_before(
    connection: AsyncConnection, wanted: WantedJobs, *, limit: int
) -> Sequence[ListedJobBody]:
    """Up to `limit` jobs, the newest first: ids are in the order of time in every service alike."""
    asked_by = None if wanted.asked_by is None else list(wanted.asked_by)
    facts = {"asked_by": asked_by, "kind": wanted.kind, "state": wanted.state, "before": wanted.before}
    rows = await connection.execute(_LIST, {**facts, "limit": limit})
    return [ListedJobBody.model_validate(dict(row._mapping)) for row in rows]


def job_list_router() -> APIRouter:
    """What the gateway asks each service; callers know one list of all services."""
    router = APIRouter(include_in_schema=False)

    @router.get(JOBS)
    async def list_own_jobs(
        pool: Pool,
        caller: CurrentCaller,
        limit: Annotated[int, Query(ge=1, le=LISTED_MAX)],
        kind: Annotated[str | None, Query(max_length=100)] = None,
        state: JobState | None = None,
        before: UUID | None = None,
    ) -> Sequence[ListedJobBody]:
        wanted = WantedJobs.of(caller, kind=kind, state=state, before=before)
        async with pool.reading() as connection:
            return await jobs_before(connection, wanted, limit=limit)

    return router


_LIST: Final = sa.text(
    """
    SELECT id, kind, state, percent, counts, message, failure_code, result_url, created_by,
        created_at, started_at, finished_at
    FROM jobs
    WHERE (CAST(:asked_by AS text[]) IS NULL OR created_by = ANY(CAST(:asked_by AS text[])))
      AND (CAST(:kind AS text) IS NULL OR kind = :kind)
      AND (CAST(:state AS text) IS NULL OR state = :state)
      AND (CAST(:before AS uuid) IS NULL OR id < :before)
    ORDER BY id DESC LIMIT :limit
    """
)
