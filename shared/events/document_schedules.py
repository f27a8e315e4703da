"""Facts told by partners about schedules of documents."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.envelope import Event


class MissReason(StrEnum):
    """Fired more than five minutes late; left out by the rule of catching up; or not started so far."""

    LATE = "late"
    SKIPPED = "skipped"
    NOT_STARTED = "not_started"


class ScheduleMissedV1(Event):
    """A run of a schedule of documents did not begin when it was due."""

    type_name: ClassVar[str] = "salesops.partners.schedule_missed.v1"
    source: ClassVar[str] = "partners"
    consumers: ClassVar[tuple[str, ...]] = ("gateway",)

    schedule_id: UUID
    name: str
    due_at: datetime
    reason: MissReason
    noticed_at: datetime
    late_seconds: Annotated[int, Field(ge=0, description="From when it was due to when it was noticed")]


EVENTS: tuple[type[Event], ...] = (ScheduleMissedV1,)
