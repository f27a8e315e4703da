"""Snapshots of source systems by the clock: where each schedule stands, its due instants, and what was missed."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.reporting.adapters.orm.base import Record


class SourceScheduleRecord(Record):
    """Where the schedule of a system stands; every due instant until `settled_until_at` has its row."""

    __tablename__ = "source_schedules"
    __table_args__ = (
        CheckConstraint("failures >= 0", name="failures_not_negative"),
        CheckConstraint("(failures > 0) = (problem_code IS NOT NULL)", name="problem_has_code"),
    )
    system_id: Mapped[UUID] = mapped_column(ForeignKey("source_systems.id"), primary_key=True)
    settled_until_at: Mapped[datetime]
    next_due_at: Mapped[datetime | None]
    awaited: Mapped[UUID | None] = mapped_column(ForeignKey("source_snapshots.id"))
    failures: Mapped[int]
    retry_at: Mapped[datetime | None]
    problem_code: Mapped[str | None]
    problem: Mapped[str | None]
    problem_since_at: Mapped[datetime | None]


class SourceScheduleRunRecord(Record):
    """A due instant: once, whether with a snapshot or left out. Append-only."""

    __tablename__ = "source_schedule_runs"
    __table_args__ = (UniqueConstraint("system_id", "due_at", name="uq_source_schedule_runs_system_id"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    system_id: Mapped[UUID] = mapped_column(ForeignKey("source_systems.id"))
    due_at: Mapped[datetime]
    snapshot_id: Mapped[UUID | None] = mapped_column(ForeignKey("source_snapshots.id"))
    settled_at: Mapped[datetime]


class SourceScheduleMissRecord(Record):
    """A due instant that was late, left out or not started: noticed once. Append-only."""

    __tablename__ = "source_schedule_misses"
    __table_args__ = (CheckConstraint("reason IN ('late', 'skipped', 'not_started')", name="reason_known"),)
    system_id: Mapped[UUID] = mapped_column(ForeignKey("source_systems.id"), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    noticed_at: Mapped[datetime]
