"""Reports: definitions with every version, runs that were asked for, and their frozen results."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from services.reporting.adapters.orm.base import Record


class ReportDefinitionRecord(Record):
    """A definition; `revision` is its current version."""

    __tablename__ = "report_definitions"
    __table_args__ = (CheckConstraint("revision > 0", name="revision_positive"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    revision: Mapped[int]
    owner: Mapped[str]
    created_at: Mapped[datetime]


class ReportDefinitionVersionRecord(Record):
    """What it said from then on. Append-only."""

    __tablename__ = "report_definition_versions"
    definition_id: Mapped[UUID] = mapped_column(
        ForeignKey("report_definitions.id", deferrable=True, initially="DEFERRED"), primary_key=True
    )
    revision: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]]
    set_by: Mapped[str]
    set_at: Mapped[datetime]


class ReportRunRecord(Record):
    """A run as it was asked for: its version, what its parameters came to, whose rows it shows. Append-only."""

    __tablename__ = "report_runs"
    __table_args__ = (
        CheckConstraint("first_on <= last_on", name="days_in_order"),
        Index("ix_report_runs_definition", "definition_id", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    definition_id: Mapped[UUID] = mapped_column(ForeignKey("report_definitions.id"))
    revision: Mapped[int]
    period: Mapped[str]
    first_on: Mapped[date]
    last_on: Mapped[date]
    period_unit: Mapped[str]
    zone: Mapped[str | None]
    partner_code: Mapped[str | None]
    sees_all: Mapped[bool]
    zones: Mapped[list[str]] = mapped_column(ARRAY(Text))
    own_code: Mapped[str | None]
    job_id: Mapped[UUID]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]


class ReportResultRecord(Record):
    """What a run found, as Parquet with its hash, and the rows behind it where they are few enough. Append-only."""

    __tablename__ = "report_results"
    __table_args__ = (
        CheckConstraint("content_sha256 = encode(sha256(content), 'hex')", name="hash_of_content"),
        CheckConstraint("rows_count >= 0 AND details_count >= 0", name="counts_not_negative"),
    )
    run_id: Mapped[UUID] = mapped_column(ForeignKey("report_runs.id"), primary_key=True)
    cut_off: Mapped[dict[str, Any]]
    cut_off_at: Mapped[datetime]
    totals: Mapped[list[Any]]
    rows_count: Mapped[int]
    content: Mapped[bytes]
    content_sha256: Mapped[str]
    details_count: Mapped[int]
    details: Mapped[bytes | None]
