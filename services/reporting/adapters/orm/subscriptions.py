"""Subscriptions of reports: versions, due instants, what came of each, and the letters that carry it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from services.reporting.adapters.orm.base import Record


class KnownHolidayCalendarRecord(Record):
    """A calendar as partners told it last, with the days of its base."""

    __tablename__ = "known_holiday_calendars"
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    closed_weekdays: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    closed_saturdays: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    days: Mapped[list[Any]]
    changed_at: Mapped[datetime]


class ReportSubscriptionRecord(Record):
    """Where a subscription stands; every due instant until `settled_until_at` has its row."""

    __tablename__ = "report_subscriptions"
    __table_args__ = (
        CheckConstraint("revision > 0", name="revision_positive"),
        CheckConstraint("NOT is_paused OR next_due_at IS NULL", name="paused_rests"),
        Index(
            "ix_report_subscriptions_next_due_at",
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


class ReportSubscriptionVersionRecord(Record):
    """What it said from then on, and whose rows it sends. Append-only."""

    __tablename__ = "report_subscription_versions"
    subscription_id: Mapped[UUID] = mapped_column(
        ForeignKey("report_subscriptions.id", deferrable=True, initially="DEFERRED"), primary_key=True
    )
    revision: Mapped[int] = mapped_column(primary_key=True)
    rule: Mapped[dict[str, Any]]
    subscriber: Mapped[dict[str, Any]]
    is_paused: Mapped[bool]
    note: Mapped[str | None]
    set_by: Mapped[str]
    set_at: Mapped[datetime]


class ReportSubscriptionRunRecord(Record):
    """A due instant: once, whether fired or left out. Append-only."""

    __tablename__ = "report_subscription_runs"
    __table_args__ = (
        UniqueConstraint("subscription_id", "due_at"),
        CheckConstraint("is_fired OR job_id IS NULL", name="job_of_fired"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    subscription_id: Mapped[UUID] = mapped_column(ForeignKey("report_subscriptions.id"))
    revision: Mapped[int]
    due_at: Mapped[datetime]
    is_fired: Mapped[bool]
    settled_at: Mapped[datetime]
    moved: Mapped[list[Any]]
    job_id: Mapped[UUID | None]
    refusal: Mapped[str | None]


class ReportSubscriptionMissRecord(Record):
    """A due instant that was late, left out or not started: noticed and told once. Append-only."""

    __tablename__ = "report_subscription_misses"
    __table_args__ = (CheckConstraint("reason IN ('late', 'skipped', 'not_started')", name="reason_known"),)
    subscription_id: Mapped[UUID] = mapped_column(ForeignKey("report_subscriptions.id"), primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    noticed_at: Mapped[datetime]


class SubscribedReportRecord(Record):
    """A run of the report that was asked for by a due instant: the subscriber's, or a partner's own. Append-only."""

    __tablename__ = "subscribed_reports"
    __table_args__ = (
        Index("ix_subscribed_reports_subscription_id_report_run_id", "subscription_id", "report_run_id"),
    )
    report_run_id: Mapped[UUID] = mapped_column(ForeignKey("report_runs.id"), primary_key=True)
    subscription_run_id: Mapped[UUID] = mapped_column(ForeignKey("report_subscription_runs.id"), index=True)
    subscription_id: Mapped[UUID]
    partner_code: Mapped[str | None]


class SubscribedReportOutcomeRecord(Record):
    """Whether it was sent, and what it was compared with. Append-only."""

    __tablename__ = "subscribed_report_outcomes"
    __table_args__ = (
        CheckConstraint(
            "outcome IN ('sent', 'empty', 'unchanged', 'within_threshold', 'failed')", name="outcome_known"
        ),
    )
    report_run_id: Mapped[UUID] = mapped_column(
        ForeignKey("subscribed_reports.report_run_id"), primary_key=True
    )
    outcome: Mapped[str]
    compared_run_id: Mapped[UUID | None] = mapped_column(ForeignKey("report_runs.id"))
    comparison: Mapped[dict[str, Any] | None]
    refusal: Mapped[str | None]
    beyond: Mapped[list[Any]] = mapped_column(server_default=text("'[]'"))
    decided_at: Mapped[datetime]


class ReportLetterRecord(Record):
    """A report on its way to somebody of the house; leased while it is handed in."""

    __tablename__ = "report_letters"
    __table_args__ = (
        UniqueConstraint("report_run_id", "address"),
        CheckConstraint("state IN ('queued', 'sent', 'failed')", name="state_known"),
        CheckConstraint("attempts >= 0", name="attempts_not_negative"),
        CheckConstraint("(state = 'queued') = (next_attempt_at IS NOT NULL)", name="queued_is_due"),
        CheckConstraint("(state = 'queued') = (ended_at IS NULL)", name="ended_has_end"),
        Index(
            "ix_report_letters_next_attempt_at",
            "next_attempt_at",
            postgresql_where=text("next_attempt_at IS NOT NULL"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    report_run_id: Mapped[UUID] = mapped_column(ForeignKey("subscribed_reports.report_run_id"))
    name: Mapped[str]
    address: Mapped[str]
    state: Mapped[str]
    attempts: Mapped[int]
    next_attempt_at: Mapped[datetime | None]
    said: Mapped[str | None]
    queued_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
