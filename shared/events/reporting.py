"""Facts told by reporting."""

from datetime import date, datetime
from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import Field

from shared.events.document_schedules import MissReason
from shared.events.envelope import Event


class ReportPublishedV1(Event):
    """A report over a partner's own rows is to reach the partner; its bytes are at `content_path`, in each format."""

    type_name: ClassVar[str] = "salesops.reporting.report_published.v1"
    source: ClassVar[str] = "reporting"
    consumers: ClassVar[tuple[str, ...]] = ("partners",)

    report_run_id: UUID
    subscription_id: UUID
    partner_code: str
    title: Annotated[str, Field(max_length=200)]
    from_on: date
    to_on: date
    roles: Annotated[tuple[str, ...], Field(max_length=10, description="Contacts of these roles get it")]
    formats: Annotated[tuple[Literal["pdf", "xlsx", "csv"], ...], Field(min_length=1, max_length=3)]
    content_path: Annotated[str, Field(description="Path of the API", examples=["/v1/report-runs/…/content"])]
    published_at: datetime


class SubscriptionMissedV1(Event):
    """A run of a report subscription did not begin when it was due."""

    type_name: ClassVar[str] = "salesops.reporting.subscription_missed.v1"
    source: ClassVar[str] = "reporting"
    consumers: ClassVar[tuple[str, ...]] = ("gateway",)

    subscription_id: UUID
    name: str
    due_at: datetime
    reason: MissReason
    noticed_at: datetime
    late_seconds: Annotated[int, Field(ge=0, description="From when it was due to when it was noticed")]


class DashboardsChangedV1(Event):
    """Figures of these dashboards may be others than a moment ago: facts arrived that they are made of."""

    type_name: ClassVar[str] = "salesops.reporting.dashboards_changed.v1"
    source: ClassVar[str] = "reporting"
    consumers: ClassVar[tuple[str, ...]] = ("gateway",)

    dashboards: Annotated[tuple[str, ...], Field(min_length=1, max_length=50, examples=[["ageing"]])]
    changed_at: datetime


class SourceSnapshotFailedV1(Event):
    """A source system that is read by the clock could not be: the snapshot before stays the newest."""

    type_name: ClassVar[str] = "salesops.reporting.source_snapshot_failed.v1"
    source: ClassVar[str] = "reporting"
    consumers: ClassVar[tuple[str, ...]] = ("gateway",)

    system: Annotated[str, Field(max_length=60, description="Name of the source system", examples=["bms"])]
    snapshot_id: UUID
    problem_code: Annotated[str, Field(max_length=60, examples=["source_unreachable"])]
    problem: Annotated[str, Field(max_length=2000, description="The same in words, without secrets")]
    failures: Annotated[int, Field(ge=1, description="How many failed since one succeeded")]
    since_at: datetime
    retry_at: Annotated[
        datetime | None, Field(description="Null: somebody has to mend it, or it is due soon")
    ]


class SourceSnapshotMissedV1(Event):
    """A snapshot of a source system did not begin when it was due."""

    type_name: ClassVar[str] = "salesops.reporting.source_snapshot_missed.v1"
    source: ClassVar[str] = "reporting"
    consumers: ClassVar[tuple[str, ...]] = ("gateway",)

    system: Annotated[str, Field(max_length=60, description="Name of the source system", examples=["bms"])]
    due_at: datetime
    reason: MissReason
    noticed_at: datetime
    late_seconds: Annotated[int, Field(ge=0, description="From when it was due to when it was noticed")]


class DataIssuesChangedV1(Event):
    """The rules looked at a new snapshot: so many issues were opened or opened again, so many are gone."""

    type_name: ClassVar[str] = "salesops.reporting.data_issues_changed.v1"
    source: ClassVar[str] = "reporting"
    consumers: ClassVar[tuple[str, ...]] = ("gateway",)

    system: Annotated[str, Field(max_length=60, description="Name of the source system", examples=["bms"])]
    snapshot_id: UUID
    opened: Annotated[int, Field(ge=0, description="Issues that are new, or came back")]
    resolved: Annotated[int, Field(ge=0, description="Issues that the snapshot does not have any more")]
    checked_at: datetime


EVENTS: tuple[type[Event], ...] = (
    ReportPublishedV1,
    SubscriptionMissedV1,
    DashboardsChangedV1,
    SourceSnapshotFailedV1,
    SourceSnapshotMissedV1,
    DataIssuesChangedV1,
)
