"""Questions about payments."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.adapters.orm.base import Record


class QueryTargetRecord(Record):
    """Within how many hours a question of a category is answered, from a day on."""

    __tablename__ = "query_targets"
    __table_args__ = (CheckConstraint("answer_hours > 0", name="hours_positive"),)
    category: Mapped[str] = mapped_column(primary_key=True)
    valid_from: Mapped[date] = mapped_column(primary_key=True)
    answer_hours: Mapped[int]
    set_by: Mapped[str]


class QueryCounterRecord(Record):
    """The last number of a financial year."""

    __tablename__ = "query_counters"
    financial_year: Mapped[str] = mapped_column(primary_key=True)
    last_number: Mapped[int]


class PaymentQueryRecord(Record):
    """A question with its clock and owner; what was said is in its messages."""

    __tablename__ = "payment_queries"
    __table_args__ = (
        CheckConstraint("channel IN ('api', 'partner', 'objection', 'salesforce')", name="channel_known"),
        CheckConstraint("state IN ('open', 'answered', 'closed')", name="state_known"),
        CheckConstraint("satisfaction BETWEEN 1 AND 5", name="satisfaction_one_to_five"),
        CheckConstraint("state <> 'closed' OR closed_at IS NOT NULL", name="closed_after_an_answer"),
        CheckConstraint("state <> 'answered' OR answered_at IS NOT NULL", name="answered_some_time"),
        Index(
            "uq_payment_queries_external",
            "channel",
            "external_id",
            unique=True,
            postgresql_where=text("external_id IS NOT NULL"),
        ),
        Index("ix_payment_queries_partner", "partner_code", "id"),
        Index("ix_payment_queries_due", "due_at", "id", postgresql_where=text("state = 'open'")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    partner_code: Mapped[str] = mapped_column(ForeignKey("partners.code"))
    category: Mapped[str]
    subject: Mapped[str]
    channel: Mapped[str]
    external_id: Mapped[str | None]
    state: Mapped[str]
    owner: Mapped[str]
    opened_at: Mapped[datetime]
    opened_by: Mapped[str]
    due_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    overdue_told_at: Mapped[datetime | None]
    satisfaction: Mapped[int | None]
    revision: Mapped[int]


class PaymentQueryMessageRecord(Record):
    """One entry of the thread; `note` and `change` are for us only."""

    __tablename__ = "payment_query_messages"
    __table_args__ = (
        CheckConstraint("kind IN ('question', 'message', 'answer', 'note', 'change')", name="kind_known"),
        Index("ix_payment_query_messages_query", "query_id", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    query_id: Mapped[UUID] = mapped_column(ForeignKey("payment_queries.id"))
    kind: Mapped[str]
    body: Mapped[str]
    evidence: Mapped[dict[str, Any]]
    author: Mapped[str]
    written_at: Mapped[datetime]


class PaymentQueryLinkRecord(Record):
    """What the question is about."""

    __tablename__ = "payment_query_links"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('receipt', 'invoice', 'credit_note', 'bank_line', 'document', 'balance_confirmation')",
            name="kind_known",
        ),
    )
    query_id: Mapped[UUID] = mapped_column(ForeignKey("payment_queries.id"), primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    target_id: Mapped[str] = mapped_column(primary_key=True)
