"""Documents that other services published to partners."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.partners.adapters.orm.base import Record


class PublishedDocumentRecord(Record):
    """A document that was published to a partner, as the service that keeps its bytes told of it."""

    __tablename__ = "published_documents"
    __table_args__ = (
        CheckConstraint("pdf_sha256 ~ '^[0-9a-f]{64}$'", name="hash_shape"),
        Index("ix_published_documents_partner", "partner_code", "published_at", "id"),
        Index(
            "ix_published_documents_supersedes",
            "supersedes_id",
            postgresql_where=text("supersedes_id IS NOT NULL"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    partner_code: Mapped[str]
    number: Mapped[str]
    title: Mapped[str]
    language: Mapped[str]
    from_on: Mapped[date]
    to_on: Mapped[date]
    pdf_sha256: Mapped[str]
    content_path: Mapped[str]
    supersedes_id: Mapped[UUID | None]
    published_at: Mapped[datetime]
