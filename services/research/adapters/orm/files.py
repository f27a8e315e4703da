"""Files of assignments: what was handed in as evidence."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.research.adapters.orm.base import Record


class FileRecord(Record):
    """A file of an assignment; never changed. Its bytes are in the store under their hash."""

    __tablename__ = "research_files"
    __table_args__ = (
        UniqueConstraint("assignment_id", "sha256"),
        CheckConstraint("size_bytes > 0", name="not_empty"),
        Index("ix_research_files_assignment", "assignment_id", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("research_assignments.id"))
    file_name: Mapped[str]
    format: Mapped[str]
    sha256: Mapped[str]
    size_bytes: Mapped[int]
    received_by: Mapped[str]
    received_at: Mapped[datetime]
