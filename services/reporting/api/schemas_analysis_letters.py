"""Bodies of letters about saved analyses."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.reporting.api.schemas_letters import Attempts, EndedAt, NextAttemptAt, RecipientName, ServerSaid
from shared.wire import WireModel


class AnalysisLetterState(StrEnum):
    """How far a letter is."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"


class AnalysisLetterBody(WireModel):
    """A letter that carries what a saved analysis came to at a due instant, and how far it is."""

    id: UUID
    due_at: Annotated[datetime, Field(description="The due instant that it is about; UTC")]
    analysis_id: Annotated[UUID, Field(description="The analysis that it carries, at /v1/analyses")]
    name: RecipientName
    address: Annotated[str, Field(examples=["meera.joshi@example.com"])]
    state: AnalysisLetterState
    attempts: Attempts
    next_attempt_at: NextAttemptAt
    said: ServerSaid
    queued_at: Annotated[datetime, Field(description="When the analysis was made or found unchanged; UTC")]
    ended_at: EndedAt
