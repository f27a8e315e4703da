"""Facts about research, told by the research service."""

from datetime import date, datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.envelope import Event


class AssignmentEvent(Event):
    """What every telling of an assignment says of it."""

    source: ClassVar[str] = "research"
    consumers: ClassVar[tuple[str, ...]] = ("gateway",)

    assignment_id: UUID
    opportunity_id: Annotated[UUID | None, Field(description="What it is about; null for a free subject")]
    opportunity_record_id: Annotated[
        str | None, Field(description="Salesforce's id of the opportunity, 18 characters")
    ]
    subject: str
    partner_code: str | None
    zone: str | None
    assignee: str
    due_on: date
    due_at: Annotated[datetime, Field(description="The end of that day in India")]


class AssignmentOpenedV1(AssignmentEvent):
    """Research was asked for, by a person or by an opportunity that says so."""

    type_name: ClassVar[str] = "salesops.research.assignment_opened.v1"


class AssignmentDueSoonV1(AssignmentEvent):
    """A day is left, or half of the time where less than two days were given; told once per due date."""

    type_name: ClassVar[str] = "salesops.research.assignment_due_soon.v1"


class AssignmentOverdueV1(AssignmentEvent):
    """Its time ran out and it was not delivered; told once per due date."""

    type_name: ClassVar[str] = "salesops.research.assignment_overdue.v1"


class AssignmentDeliveredV1(AssignmentEvent):
    """It was delivered."""

    type_name: ClassVar[str] = "salesops.research.assignment_delivered.v1"

    delivered_at: datetime
    is_on_time: bool


EVENTS: tuple[type[Event], ...] = (
    AssignmentOpenedV1,
    AssignmentDueSoonV1,
    AssignmentOverdueV1,
    AssignmentDeliveredV1,
)
