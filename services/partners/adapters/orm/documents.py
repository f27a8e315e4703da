"""Documents of partners: what was frozen, the files it was set in, who opened them, and how long they are kept."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.partners.adapters.orm.base import Record

KINDS = (
    "kind IN ('order_board', 'payment_sheet', 'account_statement', 'credit_note', 'balance_confirmation',"
    " 'report', 'uploaded_file')"
)


class DocumentRecord(Record):
    """One version of a document. `content` is what we set it from; what others set has a `source_path` instead."""

    __tablename__ = "documents"
    __table_args__ = (
        CheckConstraint(KINDS, name="kind_known"),
        CheckConstraint("version > 0", name="version_positive"),
        CheckConstraint("from_on <= to_on", name="period_in_order"),
        CheckConstraint("content_sha256 ~ '^[0-9a-f]{64}$'", name="hash_shape"),
        Index("ix_documents_newest", "published_at", "id"),
        Index("ix_documents_partner", "partner_code", "published_at", "id"),
        Index(
            "uq_documents_version",
            "partner_code", "kind", "series", "from_on", "to_on", "version",
            unique=True,
        ),
        Index("uq_documents_source", "source_id", unique=True, postgresql_where=text("source_id IS NOT NULL")),
        Index("ix_documents_keep_until_on", "keep_until_on"),
    )  # fmt: skip
    id: Mapped[UUID] = mapped_column(primary_key=True)
    partner_code: Mapped[str]
    kind: Mapped[str]
    series: Mapped[str]
    from_on: Mapped[date]
    to_on: Mapped[date]
    version: Mapped[int]
    number: Mapped[str]
    title: Mapped[str]
    language: Mapped[str | None]
    content: Mapped[dict[str, Any] | None]
    content_sha256: Mapped[str | None]
    source_id: Mapped[UUID | None]
    source_path: Mapped[str | None]
    supersedes_id: Mapped[UUID | None]
    keep_until_on: Mapped[date]
    published_at: Mapped[datetime]
    published_by: Mapped[str]


class DocumentFileRecord(Record):
    """A document in one format and language; its bytes are in the store under their SHA-256 until `removed_at`."""

    __tablename__ = "document_files"
    __table_args__ = (
        CheckConstraint("sha256 ~ '^[0-9a-f]{64}$'", name="hash_shape"),
        CheckConstraint("size_bytes > 0", name="not_empty"),
        Index("ix_document_files_sha256", "sha256"),
    )
    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id"), primary_key=True)
    format: Mapped[str] = mapped_column(primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    media_type: Mapped[str]
    file_name: Mapped[str]
    sha256: Mapped[str]
    size_bytes: Mapped[int]
    stored_at: Mapped[datetime]
    removed_at: Mapped[datetime | None]


class DocumentOpeningRecord(Record):
    """Somebody got the bytes of a document. Append-only."""

    __tablename__ = "document_openings"
    __table_args__ = (Index("ix_document_openings_document_id", "document_id", "id"),)
    id: Mapped[int] = mapped_column(Identity(always=True), primary_key=True)
    document_id: Mapped[UUID] = mapped_column(ForeignKey("documents.id"))
    format: Mapped[str]
    language: Mapped[str]
    opened_by: Mapped[str]
    opened_at: Mapped[datetime]


class RetentionRuleRecord(Record):
    """From a day on, for how many financial years documents of a kind are kept. Append-only."""

    __tablename__ = "retention_rules"
    __table_args__ = (
        CheckConstraint(KINDS, name="kind_known"),
        CheckConstraint("years BETWEEN 1 AND 50", name="years_sensible"),
    )
    kind: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    years: Mapped[int]
    source: Mapped[str]
    added_at: Mapped[datetime]
    added_by: Mapped[str]
