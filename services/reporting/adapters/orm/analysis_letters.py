"""Letters that carry saved analyses which the clock made, and how far each is."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.reporting.adapters.orm.base import Record


class AnalysisLetterRecord(Record):
    """A letter about a due instant of a saved analysis; leased while it is handed in."""

    __tablename__ = "analysis_letters"
    __table_args__ = (
        ForeignKeyConstraint(
            ["saved_analysis_id", "due_at"],
            ["saved_analysis_instants.saved_analysis_id", "saved_analysis_instants.due_at"],
            name="fk_analysis_letters_saved_analysis_id_saved_analysis_instants",
        ),
        UniqueConstraint("saved_analysis_id", "due_at", "address"),
        CheckConstraint("state IN ('queued', 'sent', 'failed')", name="state_known"),
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        CheckConstraint("(state = 'queued') = (next_attempt_at IS NOT NULL)", name="queued_is_due"),
        CheckConstraint("(state = 'queued') = (ended_at IS NULL)", name="ended_has_end"),
        Index(
            "ix_analysis_letters_next_attempt_at",
            "next_attempt_at",
            postgresql_where=text("next_attempt_at IS NOT NULL"),
        ),
        Index("ix_analysis_letters_saved_analysis_id_id", "saved_analysis_id", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    saved_analysis_id: Mapped[UUID]
    due_at: Mapped[datetime]
    name: Mapped[str]
    address: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime | None]
    said: Mapped[str | None]
    queued_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
