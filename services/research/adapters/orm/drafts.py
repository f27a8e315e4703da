"""Drafts of first briefs, made without anybody from what is held already."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.research.adapters.orm.base import Record


class DraftRecord(Record):
    """Asked once, made once, with the rights of who asked; never changed after."""

    __tablename__ = "research_brief_drafts"
    __table_args__ = (
        CheckConstraint("(content IS NULL) = (made_at IS NULL)", name="made_whole"),
        CheckConstraint("(content IS NULL) = (content_sha256 IS NULL)", name="hashed"),
        Index("ix_research_brief_drafts_assignment", "assignment_id", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("research_assignments.id"))
    asked_by: Mapped[str]
    subject: Mapped[str]
    roles: Mapped[list[str]]
    asked_at: Mapped[datetime]
    job_id: Mapped[UUID]
    content: Mapped[dict[str, Any] | None]
    content_sha256: Mapped[str | None]
    made_at: Mapped[datetime | None]
