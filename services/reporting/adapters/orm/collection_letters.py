"""Who gets letters about a collection, and how far each letter is."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.reporting.adapters.orm.base import Record


class CollectionRecipientRecord(Record):
    """Somebody who gets a respondent's letters. Append-only."""

    __tablename__ = "collection_recipients"
    respondent_id: Mapped[UUID] = mapped_column(ForeignKey("collection_respondents.id"), primary_key=True)
    address: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]


class CollectionLetterRecord(Record):
    """A letter about a collection; leased while it is handed in. `number` tells reminders and versions apart."""

    __tablename__ = "collection_letters"
    __table_args__ = (
        UniqueConstraint("respondent_id", "occasion", "number", "address"),
        CheckConstraint(
            "occasion IN ('invitation', 'reminder', 'overdue', 'checked', 'accepted', 'returned')",
            name="occasion_known",
        ),
        CheckConstraint("state IN ('queued', 'sent', 'failed', 'overtaken')", name="state_known"),
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        CheckConstraint("(state = 'queued') = (next_attempt_at IS NOT NULL)", name="queued_is_due"),
        CheckConstraint("(state = 'queued') = (ended_at IS NULL)", name="ended_has_end"),
        Index(
            "ix_collection_letters_next_attempt_at",
            "next_attempt_at",
            postgresql_where=text("next_attempt_at IS NOT NULL"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    respondent_id: Mapped[UUID] = mapped_column(ForeignKey("collection_respondents.id"))
    occasion: Mapped[str]
    number: Mapped[int]
    name: Mapped[str]
    address: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime | None]
    said: Mapped[str | None]
    queued_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
