"""What became of reported credit notes in the Invoice Management System."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.adapters.orm.base import Record


class ImsStepRecord(Record):
    """A note reported, acted on by its recipient or reported again."""

    __tablename__ = "ims_steps"
    __table_args__ = (
        CheckConstraint(
            "action IN ('reported', 'accepted', 'rejected', 'pending', 're_reported')", name="action_known"
        ),
        CheckConstraint("period ~ '^[0-9]{4}-(0[1-9]|1[0-2])$'", name="period_shape"),
        CheckConstraint("reversal_minor >= 0", name="reversal_not_negative"),
        UniqueConstraint("note_id", "action", "period", "acted_on", name="uq_ims_steps_fact"),
        Index("ix_ims_steps_period", "period", "note_id"),
    )
    note_id: Mapped[UUID] = mapped_column(ForeignKey("credit_notes.id"), primary_key=True)
    step: Mapped[int] = mapped_column(primary_key=True)
    action: Mapped[str]
    period: Mapped[str]
    acted_on: Mapped[date]
    reversal_minor: Mapped[int | None]
    reference: Mapped[str]
    remark: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[str]
