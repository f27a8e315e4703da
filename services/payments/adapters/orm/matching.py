"""Policies of the matching, and what its decisions were made from."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Identity, Index, Uuid, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.adapters.orm.base import Record


class MatchingPolicyRecord(Record):
    """One version of the policy; its content never changes."""

    __tablename__ = "matching_policies"
    __table_args__ = (
        CheckConstraint("state IN ('draft', 'active', 'retired')", name="state_known"),
        CheckConstraint(
            "person_behind(activated_by) <> person_behind(made_by)", name="maker_does_not_activate"
        ),
        CheckConstraint("(activated_at IS NULL) = (activated_by IS NULL)", name="activated_by_somebody"),
        CheckConstraint("(state = 'draft') = (activated_at IS NULL)", name="in_force_when_activated"),
        Index(
            "uq_matching_policies_active",
            text("(state = 'active')"),
            unique=True,
            postgresql_where=text("state = 'active'"),
        ),
    )
    version: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]]
    content_hash: Mapped[bytes]
    state: Mapped[str]
    base_version: Mapped[str | None] = mapped_column(ForeignKey("matching_policies.version"))
    note: Mapped[str]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
    activated_at: Mapped[datetime | None]
    activated_by: Mapped[str | None]


class MatchingPolicyEventRecord(Record):
    """Each change of a policy's state, kept for ever."""

    __tablename__ = "matching_policy_events"
    version: Mapped[str] = mapped_column(ForeignKey("matching_policies.version"), primary_key=True)
    position: Mapped[int] = mapped_column(Identity(), primary_key=True)
    state: Mapped[str]
    at: Mapped[datetime]
    actor: Mapped[str]


class DecisionInputRecord(Record):
    """A part of what decisions were made from, compressed and stored once however many used it."""

    __tablename__ = "decision_inputs"
    content_hash: Mapped[bytes] = mapped_column(primary_key=True)
    kind: Mapped[str]
    content: Mapped[bytes]
    stored_at: Mapped[datetime]


class DecisionBatchRecord(Record):
    """Lines decided together; `inputs` names the parts they were decided from by kind and hash."""

    __tablename__ = "decision_batches"
    __table_args__ = (Index("ix_decision_batches_lines", "line_ids", postgresql_using="gin"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    inputs: Mapped[dict[str, Any]]
    line_ids: Mapped[list[UUID]] = mapped_column(ARRAY(Uuid))
    policy_version: Mapped[str]
    code_version: Mapped[str]
    decided_at: Mapped[datetime]


class PolicySimulationRecord(Record):
    """A question: what would this policy have decided about the lines since a day?"""

    __tablename__ = "policy_simulations"
    __table_args__ = (Index("ix_policy_simulations_version", "version", "asked_at"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[str] = mapped_column(ForeignKey("matching_policies.version"))
    content_hash: Mapped[bytes]
    since: Mapped[date]
    job_id: Mapped[UUID]
    asked_at: Mapped[datetime]
    asked_by: Mapped[str]


class SimulationResultRecord(Record):
    """Its answer in figures; there is none before the simulation came to its end."""

    __tablename__ = "simulation_results"
    simulation_id: Mapped[UUID] = mapped_column(ForeignKey("policy_simulations.id"), primary_key=True)
    counts: Mapped[dict[str, Any]]
    code_version: Mapped[str]
    finished_at: Mapped[datetime]


class SimulatedLineRecord(Record):
    """A line that the policy would have decided otherwise; `is_contrary`: by itself, and not as it was settled."""

    __tablename__ = "simulated_lines"
    simulation_id: Mapped[UUID] = mapped_column(ForeignKey("policy_simulations.id"), primary_key=True)
    bank_line_id: Mapped[UUID] = mapped_column(ForeignKey("bank_lines.id"), primary_key=True)
    recorded: Mapped[dict[str, Any]]
    simulated: Mapped[dict[str, Any]]
    is_contrary: Mapped[bool]
