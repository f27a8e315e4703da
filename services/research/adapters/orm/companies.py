"""Entities as their sources tell them, the companies they are, and why."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.research.adapters.orm.base import Record


class EntityRecord(Record):
    """A company as its source tells it; the later version wins, whenever it arrives."""

    __tablename__ = "entities"
    __table_args__ = (
        Index("ix_entities_name_key", "name_key", "source_key"),
        Index("ux_entities_id", "id", unique=True),
        Index("ix_entities_company", "company_id"),
        Index("ix_entities_unresolved", "id", postgresql_where=text("NOT is_resolved")),
        Index(
            "ix_entities_words", text("to_tsvector('simple'::regconfig, name_key)"), postgresql_using="gin"
        ),
    )
    source: Mapped[str] = mapped_column(primary_key=True)
    source_key: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str]
    city: Mapped[str | None]
    zone: Mapped[str | None]
    gstin: Mapped[str | None]
    status: Mapped[str]
    version: Mapped[int]
    changed_at: Mapped[datetime]
    id: Mapped[UUID] = mapped_column(server_default=text("gen_random_uuid()"))
    street: Mapped[str | None]
    region: Mapped[str | None]
    postcode: Mapped[str | None]
    telephone: Mapped[str | None]
    identifiers: Mapped[list[str]] = mapped_column(server_default=text("'{}'"))
    dataset_id: Mapped[UUID | None] = mapped_column(ForeignKey("datasets.id"))
    is_present: Mapped[bool] = mapped_column(server_default=text("true"))
    is_resolved: Mapped[bool] = mapped_column(server_default=text("false"))
    company_id: Mapped[UUID | None]


class CompanyRecord(Record):
    """What entities are one; a company without entities says which one took them."""

    __tablename__ = "companies"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    merged_into: Mapped[UUID | None]
    created_at: Mapped[datetime]


class EntitySourceSettingRecord(Record):
    """Which columns of a dataset name companies; the greatest revision counts."""

    __tablename__ = "entity_source_settings"
    dataset_id: Mapped[UUID] = mapped_column(ForeignKey("datasets.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    names: Mapped[list[Any]]
    is_unique: Mapped[bool]
    read_version: Mapped[int | None]
    set_by: Mapped[str]
    set_at: Mapped[datetime]


class EntityResolutionRecord(Record):
    """One comparison of what is new, or of everything, and what it learnt."""

    __tablename__ = "entity_resolutions"
    __table_args__ = (
        CheckConstraint("scope IN ('changed', 'all')", name="scope_known"),
        CheckConstraint("state IN ('queued', 'succeeded')", name="state_known"),
        CheckConstraint("(state = 'queued') = (ended_at IS NULL)", name="ended_when_over"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    scope: Mapped[str]
    state: Mapped[str]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
    job_id: Mapped[UUID]
    ended_at: Mapped[datetime | None]
    records: Mapped[int | None]
    new_records: Mapped[int | None]
    pairs_compared: Mapped[int | None]
    matches_same: Mapped[int | None]
    matches_review: Mapped[int | None]
    held: Mapped[int | None]
    weights: Mapped[dict[str, Any] | None]


class EntityMatchRecord(Record):
    """Two entities found alike by one resolution; a later one that compares them again replaces it as the current one."""

    __tablename__ = "entity_matches"
    __table_args__ = (
        CheckConstraint("left_id < right_id", name="ends_in_order"),
        CheckConstraint("band IN ('same', 'review')", name="band_known"),
        Index(
            "ux_entity_matches_current",
            "left_id",
            "right_id",
            unique=True,
            postgresql_where=text("is_current"),
        ),
        Index("ix_entity_matches_right", "right_id", postgresql_where=text("is_current")),
        Index(
            "ix_entity_matches_review",
            "probability",
            "id",
            postgresql_where=text("is_current AND (band = 'review' OR held_by IS NOT NULL)"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True, server_default=text("gen_random_uuid()"))
    left_id: Mapped[UUID]
    right_id: Mapped[UUID]
    resolution_id: Mapped[UUID] = mapped_column(ForeignKey("entity_resolutions.id"))
    probability: Mapped[float]
    bits: Mapped[float]
    levels: Mapped[list[Any]]
    band: Mapped[str]
    held_by: Mapped[str | None]
    is_current: Mapped[bool]


class EntityDecisionRecord(Record):
    """What a person said of two entities; of several the last counts, and no resolution goes against it."""

    __tablename__ = "entity_decisions"
    __table_args__ = (
        CheckConstraint("left_id < right_id", name="ends_in_order"),
        CheckConstraint("verdict IN ('same', 'different', 'undecided')", name="verdict_known"),
        Index("ix_entity_decisions_left", "left_id", "right_id", "id"),
        Index("ix_entity_decisions_right", "right_id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    left_id: Mapped[UUID]
    right_id: Mapped[UUID]
    verdict: Mapped[str]
    note: Mapped[str]
    decided_by: Mapped[str]
    decided_at: Mapped[datetime]
