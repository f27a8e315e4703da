"""Bodies of the letters of a subscription."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.reporting.adapters.subscription_letters import Row
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
    name: Annotated[str, Field(description="To whom")]
    address: Annotated[str, Field(examples=["meera.joshi@example.com"])]
    state: SubscriptionLetterState
    attempts: Annotated[
        int, Field(ge=0, description="How often it was handed in, since it was sent again last")
    ]
    next_attempt_at: Annotated[datetime | None, Field(description="When it is handed in next; UTC")]
    said: Annotated[str | None, Field(description="What the mail server said last")]
    queued_at: Annotated[datetime, Field(description="When its report was decided to be sent; UTC")]
    ended_at: Annotated[datetime | None, Field(description="When it was sent or failed; UTC")]


def subscription_letter_body(row: Row) -> SubscriptionLetterBody:
    return SubscriptionLetterBody(
        **{name: getattr(row, name) for name in SubscriptionLetterBody.model_fields}
    )
