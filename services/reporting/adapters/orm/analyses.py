"""Rows that were told to be analysed, and analyses as they were made; both append-only."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, ForeignKeyConstraint, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.reporting.adapters.orm.base import Record

KINDS = (
    "kind IN ('variance', 'bill_of_materials', 'landed_cost', 'margin_waterfall', 'projection', 'bundling')"
)


class AnalysisTableRecord(Record):
    """Rows under a name, version after version; without a name those that came with one analysis."""

    __tablename__ = "analysis_tables"
    __table_args__ = (
        UniqueConstraint("name", "version", name="uq_analysis_tables_name_version"),
        CheckConstraint("(name IS NULL) = (version IS NULL)", "version"),
        CheckConstraint("row_count > 0", "row_count"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str | None]
    version: Mapped[int | None]
    zone: Mapped[str | None]
    partner_code: Mapped[str | None]
    column_names: Mapped[list[Any]]
    rows: Mapped[list[Any]]
    row_count: Mapped[int]
    rows_sha256: Mapped[str]
    told_at: Mapped[datetime]
    told_by: Mapped[str]


class AnalysisRecord(Record):
    """One analysis: what was asked, of which rows, and what came out, as bytes under their hash."""

    __tablename__ = "analyses"
    __table_args__ = (
        CheckConstraint(KINDS, "kind"),
        CheckConstraint("content_sha256 = encode(sha256(content), 'hex')", "content"),
        ForeignKeyConstraint(
            ["saved_analysis_id", "saved_revision"],
            ["saved_analyses.id", "saved_analyses.revision"],
            name="fk_analyses_saved_analysis_id_saved_analyses",
            match="FULL",
        ),
        Index("ix_analyses_kind", "kind", "id"),
        Index(
            "ix_analyses_saved",
            "saved_analysis_id",
            "id",
            postgresql_where=text("saved_analysis_id IS NOT NULL"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    title: Mapped[str]
    zone: Mapped[str | None]
    partner_code: Mapped[str | None]
    options: Mapped[dict[str, Any]]
    table_id: Mapped[UUID] = mapped_column(ForeignKey("analysis_tables.id"))
    row_count: Mapped[int]
    rows_sha256: Mapped[str]
    content: Mapped[bytes]
    content_sha256: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    saved_analysis_id: Mapped[UUID | None]
    saved_revision: Mapped[int | None]


class SavedAnalysisRecord(Record):
    """What is analysed again and again: a row per version, the newest counts."""

    __tablename__ = "saved_analyses"
    __table_args__ = (
        CheckConstraint("revision > 0", "revision"),
        CheckConstraint(KINDS, "kind"),
        CheckConstraint("condition IN ('always', 'when_changed')", "condition_known"),
        Index("ix_saved_analyses_table_name", "table_name"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[str]
    kind: Mapped[str]
    table_name: Mapped[str]
    options: Mapped[dict[str, Any]]
    zone: Mapped[str | None]
    partner_code: Mapped[str | None]
    runs_on_new_rows: Mapped[bool]
    cron: Mapped[str | None]
    time_zone: Mapped[str] = mapped_column(server_default="Asia/Kolkata")
    kept_at: Mapped[datetime]
    kept_by: Mapped[str]
    recipients: Mapped[list[Any]] = mapped_column(server_default="[]")
    condition: Mapped[str] = mapped_column(server_default="always")


class ProjectionOverrideRecord(Record):
    """What somebody put in place of a projected figure; a later one of the same series and period counts."""

    __tablename__ = "projection_overrides"
    __table_args__ = (
        CheckConstraint("length(btrim(reason)) > 0", "reason"),
        Index("ix_projection_overrides_analysis", "analysis_id", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    analysis_id: Mapped[UUID] = mapped_column(ForeignKey("analyses.id"))
    series: Mapped[dict[str, Any]]
    period: Mapped[str]
    projected: Mapped[str]
    value: Mapped[str]
    reason: Mapped[str]
    told_at: Mapped[datetime]
    told_by: Mapped[str]


class SavedAnalysisClockRecord(Record):
    """When a saved analysis is due next, and how far it was followed."""

    __tablename__ = "saved_analysis_clocks"
    __table_args__ = (Index("ix_saved_analysis_clocks_next_due_at", "next_due_at"),)
    saved_analysis_id: Mapped[UUID] = mapped_column(primary_key=True)
    settled_until_at: Mapped[datetime]
    next_due_at: Mapped[datetime | None]


class SavedAnalysisInstantRecord(Record):
    """What became of a due instant of a saved analysis. Append-only."""

    __tablename__ = "saved_analysis_instants"
    __table_args__ = (
        CheckConstraint("outcome IN ('made', 'unchanged', 'refused', 'skipped')", name="outcome_known"),
    )
    saved_analysis_id: Mapped[UUID] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(primary_key=True)
    revision: Mapped[int]
    outcome: Mapped[str]
    analysis_id: Mapped[UUID | None] = mapped_column(ForeignKey("analyses.id"))
    refusal: Mapped[str | None]
    settled_at: Mapped[datetime]
