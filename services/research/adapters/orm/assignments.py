"""Companies, opportunities of the CRM, and the research that was asked for."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.research.adapters.orm.base import Record, words_index


class OpportunityRecord(Record):
    """An opportunity as it was told last."""

    __tablename__ = "opportunities"
    __table_args__ = (
        words_index("opportunities"),
        UniqueConstraint("organization_id", "record_id"),
        CheckConstraint("is_closed OR NOT is_won", name="won_is_closed"),
        Index("ix_opportunities_partner", "partner_code", "id"),
        Index("ix_opportunities_closing", "close_on", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    organization_id: Mapped[str]
    record_id: Mapped[str]
    system_modstamp: Mapped[datetime]
    sequence: Mapped[int]
    name: Mapped[str]
    stage: Mapped[str]
    partner_code: Mapped[str | None]
    zone: Mapped[str | None]
    account_record_id: Mapped[str | None]
    owner: Mapped[str | None]
    currency: Mapped[str]
    amount_minor: Mapped[int | None]
    close_on: Mapped[date | None]
    probability_percent: Mapped[int | None]
    is_closed: Mapped[bool]
    is_won: Mapped[bool]
    is_deleted: Mapped[bool]
    research_requested: Mapped[bool]
    heard_at: Mapped[datetime]


class OpportunityVersionRecord(Record):
    """Every telling of an opportunity, late ones included."""

    __tablename__ = "opportunity_versions"
    opportunity_id: Mapped[UUID] = mapped_column(ForeignKey("opportunities.id"), primary_key=True)
    system_modstamp: Mapped[datetime] = mapped_column(primary_key=True)
    sequence: Mapped[int] = mapped_column(primary_key=True)
    facts: Mapped[dict[str, Any]]
    heard_at: Mapped[datetime]


class AssignmentRecord(Record):
    """Research that was asked for. What is found will name it, and the question it answers."""

    __tablename__ = "research_assignments"
    __table_args__ = (
        words_index("research_assignments"),
        CheckConstraint("origin IN ('crm', 'hand')", name="origin_known"),
        CheckConstraint("state IN ('open', 'in_progress', 'delivered', 'cancelled')", name="state_known"),
        CheckConstraint(
            "(state IN ('delivered', 'cancelled')) = (ended_at IS NOT NULL)", name="ended_when_over"
        ),
        CheckConstraint("state <> 'in_progress' OR started_at IS NOT NULL", name="started_when_worked_on"),
        CheckConstraint("origin <> 'crm' OR opportunity_id IS NOT NULL", name="crm_names_opportunity"),
        CheckConstraint("due_soon_at <= due_at", name="told_before_due"),
        Index(
            "uq_research_assignments_of_crm",
            "opportunity_id",
            unique=True,
            postgresql_where=text("origin = 'crm'"),
        ),
        Index("ix_research_assignments_opportunity", "opportunity_id"),
        Index("ix_research_assignments_due", "due_at", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    origin: Mapped[str]
    opportunity_id: Mapped[UUID | None] = mapped_column(ForeignKey("opportunities.id"))
    subject: Mapped[str]
    partner_code: Mapped[str | None]
    zone: Mapped[str | None]
    assignee: Mapped[str]
    state: Mapped[str]
    due_on: Mapped[date]
    due_at: Mapped[datetime]
    due_soon_at: Mapped[datetime]
    opened_by: Mapped[str]
    opened_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    due_soon_told_at: Mapped[datetime | None]
    overdue_told_at: Mapped[datetime | None]
    revision: Mapped[int]


class QuestionRecord(Record):
    """One thing to find out; never taken back, because an answer may name it."""

    __tablename__ = "research_questions"
    __table_args__ = (
        UniqueConstraint("assignment_id", "position"),
        words_index("research_questions"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("research_assignments.id"))
    position: Mapped[int]
    question: Mapped[str]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]


class AssignmentChangeRecord(Record):
    """What somebody changed of an assignment, and why."""

    __tablename__ = "research_assignment_changes"
    __table_args__ = (
        CheckConstraint("field IN ('state', 'assignee', 'due_on', 'questions')", name="field_known"),
        Index("ix_research_assignment_changes_assignment", "assignment_id", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    assignment_id: Mapped[UUID] = mapped_column(
        ForeignKey("research_assignments.id", name="fk_research_assignment_changes_assignment")
    )
    revision: Mapped[int]
    field: Mapped[str]
    before: Mapped[str | None]
    after: Mapped[str]
    note: Mapped[str]
    changed_by: Mapped[str]
    changed_at: Mapped[datetime]
