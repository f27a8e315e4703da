"""Facts about collections of filled templates, told by reporting."""

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.envelope import Event


class DueNotice(StrEnum):
    """Time is left; it ran out; it ran out long ago, and the collection's owner has to act."""

    REMINDER = "reminder"
    OVERDUE = "overdue"
    ESCALATED = "escalated"


class RespondentEvent(Event):
    """What every telling about a respondent of a collection says."""

    source: ClassVar[str] = "reporting"
    consumers: ClassVar[tuple[str, ...]] = ("gateway",)

    collection_id: UUID
    respondent_id: UUID
    title: Annotated[str, Field(description="Of the collection")]
    template: Annotated[str, Field(description="Its name")]
    kind: Annotated[str, Field(description="partner, zone or person")]
    respondent: Annotated[str, Field(description="Who is asked, as people read it")]
    partner_code: str | None
    zone: str | None
    person: Annotated[str | None, Field(description="Whose answer is awaited, by the token's subject")]
    due_at: datetime


class SubmissionAskedV1(RespondentEvent):
    """Somebody is asked to fill a template; the workbook is at `workbook_path`."""

    type_name: ClassVar[str] = "salesops.reporting.submission_asked.v1"

    first_month: date
    months: int
    workbook_path: str


class SubmissionDueV1(RespondentEvent):
    """Nothing acceptable came so far; each reminder, the end of the time and its escalation are told once."""

    type_name: ClassVar[str] = "salesops.reporting.submission_due.v1"

    notice: DueNotice
    days: Annotated[int, Field(ge=0, description="Before or after it is due, as the collection says")]
    owner: Annotated[str, Field(description="Who opened the collection")]
    workbook_path: str


class SubmissionDecidedV1(RespondentEvent):
    """What was sent was accepted, or returned with what is wrong."""

    type_name: ClassVar[str] = "salesops.reporting.submission_decided.v1"

    submission_id: UUID
    version: int
    is_accepted: bool
    findings_count: int
    note: str | None
    decided_at: datetime


class CollectionClosedV1(Event):
    """Nothing is taken in any more; what was accepted is the data set."""

    type_name: ClassVar[str] = "salesops.reporting.collection_closed.v1"
    source: ClassVar[str] = "reporting"
    consumers: ClassVar[tuple[str, ...]] = ("gateway",)

    collection_id: UUID
    title: str
    template: str
    first_month: date
    months: int
    respondents: int
    accepted: int
    closed_at: datetime


EVENTS: tuple[type[Event], ...] = (
    SubmissionAskedV1,
    SubmissionDueV1,
    SubmissionDecidedV1,
    CollectionClosedV1,
)
