"""Bodies of projections."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.reporting.domain.projection import Projection, ProjectionState
from shared.wire import WireModel


class ProjectionBody(WireModel):
    """Our copy of facts that other services told. Reports are as current as the projections they read."""

    name: Projection
    rows_count: Annotated[int, Field(ge=0, description="Facts it holds", examples=[1200])]
    revision: Annotated[
        int, Field(ge=0, description="Batches applied so far; equal revisions mean equal figures")
    ]
    newest_fact_at: Annotated[
        datetime | None, Field(description="When the newest fact in here was told; null before the first")
    ]
    applied_at: Annotated[datetime | None, Field(description="When something was added last")]
    lag_seconds: Annotated[
        float | None,
        Field(ge=0, description="From the telling of the newest fact until the last batch was kept"),
    ]
    silent_seconds: Annotated[
        float | None,
        Field(ge=0, description="Since something was added last; long where nothing happens, too"),
    ]


class ProjectionRebuildBody(WireModel):
    """The job that makes all projections anew."""

    job_id: Annotated[
        UUID, Field(description="Whose `counts` say how many rows were not what the events say")
    ]
    job_url: Annotated[str, Field(description="Where the job is", examples=["/v1/jobs/0190c0de-…"])]


def projection_state_body(state: ProjectionState, at: datetime) -> ProjectionBody:
    silent = None if state.applied_at is None else max((at - state.applied_at).total_seconds(), 0.0)
    return ProjectionBody(
        name=state.projection,
        rows_count=state.rows_count,
        revision=state.revision,
        newest_fact_at=state.newest_fact_at,
        applied_at=state.applied_at,
        lag_seconds=state.lag_seconds,
        silent_seconds=silent,
    )
