"""Facts about documents of partners and their deliveries, told by partners."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events.envelope import Event


class DocumentPublishedV1(Event):
    """A version of a document was frozen or taken in; its bytes are at `/v1/documents/{document_id}/content`."""

    type_name: ClassVar[str] = "salesops.partners.document_published.v1"
    source: ClassVar[str] = "partners"
    consumers: ClassVar[tuple[str, ...]] = ("reporting", "gateway")

    document_id: UUID
    kind: str
    partner_code: str
    zone: str | None
    title: str
    number: str
    from_on: date
    to_on: date
    version: int
    supersedes_id: UUID | None
    published_at: datetime


class DocumentDeliveredV1(Event):
    """A recipient has the document, as far as its channel can tell: accepted by its server, or fetched."""

    type_name: ClassVar[str] = "salesops.partners.document_delivered.v1"
    source: ClassVar[str] = "partners"
    consumers: ClassVar[tuple[str, ...]] = ("reporting", "gateway")

    delivery_id: UUID
    document_id: UUID
    kind: str
    partner_code: str
    zone: str | None
    channel: str
    attempts: int
    delivered_at: datetime


class DocumentDeliveryFailedV1(Event):
    """A delivery will not be tried again by itself: it bounced, or every attempt failed."""

    type_name: ClassVar[str] = "salesops.partners.document_delivery_failed.v1"
    source: ClassVar[str] = "partners"
    consumers: ClassVar[tuple[str, ...]] = ("reporting", "gateway")

    delivery_id: UUID
    document_id: UUID | None
    kind: str
    partner_code: str
    zone: str | None
    channel: str
    state: str
    reason: str
    failed_at: datetime


class DocumentAcknowledgedV1(Event):
    """The partner agrees to what a document says."""

    type_name: ClassVar[str] = "salesops.partners.document_acknowledged.v1"
    source: ClassVar[str] = "partners"
    consumers: ClassVar[tuple[str, ...]] = ("reporting", "gateway")

    document_id: UUID
    kind: str
    partner_code: str
    zone: str | None
    title: str
    acknowledged_by: str
    acknowledged_at: datetime


EVENTS: tuple[type[Event], ...] = (
    DocumentPublishedV1,
    DocumentDeliveredV1,
    DocumentDeliveryFailedV1,
    DocumentAcknowledgedV1,
)
