"""Bodies of snapshots by the clock: where a schedule stands, and its due instants."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field

from services.reporting.adapters.source_schedules import Row
from services.reporting.domain.source_schedule import SourceSchedule, SourceStanding
from shared.wire import WireModel


class SourceScheduleStandingBody(WireModel):
    """Where it stands; without a schedule nothing is due."""

    cron: Annotated[str | None, Field(description="Minute, hour, day of the month, month, weekday")]
    time_zone: Annotated[str | None, Field(description="Whose clocks it follows", examples=["Asia/Kolkata"])]
    next_due_at: Annotated[datetime | None, Field(description="When the next snapshot is due; UTC")]
    failures: Annotated[int, Field(description="How many snapshots failed since one succeeded")]
    retry_at: Annotated[
        datetime | None,
        Field(description="When it is tried again before it is due; UTC. Null: it would be no use"),
    ]
    problem_code: Annotated[
        str | None,
        Field(description="Why the last one failed, as a stable code", examples=["source_unreachable"]),
    ]
    problem: Annotated[str | None, Field(description="The same in words")]
    problem_since_at: Annotated[datetime | None, Field(description="Since when none succeeded; UTC")]

    @classmethod
    def of(cls, standing: SourceStanding | None, schedule: SourceSchedule | None) -> Self:
        return cls(
            cron=schedule.cron if schedule else None,
            time_zone=schedule.time_zone if schedule else None,
            next_due_at=standing.next_due_at if standing else None,
            failures=standing.failures if standing else 0,
            retry_at=standing.retry_at if standing else None,
            problem_code=standing.problem_code if standing else None,
            problem=standing.problem if standing else None,
            problem_since_at=standing.problem_since_at if standing else None,
        )


class SourceScheduleRunBody(WireModel):
    """A due instant and what became of it."""

    due_at: Annotated[datetime, Field(description="When the snapshot was due; UTC")]
    settled_at: Annotated[datetime, Field(description="When it was asked for or left out; UTC")]
    snapshot_id: Annotated[
        UUID | None, Field(description="The snapshot; null when it was left out for a later one")
    ]
    state: Annotated[
        str | None, Field(description="Of its job: queued, running, succeeded, failed, cancelled")
    ]
    failure_code: Annotated[str | None, Field(description="Why it failed, as a stable code")]
    missed: Annotated[
        list[Literal["late", "skipped", "not_started"]],
        Field(description="What was noticed: nobody started it in time, it began late, it was left out"),
    ]

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls.model_validate({name: getattr(row, name) for name in cls.model_fields})
