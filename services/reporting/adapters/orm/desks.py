"""How partners are served: questions and their answers, documents and what became of them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.reporting.adapters.orm.base import FactRecord


class QueryOpeningRecord(FactRecord):
    """A question about a payment was opened, or opened again with another due instant."""

    __tablename__ = "query_openings"
    query_id: Mapped[UUID] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    opened_at: Mapped[datetime]
    number: Mapped[str]
    partner_code: Mapped[str]
    zone: Mapped[str | None]
    category: Mapped[str]
    subject: Mapped[str]
    owner: Mapped[str]


class QueryAnswerRecord(FactRecord):
    """It was answered."""

    __tablename__ = "query_answers"
    query_id: Mapped[UUID] = mapped_column(primary_key=True)
    answered_at: Mapped[datetime] = mapped_column(primary_key=True)
    is_on_time: Mapped[bool]


class PublishedDocumentRecord(FactRecord):
    """A version of a document that a partner gets."""

    __tablename__ = "published_documents"
    document_id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    partner_code: Mapped[str]
    zone: Mapped[str | None]
    title: Mapped[str]
    number: Mapped[str]
    from_on: Mapped[date]
    to_on: Mapped[date]
    version: Mapped[int]
    published_at: Mapped[datetime]


class DeliveryOutcomeRecord(FactRecord):
    """A delivery arrived, or will not be tried again by itself; one that is resent has another outcome later."""

    __tablename__ = "delivery_outcomes"
    delivery_id: Mapped[UUID] = mapped_column(primary_key=True)
    ended_at: Mapped[datetime] = mapped_column(primary_key=True)
    document_id: Mapped[UUID | None]
    kind: Mapped[str]
    partner_code: Mapped[str]
    zone: Mapped[str | None]
    channel: Mapped[str]
    is_delivered: Mapped[bool]
    reason: Mapped[str | None]


class DocumentReplyRecord(FactRecord):
    """A partner agreed to a document, or objected to it."""

    __tablename__ = "document_replies"
    document_id: Mapped[UUID] = mapped_column(primary_key=True)
    replied_at: Mapped[datetime] = mapped_column(primary_key=True)
    partner_code: Mapped[str]
    is_objection: Mapped[bool]
