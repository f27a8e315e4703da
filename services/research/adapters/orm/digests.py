"""Digests of competitors: subscriptions with every version, what each due instant became, and what was frozen."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.research.adapters.orm.base import Record


class DigestSubscriptionRecord(Record):
    """Where a subscription stands; what it says is in its versions, the greatest of which counts."""

    __tablename__ = "competitor_digest_subscriptions"
    __table_args__ = (
        Index(
            "ix_competitor_digest_subscriptions_due",
            "next_due_at",
            postgresql_where=text("next_due_at IS NOT NULL"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner: Mapped[str]
    zone: Mapped[str | None]
    revision: Mapped[int]
    settled_until_at: Mapped[datetime]
    next_due_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class DigestSubscriptionVersionRecord(Record):
    """What a subscription was set to; no competitors are all of them."""

    __tablename__ = "competitor_digest_subscription_versions"
    subscription_id: Mapped[UUID] = mapped_column(
        ForeignKey(
            "competitor_digest_subscriptions.id",
            name="fk_competitor_digest_subscription_versions_subscription",
        ),
        primary_key=True,
    )
    revision: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    competitors: Mapped[list[str]]
    tells_no_change: Mapped[bool]
    cron: Mapped[str | None]
    time_zone: Mapped[str]
    valid_from: Mapped[date]
    set_by: Mapped[str]
    set_at: Mapped[datetime]


class DigestRecord(Record):
    """What was told, frozen; `known` is what the next one is compared with."""

    __tablename__ = "competitor_digests"
    __table_args__ = (UniqueConstraint("subscription_id", "number"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    subscription_id: Mapped[UUID] = mapped_column(
        ForeignKey("competitor_digest_subscriptions.id", name="fk_competitor_digests_subscription")
    )
    number: Mapped[int]
    title: Mapped[str]
    zone: Mapped[str | None]
    content: Mapped[dict[str, Any]]
    content_sha256: Mapped[str]
    known: Mapped[dict[str, Any]]
    made_by: Mapped[str]
    made_at: Mapped[datetime]


class DigestRunRecord(Record):
    """Once asked by a person or by the clock; `due_at` is there once, however many workers saw it."""

    __tablename__ = "competitor_digest_runs"
    __table_args__ = (
        CheckConstraint("outcome IN ('made', 'unchanged', 'skipped')", name="outcome_known"),
        CheckConstraint("(outcome = 'made') = (digest_id IS NOT NULL)", name="made_has_digest"),
        Index("ux_competitor_digest_runs_due", "subscription_id", "due_at", unique=True),
        Index("ix_competitor_digest_runs_subscription", "subscription_id", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    subscription_id: Mapped[UUID] = mapped_column(
        ForeignKey("competitor_digest_subscriptions.id", name="fk_competitor_digest_runs_subscription")
    )
    revision: Mapped[int]
    due_at: Mapped[datetime | None]
    outcome: Mapped[str]
    digest_id: Mapped[UUID | None] = mapped_column(ForeignKey("competitor_digests.id"))
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
