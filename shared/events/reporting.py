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


EVENTS: tuple[type[Event], ...] = (ReportPublishedV1, SubscriptionMissedV1, DashboardsChangedV1)
