"""Pages and files of the web that were asked for, and the hosts that were asked."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.research.adapters.orm.base import Record, words_index


class FetchRecord(Record):
    """Once asked for; settled once by its job."""

    __tablename__ = "research_fetches"
    __table_args__ = (
        words_index("research_fetches"),
        CheckConstraint("state IN ('queued', 'kept', 'unchanged', 'refused', 'failed')", name="state_known"),
        CheckConstraint("(state IN ('kept', 'unchanged')) = (file_id IS NOT NULL)", name="kept_has_file"),
        CheckConstraint("(state IN ('refused', 'failed')) = (problem IS NOT NULL)", name="ended_says_why"),
        Index("ix_research_fetches_assignment", "assignment_id", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("research_assignments.id"))
    url: Mapped[str]
    state: Mapped[str]
    problem: Mapped[str | None]
    problem_detail: Mapped[str | None]
    final_url: Mapped[str | None]
    http_status: Mapped[int | None]
    etag: Mapped[str | None]
    last_modified: Mapped[str | None]
    content_type: Mapped[str | None]
    title: Mapped[str] = mapped_column(server_default=text("''"))
    text_extract: Mapped[str] = mapped_column(server_default=text("''"))
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("research_files.id"))
    job_id: Mapped[UUID]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    settled_at: Mapped[datetime | None]


class FetchHostRecord(Record):
    """When a host may be asked again, and what its robots.txt said last."""

    __tablename__ = "research_fetch_hosts"
    origin: Mapped[str] = mapped_column(primary_key=True)
    free_at: Mapped[datetime]
    robots: Mapped[str | None]
    robots_at: Mapped[datetime | None]
