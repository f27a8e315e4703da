"""Bodies of the letters of a subscription."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.reporting.api.schemas_letters import Attempts, EndedAt, NextAttemptAt, RecipientName, ServerSaid
from shared.wire import WireModel


class SubscriptionLetterState(StrEnum):
    """How far a letter is."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


class SubscriptionLetterBody(WireModel):
    """A letter that carries a report of a subscription, and how far it is."""

    id: UUID
    due_at: Annotated[datetime, Field(description="The due instant that its report was made for; UTC")]
    report_run_id: Annotated[UUID, Field(description="The report that it carries, at /v1/report-runs")]
    name: RecipientName
    address: Annotated[str, Field(examples=["meera.joshi@example.com"])]
    state: SubscriptionLetterState
    attempts: Attempts
    next_attempt_at: NextAttemptAt
    said: ServerSaid
    queued_at: Annotated[datetime, Field(description="When its report was decided to be sent; UTC")]
    ended_at: EndedAt
