"""What research found: evidence, findings that cite it, briefs with their review, readers and feedback."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, UniqueConstraint, Uuid
from sqlalchemy.orm import Mapped, mapped_column

from services.research.adapters.orm.base import Record, words_index


class EvidenceRecord(Record):
    """A quotation or a figure with its source; never changed."""

    __tablename__ = "research_evidence"
    __table_args__ = (
        words_index("research_evidence"),
        CheckConstraint("reliability IN ('A', 'B', 'C', 'D', 'E', 'F')", name="reliability_known"),
        CheckConstraint("credibility BETWEEN 1 AND 6", name="credibility_known"),
        Index("ix_research_evidence_assignment", "assignment_id", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("research_assignments.id"))
    quotation: Mapped[str]
    quotation_sha256: Mapped[str]
    source_kind: Mapped[str]
    source: Mapped[str]
    source_url: Mapped[str | None]
    query_run_id: Mapped[UUID | None] = mapped_column(ForeignKey("dataset_query_runs.id"))
    file_id: Mapped[UUID | None] = mapped_column(ForeignKey("research_files.id"))
    seen_on: Mapped[date]
    reliability: Mapped[str]
    credibility: Mapped[int]
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class FindingRecord(Record):
    """What follows from evidence; never changed."""

    __tablename__ = "research_findings"
    __table_args__ = (
        words_index("research_findings"),
        CheckConstraint("cardinality(evidence_ids) > 0", name="cites_evidence"),
        Index("ix_research_findings_assignment", "assignment_id", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("research_assignments.id"))
    question_id: Mapped[UUID | None] = mapped_column(ForeignKey("research_questions.id"))
    text: Mapped[str]
    evidence_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    recorded_by: Mapped[str]
    recorded_at: Mapped[datetime]


class BriefRecord(Record):
    """One version of a brief, frozen; another person approves or returns it, then it may be shared."""

    __tablename__ = "research_briefs"
    __table_args__ = (
        words_index("research_briefs"),
        UniqueConstraint("assignment_id", "version"),
        CheckConstraint("decision IN ('approved', 'returned')", name="decision_known"),
        CheckConstraint(
            "(decision IS NULL) = (reviewed_by IS NULL) AND (decision IS NULL) = (reviewed_at IS NULL)",
            name="review_whole",
        ),
        CheckConstraint("person_behind(reviewed_by) <> person_behind(made_by)", name="two_people"),
        CheckConstraint("shared_at IS NULL OR decision = 'approved'", name="shared_when_approved"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    assignment_id: Mapped[UUID] = mapped_column(ForeignKey("research_assignments.id"))
    version: Mapped[int]
    content: Mapped[dict[str, Any]]
    content_sha256: Mapped[str]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    decision: Mapped[str | None]
    review_note: Mapped[str | None]
    reviewed_by: Mapped[str | None]
    reviewed_at: Mapped[datetime | None]
    shared_by: Mapped[str | None]
    shared_at: Mapped[datetime | None]


class BriefReaderRecord(Record):
    """Who took a brief to read, first and last, and how often."""

    __tablename__ = "research_brief_readers"
    brief_id: Mapped[UUID] = mapped_column(ForeignKey("research_briefs.id"), primary_key=True)
    reader: Mapped[str] = mapped_column(primary_key=True)
    first_read_at: Mapped[datetime]
    last_read_at: Mapped[datetime]
    times: Mapped[int]


class BriefFeedbackRecord(Record):
    """What a reader says of a brief."""

    __tablename__ = "research_brief_feedback"
    __table_args__ = (Index("ix_research_brief_feedback_brief", "brief_id", "id"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    brief_id: Mapped[UUID] = mapped_column(ForeignKey("research_briefs.id"))
    is_useful: Mapped[bool]
    comment: Mapped[str]
    given_by: Mapped[str]
    given_at: Mapped[datetime]
