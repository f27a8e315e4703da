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


class DatasetLoadedV1(Event):
    """A dataset from outside has a new version; what it holds is read where it is."""

    type_name: ClassVar[str] = "salesops.research.dataset_loaded.v1"
    source: ClassVar[str] = "research"
    consumers: ClassVar[tuple[str, ...]] = ("research",)

    dataset_id: UUID
    name: Annotated[str, Field(description="What queries call it")]
    title: str
    owner: Annotated[str, Field(description="Who answers for it, by the token's subject")]
    version: Annotated[int, Field(description="Its number, from 1")]
    rows_kept: int
    rows_rejected: int
    added: Annotated[
        int | None, Field(description="Keys that were not there before; null without comparison")
    ]
    removed: Annotated[int | None, Field(description="Keys that are there no more")]
    changed: Annotated[int | None, Field(description="Keys with other values")]
    is_drifted: Annotated[bool, Field(description="Its columns are not those of the version before")]
    loaded_at: datetime


class CompetitorObservedV1(Event):
    """Somebody saw something of a competitor: a price, a dealer, a deal won or lost."""

    type_name: ClassVar[str] = "salesops.research.competitor_observed.v1"
    source: ClassVar[str] = "research"
    consumers: ClassVar[tuple[str, ...]] = ("gateway",)

    observation_id: UUID
    competitor: Annotated[str, Field(description="Code of its profile")]
    competitor_name: str
    product: Annotated[str | None, Field(description="Code of the product; null for the maker as a whole")]
    attribute: Annotated[str, Field(description="Code of what was observed")]
    title: Annotated[str, Field(description="The attribute in words")]
    value: Annotated[str, Field(description="What was seen, with its unit or currency")]
    zone: Annotated[str | None, Field(description="Where it holds; null for everywhere")]
    seen_on: date
    grade: Annotated[str, Field(description="Reliability of the source and credibility, A1 to F6")]


class FindingsSharedV1(Event):
    """What research found was approved by another person and shared with sales."""

    type_name: ClassVar[str] = "salesops.research.findings_shared.v1"
    source: ClassVar[str] = "research"
    consumers: ClassVar[tuple[str, ...]] = ("gateway",)

    brief_id: UUID
    assignment_id: UUID
    opportunity_id: Annotated[UUID | None, Field(description="What it is about; null for a free subject")]
    opportunity_record_id: Annotated[
        str | None, Field(description="Salesforce's id of the opportunity, 18 characters")
    ]
    subject: str
    partner_code: str | None
    zone: str | None
    version: Annotated[int, Field(description="Of the brief, from 1")]
    summary: Annotated[str, Field(description="What sales has to know first")]
    shared_by: str
    shared_at: datetime


class CompetitorDigestSharedV1(Event):
    """A digest of competitors was made for whom it is: what is otherwise than in the one before."""

    type_name: ClassVar[str] = "salesops.research.competitor_digest_shared.v1"
    source: ClassVar[str] = "research"
    consumers: ClassVar[tuple[str, ...]] = ("gateway",)

    digest_id: UUID
    subscription_id: UUID
    number: Annotated[int, Field(description="Of the subscription's digests, from 1")]
    title: str
    zone: Annotated[str | None, Field(description="For whose people; null for those who see all zones")]
    competitors: Annotated[tuple[str, ...], Field(description="Codes of those of whom something changed")]
    changes: Annotated[int, Field(description="How many; zero where the subscription says so all the same")]
    summary: Annotated[str, Field(description="How many of which kind")]
    since_at: Annotated[
        datetime | None, Field(description="When the one before was made; null for the first")
    ]
    made_at: datetime


EVENTS: tuple[type[Event], ...] = (
    AssignmentOpenedV1,
    AssignmentDueSoonV1,
    AssignmentOverdueV1,
    AssignmentDeliveredV1,
    DatasetLoadedV1,
    CompetitorObservedV1,
    FindingsSharedV1,
    CompetitorDigestSharedV1,
)
