"""Bodies of dead letters and of what is decided about them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field, model_validator

from gateway.adapters.dead_letters import CHANGED_MAX, WantedLetters
from gateway.domain.dead_letter import DeadLetterState, DeadLetterStepKind, envelope_in
from shared.messaging.topology import dead_letter_queue
from shared.wire import Instant, WireModel

# The names of gateway/domain/dead_letter.py, as an enumeration of the document.
ServiceName = Literal["payments", "partners", "reporting", "research", "gateway"]
Service = Annotated[ServiceName, Field(description="Whose letter it is: who could not apply it")]
TEXT_LENGTH_MAX = 20_000


class DeadLetterBody(WireModel):
    """A message that a service could not apply."""

    id: UUID
    service: Service
    state: Annotated[
        DeadLetterState, Field(description="`waiting` until somebody decides, and when it dies again")
    ]
    event_type: Annotated[
        str | None,
        Field(
            description="Type of the message, if it names one",
            examples=["salesops.payments.receipts_booked.v1"],
        ),
    ]
    message_id: Annotated[str | None, Field(description="Id of the event; the same in every telling")]
    producer: Annotated[str | None, Field(description="Who sent it last", examples=["payments"])]
    reason_code: Annotated[
        str,
        Field(
            description="Of the last death: `fault`, `delivered_too_often`, or the code of the refusal",
            examples=["event_unreadable"],
        ),
    ]
    reason: Annotated[str, Field(description="Of the last death, in words for operators")]
    attempts: Annotated[
        int,
        Field(description="How often it was tried before that; 0 when the broker put it aside", examples=[5]),
    ]
    deaths: Annotated[int, Field(description="How often it has died; above 1 after a replay", examples=[1])]
    died_at: Annotated[datetime, Field(description="When it died last; UTC")]
    kept_at: Annotated[datetime, Field(description="When it was taken out of the queue the first time; UTC")]


class DeadLetterStepBody(WireModel):
    """One thing that happened to a letter."""

    kind: Annotated[DeadLetterStepKind, Field(description="What happened")]
    at: Annotated[datetime, Field(description="When; UTC")]
    by: Annotated[str | None, Field(description="Who did it; null for a death")]
    reason_code: Annotated[str | None, Field(description="Why it died, by its stable name")]
    reason: Annotated[str | None, Field(description="Why it died, or why it was discarded")]
    attempts: Annotated[int | None, Field(description="How often it was tried before that death")]


class DeadLetterFileBody(DeadLetterBody):
    """A letter with all that it says and all that happened to it."""

    queue: Annotated[
        str, Field(description="The queue it was taken from", examples=["salesops.partners.dead"])
    ]
    body_bytes: Annotated[int, Field(description="Size of the message")]
    envelope: Annotated[
        dict[str, Any] | None, Field(description="The message; null when it is no JSON object")
    ]
    text: Annotated[
        str | None,
        Field(description="The beginning of a message that is no JSON object, as far as it can be shown"),
    ]
    steps: Annotated[list[DeadLetterStepBody], Field(description="The oldest first")]


class DiscardDraft(WireModel):
    """Why a letter is let rest."""

    reason: Annotated[
        str,
        Field(
            min_length=3,
            max_length=500,
            description="Kept with the letter and shown to auditors",
            examples=["Test message of the old broker, nobody waits for it"],
        ),
    ]


class DeadLetterChoice(WireModel):
    """Which letters; those that match everything that is said, and only those that wait."""

    ids: Annotated[
        list[UUID] | None, Field(min_length=1, max_length=CHANGED_MAX, description="These letters")
    ] = None
    service: Annotated[ServiceName | None, Field(description="Of this service", examples=["partners"])] = None
    event_type: Annotated[
        str | None,
        Field(max_length=200, description="Of this type", examples=["salesops.payments.receipts_booked.v1"]),
    ] = None
    reason_code: Annotated[
        str | None, Field(max_length=100, description="That died of this", examples=["fault"])
    ] = None
    died_from_at: Annotated[Instant | None, Field(description="That died at or after this instant")] = None
    died_until_at: Annotated[Instant | None, Field(description="That died before this instant")] = None

    @model_validator(mode="after")
    def _says_something(self) -> "DeadLetterChoice":
        if self.wanted() == WantedLetters():
            raise ValueError("say which letters: all there are is no choice")
        return self

    def wanted(self) -> WantedLetters:
        """The same for the query."""
        return WantedLetters(
            ids=self.ids,
            service=self.service,
            event_type=self.event_type,
            reason_code=self.reason_code,
            died_at_gte=self.died_from_at,
            died_at_lt=self.died_until_at,
        )


class DeadLetterDiscard(DeadLetterChoice, DiscardDraft):
    """Which letters are let rest, and why."""


class SettledLettersBody(WireModel):
    """What became of a choice of letters."""

    ids: Annotated[
        list[UUID], Field(description="The letters that changed; a thousand at most, the oldest first")
    ]
    left_count: Annotated[
        int, Field(description="How many of the choice still wait; ask again", examples=[0])
    ]


def letter_body(row: sa.Row[Any]) -> DeadLetterBody:
    return DeadLetterBody.model_validate({name: getattr(row, name) for name in DeadLetterBody.model_fields})


def letter_file_body(row: sa.Row[Any], steps: Sequence[sa.Row[Any]]) -> DeadLetterFileBody:
    envelope = envelope_in(row.body)
    text = None if envelope is not None else row.body[:TEXT_LENGTH_MAX].decode("utf-8", "replace")
    return DeadLetterFileBody(
        **letter_body(row).model_dump(),
        queue=dead_letter_queue(row.service),
        body_bytes=len(row.body),
        envelope=envelope,
        text=text,
        steps=[DeadLetterStepBody.model_validate(dict(step._mapping)) for step in steps],
    )
