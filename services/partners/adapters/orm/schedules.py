"""Schedules of documents with their versions, runs and items, and the holiday calendars that move them."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, Text, text
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.partners.adapters.orm.base import Record


class HolidayCalendarRecord(Record):
    """A weekly rule, with the days of its base; single days are added to it."""

    __tablename__ = "holiday_calendars"
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    base_code: Mapped[str | None] = mapped_column(ForeignKey("holiday_calendars.code"))
    closed_weekdays: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    closed_saturdays: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    source: Mapped[str]
    set_by: Mapped[str]
    set_at: Mapped[datetime]


class HolidayCalendarDayRecord(Record):
    """A day that differs from the weekly rule; what was said last about a day counts. Append-only."""

    __tablename__ = "holiday_calendar_days"
    __table_args__ = (Index("ix_holiday_calendar_days_day", "calendar_code", "day", "id"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    calendar_code: Mapped[str] = mapped_column(ForeignKey("holiday_calendars.code"))
    day: Mapped[date]
    is_working: Mapped[bool]
    name: Mapped[str]
    source: Mapped[str]
    set_by: Mapped[str]
    set_at: Mapped[datetime]


class DocumentScheduleRecord(Record):
    """Where a schedule stands. Runs are settled until `settled_until_at`, whatever its rule was and is."""

    __tablename__ = "document_schedules"
    __table_args__ = (
        CheckConstraint("revision > 0", name="revision_positive"),
        CheckConstraint("NOT is_paused OR next_due_at IS NULL", name="paused_ones_wait"),
        CheckConstraint("next_due_at > settled_until_at", name="due_behind_settled"),
        Index(
            "ix_document_schedules_next_due_at",
            "next_due_at",
            postgresql_where=text("next_due_at IS NOT NULL"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    revision: Mapped[int]
    is_paused: Mapped[bool]
    settled_until_at: Mapped[datetime]
    next_due_at: Mapped[datetime | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime]


class DocumentScheduleVersionRecord(Record):
    """A schedule's rule as somebody set it. Append-only."""

    __tablename__ = "document_schedule_versions"
    __table_args__ = (
        CheckConstraint("audience IN ('partners', 'zones', 'all')", name="audience_known"),
        CheckConstraint("(quiet_from IS NULL) = (quiet_until IS NULL)", name="quiet_hours_whole"),
        CheckConstraint("cardinality(formats) > 0", name="format_named"),
        CheckConstraint("on_closed_day = 'run' OR calendar_code IS NOT NULL", name="shift_has_calendar"),
    )
    schedule_id: Mapped[UUID] = mapped_column(ForeignKey("document_schedules.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    name: Mapped[str]
    kinds: Mapped[list[str]] = mapped_column(ARRAY(Text))
    audience: Mapped[str]
    partner_codes: Mapped[list[str]] = mapped_column(ARRAY(Text))
    zones: Mapped[list[str]] = mapped_column(ARRAY(Text))
    recipient_roles: Mapped[list[str]] = mapped_column(ARRAY(Text))
    channel: Mapped[str]
    condition: Mapped[str]
    catch_up: Mapped[str]
    cron: Mapped[str]
    time_zone: Mapped[str]
    on_closed_day: Mapped[str]
    calendar_code: Mapped[str | None] = mapped_column(ForeignKey("holiday_calendars.code"))
    quiet_from: Mapped[time | None]
    quiet_until: Mapped[time | None]
    formats: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{pdf}'"))
    valid_from: Mapped[date]
    valid_to: Mapped[date | None]
    is_paused: Mapped[bool]
    note: Mapped[str | None]
    set_by: Mapped[str]
    set_at: Mapped[datetime]


class DocumentScheduleRunRecord(Record):
    """A due instant and what became of it, by the version that held. Append-only."""

    __tablename__ = "document_schedule_runs"
    __table_args__ = (
        ForeignKeyConstraint(
            ["schedule_id", "revision"],
            ["document_schedule_versions.schedule_id", "document_schedule_versions.revision"],
        ),
        CheckConstraint("settled_at >= due_at", name="not_before_due"),
        Index("uq_document_schedule_runs_due", "schedule_id", "due_at", unique=True),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    schedule_id: Mapped[UUID]
    revision: Mapped[int]
    due_at: Mapped[datetime]
    is_fired: Mapped[bool]
    settled_at: Mapped[datetime]
    moved: Mapped[Any] = mapped_column(JSONB, nullable=False)
    release_at: Mapped[datetime | None]


class DocumentScheduleItemRecord(Record):
    """One kind of document for one partner in a run; what became of its delivery is the delivery's to say."""

    __tablename__ = "document_schedule_items"
    __table_args__ = (
        CheckConstraint("state IN ('planned', 'queued', 'nothing_to_send', 'failed')", name="state_known"),
        CheckConstraint("state NOT IN ('nothing_to_send', 'failed') OR reason IS NOT NULL", name="says_why"),
        Index(
            "ix_document_schedule_items_planned",
            "run_id",
            "partner_code",
            "kind",
            postgresql_where=text("state = 'planned'"),
        ),
        Index("ix_document_schedule_items_partner", "schedule_id", "partner_code", "kind", "run_id"),
    )
    run_id: Mapped[UUID] = mapped_column(ForeignKey("document_schedule_runs.id"), primary_key=True)
    partner_code: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    schedule_id: Mapped[UUID]
    zone: Mapped[str | None]
    state: Mapped[str]
    reason: Mapped[str | None]
    fingerprint: Mapped[str | None]
    attempts: Mapped[int] = mapped_column(server_default=text("0"))
    document_id: Mapped[UUID | None]
    request_id: Mapped[UUID | None]
    settled_at: Mapped[datetime | None]


class DocumentScheduleMissRecord(Record):
    """A run that started late, was left out, or was not started: noticed and told once. Append-only."""

    __tablename__ = "document_schedule_misses"
    __table_args__ = (CheckConstraint("reason IN ('late', 'skipped', 'not_started')", name="reason_known"),)
    schedule_id: Mapped[UUID] = mapped_column(ForeignKey("document_schedules.id"), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    noticed_at: Mapped[datetime]
