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


class DashboardChangedData(LiveModel):
    """Facts arrived that a dashboard is made of."""

    dashboard: Annotated[str, Field(description="Name of the dashboard", examples=["ageing"])]
    changed_at: datetime
