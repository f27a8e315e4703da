"""What documents of credit notes said at each step, and the files made of it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.adapters.orm.base import Record


class NoteDocumentRecord(Record):
    """What the document says from a step of its note on; the latest is the one that counts."""

    __tablename__ = "note_documents"
    note_id: Mapped[UUID] = mapped_column(ForeignKey("credit_notes.id"), primary_key=True)
    document_number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]]
    frozen_at: Mapped[datetime]


class NoteFileRecord(Record):
    """The PDF in English of one of them, from before there were other languages and formats."""

    __tablename__ = "note_files"
    __table_args__ = (
        ForeignKeyConstraint(
            ["note_id", "document_number"],
            ["note_documents.note_id", "note_documents.document_number"],
            name="fk_note_files_note_id_note_documents",
        ),
    )
    note_id: Mapped[UUID] = mapped_column(primary_key=True)
    document_number: Mapped[int] = mapped_column(primary_key=True)
    pdf: Mapped[bytes]
    sha256: Mapped[bytes]
    made_at: Mapped[datetime]


class NoteDocumentFileRecord(Record):
    """A document in one format and language, made once and kept byte for byte."""

    __tablename__ = "note_document_files"
    __table_args__ = (
        ForeignKeyConstraint(
            ["note_id", "document_number"],
            ["note_documents.note_id", "note_documents.document_number"],
            name="fk_note_document_files_note_id_note_documents",
        ),
        CheckConstraint("format IN ('pdf', 'xlsx')", name="format_known"),
        CheckConstraint("language IN ('en', 'hi', 'mr')", name="language_known"),
    )
    note_id: Mapped[UUID] = mapped_column(primary_key=True)
    document_number: Mapped[int] = mapped_column(primary_key=True)
    format: Mapped[str] = mapped_column(Text, primary_key=True)
    language: Mapped[str] = mapped_column(Text, primary_key=True)
    content: Mapped[bytes]
    sha256: Mapped[bytes]
    made_at: Mapped[datetime]
