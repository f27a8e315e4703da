"""What waits for a person, and what people did about it."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.adapters.orm.base import Record


class PaymentExceptionRecord(Record):
    """Something a person must look at: a line, a statement or a balance that does not explain itself.

    `subject` names what it is about where no line or statement does; one subject has one unresolved exception.
    """

    __tablename__ = "payment_exceptions"
    __table_args__ = (
        CheckConstraint("(accepted_at IS NULL) = (accepted_by IS NULL)", name="accepted_by_somebody"),
        CheckConstraint("waived_minor > 0", name="waived_positive"),
        CheckConstraint(
            "waived_minor IS NULL OR (accepted_by IS NOT NULL"
            " AND person_behind(accepted_by) NOT IN (person_behind(owner), person_behind(raised_by)))",
            name="waived_by_another",
        ),
        Index("ix_payment_exceptions_open", "raised_at", "id", postgresql_where=text("resolved_at IS NULL")),
        Index(
            "uq_payment_exceptions_subject",
            "subject",
            unique=True,
            postgresql_where=text("resolved_at IS NULL AND subject <> ''"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    detail: Mapped[str]
    statement_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_statements.id"), index=True)
    bank_line_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_lines.id"), index=True)
    raised_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]
    bank_account_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_accounts.id"))
    subject: Mapped[str] = mapped_column(server_default="")
    raised_by: Mapped[str] = mapped_column(server_default="system")
    owner: Mapped[str] = mapped_column(server_default="")
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[str | None]
    waived_minor: Mapped[int | None]
    cause: Mapped[str] = mapped_column(server_default="")
    revision: Mapped[int] = mapped_column(server_default="1")


class PaymentExceptionEventRecord(Record):
    """One step of an exception's history; `value` is the new owner or the cause."""

    __tablename__ = "payment_exception_events"
    __table_args__ = (
        CheckConstraint(
            "kind IN ('assigned', 'noted', 'accepted', 'resolved', 'reopened')", name="kind_known"
        ),
    )
    exception_id: Mapped[UUID] = mapped_column(ForeignKey("payment_exceptions.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str]
    value: Mapped[str]
    note: Mapped[str]
    evidence: Mapped[list[str]] = mapped_column(ARRAY(String))
    actor: Mapped[str]
    at: Mapped[datetime]
