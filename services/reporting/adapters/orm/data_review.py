"""Reviews of typed data: source systems, snapshots, rules, what rules found, and how good the data are."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.reporting.adapters.orm.base import Record

ISSUE_STATES = "state IN ('open', 'waived', 'resolved')"
ISSUE_EVENTS = "kind IN ('raised', 'changed', 'reopened', 'resolved', 'waived', 'waiver_ended', 'assigned', 'rule_retired')"


class SourceSystemRecord(Record):
    """A system that people type into; `revision` is its current description."""

    __tablename__ = "source_systems"
    __table_args__ = (CheckConstraint("revision > 0", name="revision_positive"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    revision: Mapped[int]
    created_at: Mapped[datetime]


class SourceSystemVersionRecord(Record):
    """What it was described as from then on. Append-only."""

    __tablename__ = "source_system_versions"
    system_id: Mapped[UUID] = mapped_column(
        ForeignKey("source_systems.id", deferrable=True, initially="DEFERRED"), primary_key=True
    )
    revision: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]]
    set_by: Mapped[str]
    set_at: Mapped[datetime]


class SourceCredentialRecord(Record):
    """What lets us read a source system, sealed for it and its place; the newest counts. Append-only."""

    __tablename__ = "source_credentials"
    __table_args__ = (Index("ix_source_credentials_system", "system_id", "id"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    system_id: Mapped[UUID] = mapped_column(ForeignKey("source_systems.id"))
    sealed: Mapped[bytes]
    set_by: Mapped[str]
    set_at: Mapped[datetime]


class SourceFileRecord(Record):
    """A file that somebody sent for an object; the newest is what a snapshot takes. Append-only."""

    __tablename__ = "source_files"
    __table_args__ = (
        CheckConstraint("content_sha256 = encode(sha256(content), 'hex')", name="hash_of_content"),
        Index("ix_source_files_object", "system_id", "object", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    system_id: Mapped[UUID] = mapped_column(ForeignKey("source_systems.id"))
    object: Mapped[str]
    media_type: Mapped[str]
    content: Mapped[bytes]
    content_sha256: Mapped[str]
    sent_by: Mapped[str]
    sent_at: Mapped[datetime]


class SourceSnapshotRecord(Record):
    """A snapshot as it was asked for. Append-only."""

    __tablename__ = "source_snapshots"
    __table_args__ = (Index("ix_source_snapshots_system", "system_id", "id"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    system_id: Mapped[UUID] = mapped_column(ForeignKey("source_systems.id"))
    revision: Mapped[int]
    job_id: Mapped[UUID]
    asked_by: Mapped[str]
    asked_at: Mapped[datetime]


class SnapshotContentRecord(Record):
    """The rows of one object in a snapshot, as Parquet with its hash. Append-only."""

    __tablename__ = "snapshot_contents"
    __table_args__ = (
        CheckConstraint("content_sha256 = encode(sha256(content), 'hex')", name="hash_of_content"),
        CheckConstraint("rows_count >= 0 AND rejected_count >= 0", name="counts_not_negative"),
    )
    snapshot_id: Mapped[UUID] = mapped_column(ForeignKey("source_snapshots.id"), primary_key=True)
    object: Mapped[str] = mapped_column(primary_key=True)
    taken_at: Mapped[datetime]
    origin: Mapped[str]
    rows_count: Mapped[int]
    rejected_count: Mapped[int]
    rejected: Mapped[list[Any]]
    content: Mapped[bytes]
    content_sha256: Mapped[str]


class ValidationRuleRecord(Record):
    """A rule; `revision` is its newest version, `active_revision` the one that counts."""

    __tablename__ = "validation_rules"
    __table_args__ = (
        CheckConstraint("revision > 0", name="revision_positive"),
        CheckConstraint("active_revision <= revision", name="active_is_known"),
        Index("ix_validation_rules_system", "system"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    system: Mapped[str]
    revision: Mapped[int]
    active_revision: Mapped[int | None]
    created_at: Mapped[datetime]


class ValidationRuleVersionRecord(Record):
    """What a rule says from then on. Append-only."""

    __tablename__ = "validation_rule_versions"
    rule_id: Mapped[UUID] = mapped_column(
        ForeignKey("validation_rules.id", deferrable=True, initially="DEFERRED"), primary_key=True
    )
    revision: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]]
    set_by: Mapped[str]
    set_at: Mapped[datetime]


class RuleActivationRecord(Record):
    """From when a version counted; without a revision, from when the rule did no more. Append-only."""

    __tablename__ = "rule_activations"
    __table_args__ = (Index("ix_rule_activations_rule", "rule_id", "id"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    rule_id: Mapped[UUID] = mapped_column(ForeignKey("validation_rules.id"))
    revision: Mapped[int | None]
    decided_by: Mapped[str]
    decided_at: Mapped[datetime]


class RuleSimulationRecord(Record):
    """What a version of a rule would have found in a snapshot. Append-only."""

    __tablename__ = "rule_simulations"
    __table_args__ = (Index("ix_rule_simulations_rule", "rule_id", "revision", "id"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    rule_id: Mapped[UUID] = mapped_column(ForeignKey("validation_rules.id"))
    revision: Mapped[int]
    snapshot_id: Mapped[UUID] = mapped_column(ForeignKey("source_snapshots.id"))
    rows_count: Mapped[int]
    findings_count: Mapped[int]
    findings: Mapped[list[Any]]
    simulated_by: Mapped[str]
    simulated_at: Mapped[datetime]


class ValidationRunRecord(Record):
    """The rules that count, applied to a snapshot; its newest run is what scores are read from. Append-only."""

    __tablename__ = "validation_runs"
    __table_args__ = (Index("ix_validation_runs_system", "system_id", "id"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    system_id: Mapped[UUID] = mapped_column(ForeignKey("source_systems.id"))
    snapshot_id: Mapped[UUID] = mapped_column(ForeignKey("source_snapshots.id"))
    rules: Mapped[list[Any]]
    ran_at: Mapped[datetime]


class QualityScoreRecord(Record):
    """How many rows of whom were there in a run, and how many of them an issue stood against. Append-only."""

    __tablename__ = "quality_scores"
    __table_args__ = (
        CheckConstraint("faulty_count BETWEEN 0 AND rows_count", name="faulty_are_rows"),
        Index("ix_quality_scores_system", "system_id", "run_id"),
    )
    run_id: Mapped[UUID] = mapped_column(ForeignKey("validation_runs.id"), primary_key=True)
    object: Mapped[str] = mapped_column(primary_key=True)
    zone: Mapped[str] = mapped_column(primary_key=True)
    owner: Mapped[str] = mapped_column(primary_key=True)
    system_id: Mapped[UUID]
    ran_at: Mapped[datetime]
    rows_count: Mapped[int]
    faulty_count: Mapped[int]


class DataIssueRecord(Record):
    """A row that breaks a rule, as it stands; what happened to it is in its events."""

    __tablename__ = "data_issues"
    __table_args__ = (
        UniqueConstraint("rule_id", "natural_key", name="uq_data_issues_rule_id"),
        CheckConstraint(ISSUE_STATES, name="state"),
        CheckConstraint("(state = 'waived') = (waived_until IS NOT NULL)", name="waived_until"),
        CheckConstraint("(state = 'resolved') = (resolved_at IS NOT NULL)", name="resolved_at"),
        Index("ix_data_issues_system", "system_id", "object", "natural_key"),
        Index("ix_data_issues_owner", "owner", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    rule_id: Mapped[UUID] = mapped_column(ForeignKey("validation_rules.id"))
    system_id: Mapped[UUID] = mapped_column(ForeignKey("source_systems.id"))
    object: Mapped[str]
    natural_key: Mapped[str]
    revision: Mapped[int]
    state: Mapped[str]
    zone: Mapped[str | None]
    owner: Mapped[str]
    severity: Mapped[str]
    field: Mapped[str]
    value: Mapped[str]
    why: Mapped[str]
    suggestion: Mapped[str | None]
    evidence: Mapped[dict[str, Any]]
    due_on: Mapped[date]
    waived_until: Mapped[date | None]
    first_snapshot_id: Mapped[UUID]
    first_seen_at: Mapped[datetime]
    last_snapshot_id: Mapped[UUID]
    last_seen_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    reopened_count: Mapped[int]


class DataIssueEventRecord(Record):
    """What happened to an issue. Append-only."""

    __tablename__ = "data_issue_events"
    __table_args__ = (
        CheckConstraint(ISSUE_EVENTS, name="kind"),
        Index("ix_data_issue_events_issue", "issue_id", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    issue_id: Mapped[UUID] = mapped_column(ForeignKey("data_issues.id"))
    kind: Mapped[str]
    snapshot_id: Mapped[UUID | None]
    details: Mapped[dict[str, Any]]
    told_by: Mapped[str]
    told_at: Mapped[datetime]
