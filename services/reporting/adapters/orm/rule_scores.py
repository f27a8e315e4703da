"""Scores of rules as reports read them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.reporting.adapters.orm.base import FactRecord


class RuleScoreRecord(FactRecord):
    """How many rows of a zone and owner a rule looked at in a run, and how many it was broken by. Append-only."""

    __tablename__ = "rule_scores"
    __table_args__ = (CheckConstraint("faulty_count BETWEEN 0 AND rows_count", name="faulty_are_rows"),)
    run_id: Mapped[UUID] = mapped_column(primary_key=True)
    object: Mapped[str] = mapped_column(primary_key=True)
    rule: Mapped[str] = mapped_column(primary_key=True)
    zone: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(primary_key=True)
    system: Mapped[str]
    ran_at: Mapped[datetime]
    rows_count: Mapped[int]
    faulty_count: Mapped[int]
