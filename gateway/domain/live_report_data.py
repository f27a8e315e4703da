"""What live events about reports say."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from gateway.domain.live_data import LiveModel


class SubscriptionMissedData(LiveModel):
    """A run of a report subscription did not begin when it was due."""

    subscription_id: UUID
    name: Annotated[str, Field(description="What its subscriber calls it", examples=["Morning collections"])]
    due_at: datetime
    reason: Annotated[str, Field(description="late, skipped or not_started", examples=["late"])]
    noticed_at: datetime
    late_seconds: Annotated[int, Field(description="From when it was due to when it was noticed")]


class SourceSnapshotFailedData(LiveModel):
    """A source system that is read by the clock could not be."""

    system: Annotated[str, Field(description="Name of the source system", examples=["bms"])]
    snapshot_id: Annotated[
        UUID, Field(description="The snapshot that failed; the one before stays the newest")
    ]
    problem_code: Annotated[str, Field(description="Why, as a stable code", examples=["source_unreachable"])]
    problem: Annotated[str, Field(description="The same in words")]
    failures: Annotated[int, Field(description="How many failed since one succeeded")]
    since_at: Annotated[datetime, Field(description="Since when none succeeded; UTC")]
    retry_at: Annotated[datetime | None, Field(description="When it is tried again before it is due; UTC")]


class SourceSnapshotMissedData(LiveModel):
    """A snapshot of a source system did not begin when it was due."""

    system: Annotated[str, Field(description="Name of the source system", examples=["bms"])]
    due_at: datetime
    reason: Annotated[str, Field(description="late, skipped or not_started", examples=["late"])]
    noticed_at: datetime
    late_seconds: Annotated[int, Field(description="From when it was due to when it was noticed")]


class DataIssuesChangedData(LiveModel):
    """The rules looked at a new snapshot of a source system."""

    system: Annotated[str, Field(description="Name of the source system", examples=["bms"])]
    snapshot_id: Annotated[UUID, Field(description="The snapshot they looked at")]
    opened: Annotated[int, Field(description="Issues that are new, or came back")]
    resolved: Annotated[int, Field(description="Issues that the snapshot does not have any more")]
    checked_at: Annotated[datetime, Field(description="UTC")]


class DashboardChangedData(LiveModel):
    """Facts arrived that a dashboard is made of."""

    dashboard: Annotated[str, Field(description="Name of the dashboard", examples=["ageing"])]
    changed_at: datetime
