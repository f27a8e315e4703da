"""One list of the jobs of all services and of the gateway itself."""

from dataclasses import asdict, dataclass
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Depends, Query, Request
from pydantic import Field

from gateway.adapters.job_lists import JobLists
from gateway.domain.errors import UpstreamUnreachable
from shared.dependencies import PageWanted, Reading
from shared.identity import CurrentCaller
from shared.jobs.home import JOBS
from shared.jobs.listing import JobState, ListedJobBody, WantedJobs, jobs_before
from shared.list_routes import listed
from shared.medium import Medium
from shared.pagination import Page

router = APIRouter(tags=["Jobs"])


class JobPage(Page[ListedJobBody]):
    """One page of jobs, and whose are missing from it."""

    unavailable: list[str] = Field(
        default_factory=list,
        description="Parts of the system that did not answer: their jobs are missing from this page; ask again",
        examples=[[]],
    )


@dataclass(frozen=True, slots=True)
class JobFilters:
    """What the list is narrowed to; each is a query parameter."""

    state: Annotated[JobState | None, Query(description="That stand there")] = None
    kind: Annotated[str | None, Query(max_length=100, description="Of this kind")] = None


@listed(
    router,
    JOBS,
    ListedJobBody,
    page_model=JobPage,
    summary="List jobs",
    operation_id="list_jobs",
)
async def list_jobs(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    request: Request,
    filters: Annotated[JobFilters, Depends()],
) -> JobPage:
    """Work in the background that you asked for, the newest first; admins and auditors see everybody's.

    A part of the system that does not answer leaves its jobs out and is named in `unavailable`. A file cannot say so: then
    none is made.
    """
    lists: JobLists = request.app.state.job_lists
    scope = f"jobs|{filters}"
    after = page.after(scope)
    wanted = WantedJobs.of(caller, **asdict(filters), before=UUID(str(after[0])) if after else None)
    found, silent = await lists.of_services(
        caller, wanted, limit=page.limit + 1, trace=request.scope["trace"]
    )
    if silent and page.medium is not Medium.JSON:
        raise UpstreamUnreachable(
            "A part of the system does not answer, and its jobs would be missing", part=silent[0]
        )
    found += await jobs_before(connection, wanted, limit=page.limit + 1)
    found.sort(key=lambda job: job.id, reverse=True)
    kept, cursor = page.cut(found, scope, lambda job: (str(job.id),))
    return JobPage(items=list(kept), next_cursor=cursor, unavailable=silent)
