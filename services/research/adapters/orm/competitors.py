"""Competitors: profiles with every version, what was observed of them, and frozen battlecards."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, Numeric, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.research.adapters.orm.base import Record, words_index


class CompetitorRecord(Record):
    """A maker's profile as it is now; one of them may be ours."""

    __tablename__ = "competitors"
    __table_args__ = (
        words_index("competitors"),
        UniqueConstraint("code"),
        CheckConstraint("code ~ '^[a-z][a-z0-9-]{1,39}$'", name="code_is_a_code"),
        Index("uq_competitors_ours", "is_ours", unique=True, postgresql_where=text("is_ours")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    name: Mapped[str]
    maker: Mapped[str]
    country: Mapped[str]
    website: Mapped[str | None]
    about: Mapped[str]
    is_ours: Mapped[bool]
    products: Mapped[list[Any]]
    plants: Mapped[list[Any]]
    channels: Mapped[list[Any]]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    revision: Mapped[int]


class CompetitorChangeRecord(Record):
    """What a profile said with each revision, and who wrote it."""

    __tablename__ = "competitor_changes"
    competitor_id: Mapped[UUID] = mapped_column(ForeignKey("competitors.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    facts: Mapped[dict[str, Any]]
    changed_by: Mapped[str]
    changed_at: Mapped[datetime]


class CompetitorAttributeRecord(Record):
    """What can be observed; of a code the last revision counts."""

    __tablename__ = "competitor_attributes"
    __table_args__ = (
        CheckConstraint("kind IN ('text', 'number', 'money')", name="kind_known"),
        CheckConstraint("better IN ('higher', 'lower', 'neither')", name="better_known"),
        CheckConstraint("shelf_life_days > 0", name="keeps_some_time"),
        CheckConstraint("tolerance_percent BETWEEN 0 AND 100", name="tolerance_in_range"),
        CheckConstraint("is_single OR kind = 'text'", name="figures_are_single"),
    )
    code: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    kind: Mapped[str]
    unit: Mapped[str]
    is_single: Mapped[bool]
    shelf_life_days: Mapped[int]
    tolerance_percent: Mapped[Decimal] = mapped_column(Numeric)
    better: Mapped[str]
    set_by: Mapped[str]
    set_at: Mapped[datetime]


class ObservationRecord(Record):
    """What somebody saw; never changed."""

    __tablename__ = "competitor_observations"
    __table_args__ = (
        words_index("competitor_observations"),
        CheckConstraint("reliability IN ('A', 'B', 'C', 'D', 'E', 'F')", name="reliability_known"),
        CheckConstraint("credibility BETWEEN 1 AND 6", name="credibility_known"),
        CheckConstraint("num_nonnulls(value_text, value_number, amount_minor) = 1", name="one_value"),
        CheckConstraint("(amount_minor IS NULL) = (currency IS NULL)", name="amount_with_currency"),
        Index("ix_competitor_observations_seen", "competitor_id", "seen_on", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    competitor_id: Mapped[UUID] = mapped_column(ForeignKey("competitors.id"))
    product: Mapped[str | None]
    attribute: Mapped[str]
    zone: Mapped[str | None]
    about: Mapped[str] = mapped_column(server_default=text("''"))
    value_text: Mapped[str | None]
    value_number: Mapped[Decimal | None] = mapped_column(Numeric)
    amount_minor: Mapped[int | None]
    currency: Mapped[str | None]
    note: Mapped[str]
    source_kind: Mapped[str]
    source: Mapped[str]
    source_url: Mapped[str | None]
    seen_on: Mapped[date]
    reliability: Mapped[str]
    credibility: Mapped[int]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class ObservationWithdrawalRecord(Record):
    """That an observation was wrong, and why; the observation itself stays."""

    __tablename__ = "competitor_observation_withdrawals"
    observation_id: Mapped[UUID] = mapped_column(
        ForeignKey("competitor_observations.id", name="fk_competitor_observation_withdrawals_observation"),
        primary_key=True,
    )
    reason: Mapped[str]
    withdrawn_by: Mapped[str]
    withdrawn_at: Mapped[datetime]


class BattlecardRecord(Record):
    """One version of a battlecard, frozen with what it cites."""

    __tablename__ = "battlecards"
    __table_args__ = (
        words_index("battlecards"),
        UniqueConstraint("competitor_id", "zone", "version", postgresql_nulls_not_distinct=True),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    competitor_id: Mapped[UUID] = mapped_column(ForeignKey("competitors.id"))
    zone: Mapped[str | None]
    version: Mapped[int]
    content: Mapped[dict[str, Any]]
    content_sha256: Mapped[str]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
