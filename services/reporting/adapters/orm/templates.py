"""Templates with every version, collections, whom they ask, what was sent, and what accepted figures say."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    ForeignKey,
    ForeignKeyConstraint,
    Index,
    Numeric,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from services.reporting.adapters.orm.base import FactRecord, Record


class TemplateRecord(Record):
    """A template; `revision` is its current version."""

    __tablename__ = "templates"
    __table_args__ = (CheckConstraint("revision > 0", name="revision_positive"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    revision: Mapped[int]
    owner: Mapped[str]
    created_at: Mapped[datetime]


class TemplateVersionRecord(Record):
    """What it said from then on. Append-only."""

    __tablename__ = "template_versions"
    template_id: Mapped[UUID] = mapped_column(
        ForeignKey("templates.id", deferrable=True, initially="DEFERRED"), primary_key=True
    )
    revision: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]]
    set_by: Mapped[str]
    set_at: Mapped[datetime]


class TemplateCollectionRecord(Record):
    """A cycle of one template for one period; `signing_key` signs its workbooks. Append-only."""

    __tablename__ = "template_collections"
    __table_args__ = (
        ForeignKeyConstraint(
            ["template_id", "revision"], ["template_versions.template_id", "template_versions.revision"]
        ),
        CheckConstraint("months > 0", name="months_positive"),
        CheckConstraint("due_at > opened_at", name="due_later"),
        Index("ix_template_collections_due", "due_at"),
        Index("ix_template_collections_template", "template_id", "first_month"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    template_id: Mapped[UUID]
    revision: Mapped[int]
    title: Mapped[str]
    first_month: Mapped[date]
    months: Mapped[int]
    due_at: Mapped[datetime]
    remind_days: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    escalate_days: Mapped[int]
    accepts_clean: Mapped[bool]
    signing_key: Mapped[bytes]
    opened_by: Mapped[str]
    opened_at: Mapped[datetime]


class CollectionClosingRecord(Record):
    """That nothing is taken in any more. Append-only."""

    __tablename__ = "collection_closings"
    collection_id: Mapped[UUID] = mapped_column(ForeignKey("template_collections.id"), primary_key=True)
    closed_by: Mapped[str]
    closed_at: Mapped[datetime]
    note: Mapped[str | None]


class CollectionRespondentRecord(Record):
    """Who is asked, and the rows that their workbook comes with. Append-only."""

    __tablename__ = "collection_respondents"
    __table_args__ = (
        UniqueConstraint("collection_id", "kind", "key"),
        CheckConstraint("kind IN ('partner', 'zone', 'person')", name="kind"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    collection_id: Mapped[UUID] = mapped_column(ForeignKey("template_collections.id"))
    kind: Mapped[str]
    key: Mapped[str]
    name: Mapped[str]
    partner_code: Mapped[str | None]
    zone: Mapped[str | None]
    person: Mapped[str | None]
    rows: Mapped[list[Any]]


class CollectionNoticeRecord(Record):
    """What a respondent was told because nothing acceptable had come. Append-only."""

    __tablename__ = "collection_notices"
    __table_args__ = (CheckConstraint("notice IN ('reminder', 'overdue', 'escalated')", name="notice"),)
    respondent_id: Mapped[UUID] = mapped_column(ForeignKey("collection_respondents.id"), primary_key=True)
    notice: Mapped[str] = mapped_column(primary_key=True)
    days: Mapped[int] = mapped_column(primary_key=True)
    told_at: Mapped[datetime]


class SubmissionRecord(Record):
    """A file as it was sent; a later version takes the place of an earlier one. Append-only."""

    __tablename__ = "submissions"
    __table_args__ = (
        UniqueConstraint("respondent_id", "version"),
        CheckConstraint("version > 0", name="version_positive"),
        CheckConstraint("content_sha256 = encode(sha256(content), 'hex')", name="hash_of_content"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    respondent_id: Mapped[UUID] = mapped_column(ForeignKey("collection_respondents.id"))
    version: Mapped[int]
    media_type: Mapped[str]
    content: Mapped[bytes]
    content_sha256: Mapped[str]
    job_id: Mapped[UUID]
    sent_by: Mapped[str]
    sent_at: Mapped[datetime]


class SubmissionCheckRecord(Record):
    """What the check found; of many findings the first. Append-only."""

    __tablename__ = "submission_checks"
    __table_args__ = (CheckConstraint("rows_count >= 0 AND findings_count >= 0", name="counts_not_negative"),)
    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    rows_count: Mapped[int]
    findings_count: Mapped[int]
    findings: Mapped[list[Any]]
    checked_at: Mapped[datetime]


class SubmissionRowRecord(Record):
    """A row of a submission without findings. Append-only."""

    __tablename__ = "submission_rows"
    submission_id: Mapped[UUID] = mapped_column(ForeignKey("submissions.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    cells: Mapped[dict[str, Any]]


class SubmissionDecisionRecord(Record):
    """That a checked submission was accepted or returned. Append-only."""

    __tablename__ = "submission_decisions"
    submission_id: Mapped[UUID] = mapped_column(
        ForeignKey("submission_checks.submission_id"), primary_key=True
    )
    is_accepted: Mapped[bool]
    note: Mapped[str | None]
    decided_by: Mapped[str]
    decided_at: Mapped[datetime]


class PlannedFigureRecord(FactRecord):
    """A figure of a month of an accepted row, a forecast quantity or a planned amount. Append-only."""

    __tablename__ = "planned_figures"
    __table_args__ = (
        CheckConstraint("feed IN ('forecast', 'plan')", name="feed"),
        CheckConstraint("num_nonnulls(quantity, amount_minor) = 1", name="one_figure"),
        Index("ix_planned_figures_collection", "collection_id", "respondent_id", "version"),
    )
    submission_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    feed: Mapped[str]
    template: Mapped[str]
    collection_id: Mapped[UUID]
    collection_first_month: Mapped[date]
    respondent_id: Mapped[UUID]
    version: Mapped[int]
    partner_code: Mapped[str | None]
    zone: Mapped[str | None]
    product_code: Mapped[str | None]
    segment: Mapped[str | None]
    currency: Mapped[str]
    quantity: Mapped[Decimal | None] = mapped_column(Numeric(15, 3))
    amount_minor: Mapped[int | None]
    accepted_at: Mapped[datetime]
