"""Queries that are kept, their versions, and what was asked of them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.research.adapters.orm.base import Record


class SavedQueryRecord(Record):
    """Where a saved query stands; what it says is in its versions, the greatest of which counts."""

    __tablename__ = "saved_queries"
    __table_args__ = (
        Index("ix_saved_queries_owner", "owner", "id"),
        Index("ix_saved_queries_due", "next_due_at", postgresql_where=text("next_due_at IS NOT NULL")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    owner: Mapped[str]
    revision: Mapped[int]
    settled_until_at: Mapped[datetime]
    next_due_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class SavedQueryVersionRecord(Record):
    """What a saved query was set to, and the roles that its owner had then."""

    __tablename__ = "saved_query_versions"
    saved_query_id: Mapped[UUID] = mapped_column(ForeignKey("saved_queries.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    title: Mapped[str]
    sql: Mapped[str]
    parameters: Mapped[list[Any]]
    rows_max: Mapped[int]
    cron: Mapped[str | None]
    time_zone: Mapped[str]
    valid_from: Mapped[date]
    roles: Mapped[list[str]]
    set_by: Mapped[str]
    set_at: Mapped[datetime]


class SavedQueryRunRecord(Record):
    """Once asked by a person or by the clock; `due_at` is there once, however many workers saw it."""

    __tablename__ = "saved_query_runs"
    __table_args__ = (
        CheckConstraint("outcome IN ('asked', 'refused', 'skipped')", name="outcome_known"),
        CheckConstraint("(outcome = 'asked') = (run_id IS NOT NULL)", name="asked_has_run"),
        Index("ux_saved_query_runs_due", "saved_query_id", "due_at", unique=True),
        Index("ix_saved_query_runs_query", "saved_query_id", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    saved_query_id: Mapped[UUID] = mapped_column(ForeignKey("saved_queries.id"))
    revision: Mapped[int]
    due_at: Mapped[datetime | None]
    arguments: Mapped[dict[str, Any]]
    outcome: Mapped[str]
    run_id: Mapped[UUID | None] = mapped_column(ForeignKey("dataset_query_runs.id"))
    failure_code: Mapped[str | None]
    failure_detail: Mapped[str | None]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]
