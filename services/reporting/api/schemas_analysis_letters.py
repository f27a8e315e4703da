"""Bodies of letters about saved analyses."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.reporting.adapters.analysis_letter_store import Row
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
    name: Annotated[str, Field(description="To whom")]
    address: Annotated[str, Field(examples=["meera.joshi@example.com"])]
    state: AnalysisLetterState
    attempts: Annotated[
        int, Field(ge=0, description="How often it was handed in, since it was sent again last")
    ]
    next_attempt_at: Annotated[datetime | None, Field(description="When it is handed in next; UTC")]
    said: Annotated[str | None, Field(description="What the mail server said last")]
    queued_at: Annotated[datetime, Field(description="When the analysis was made or found unchanged; UTC")]
    ended_at: Annotated[datetime | None, Field(description="When it was sent or failed; UTC")]


def analysis_letter_body(row: Row) -> AnalysisLetterBody:
    return AnalysisLetterBody(**{name: getattr(row, name) for name in AnalysisLetterBody.model_fields})
