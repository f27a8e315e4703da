"""Bodies of letters about collections."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.reporting.api.schemas_letters import Attempts, NextAttemptAt, RecipientName
from services.reporting.domain.collection_letter import LetterOccasion
from shared.wire import WireModel


class CollectionLetterState(StrEnum):
    """Overtaken: what it was to say did not hold any more when it was to go."""

    QUEUED = "queued"
    SENT = "sent"
    FAILED = "failed"
    OVERTAKEN = "overtaken"


class CollectionLetterBody(WireModel):
    """A letter about a collection, and how far it is."""

    id: UUID
    respondent_id: Annotated[UUID, Field(description="About whom, of the collection's respondents")]
    respondent: Annotated[str, Field(description="About whom, as people read it")]
    occasion: Annotated[LetterOccasion, Field(description="Why it is written")]
    number: Annotated[
        int,
        Field(
            ge=0, description="Of a reminder: days before it is due; about a submission: its version; else 0"
        ),
    ]
    name: RecipientName
    address: Annotated[str, Field(examples=["sunil@northern-gensets.example"])]
    state: CollectionLetterState
    attempts: Attempts
    next_attempt_at: NextAttemptAt
    said: Annotated[
        str | None, Field(description="What the mail server said last, or what overtook the letter")
    ]
    queued_at: Annotated[datetime, Field(description="When what it tells of happened; UTC")]
    ended_at: Annotated[datetime | None, Field(description="When it was sent, failed or was overtaken; UTC")]
