"""Facts about questions on payments, told by payments; the last one by partners."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.envelope import Event


class QueryOpenedV1(Event):
    """A question about a payment was opened, or opened again."""

    type_name: ClassVar[str] = "salesops.payments.query_opened.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("reporting", "gateway")

    query_id: UUID
    number: str
    partner_code: str
    zone: str | None
    category: str
    subject: str
    owner: str
    due_at: datetime


class QueryAnsweredV1(Event):
    """It was answered; `within_time` compares with its clock."""

    type_name: ClassVar[str] = "salesops.payments.query_answered.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("reporting", "gateway")

    query_id: UUID
    number: str
    partner_code: str
    zone: str | None
    category: str
    answered_at: datetime
    is_on_time: bool
    case_record_id: Annotated[
        str | None, Field(description="The case of Salesforce that asked, when one did")
    ] = None


class QueryOverdueV1(Event):
    """Its time ran out without an answer."""

    type_name: ClassVar[str] = "salesops.payments.query_overdue.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("gateway",)

    query_id: UUID
    number: str
    partner_code: str
    zone: str | None
    category: str
    owner: str
    due_at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryLink:
    """What a question is about: an invoice, a receipt, a document …; by its id, or as the asker named it."""

    kind: str
    target_id: str


class QueryChangedV1(Event):
    """A question as it is now; the later revision wins."""

    type_name: ClassVar[str] = "salesops.payments.query_changed.v1"
    source: ClassVar[str] = "payments"
    consumers: ClassVar[tuple[str, ...]] = ("partners",)

    query_id: UUID
    number: str
    partner_code: str
    category: str
    subject: str
    state: Annotated[
        str, Field(description="open: our answer is awaited; answered: the partner's word; closed")
    ]
    opened_at: datetime
    due_at: Annotated[datetime, Field(description="Until when it is to be answered")]
    answered_at: datetime | None
    closed_at: datetime | None
    links: tuple[QueryLink, ...]
    revision: int


class DocumentObjectedV1(Event):
    """A partner objects to a document it got: that opens a question."""

    type_name: ClassVar[str] = "salesops.partners.document_objected.v1"
    source: ClassVar[str] = "partners"
    consumers: ClassVar[tuple[str, ...]] = ("payments", "reporting")

    document_id: UUID
    partner_code: str
    title: str
    objection: Annotated[str, Field(max_length=4000)]
    objected_at: datetime


EVENTS: tuple[type[Event], ...] = (
    QueryOpenedV1,
    QueryAnsweredV1,
    QueryOverdueV1,
    QueryChangedV1,
    DocumentObjectedV1,
)
