"""Account statements as they were published."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, CheckConstraint, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.adapters.orm.base import Record


class AccountStatementBatchRecord(Record):
    """A request to publish the statements of many partners, and the job that does it."""

    __tablename__ = "account_statement_batches"
    __table_args__ = (
        CheckConstraint("kind IN ('activity', 'outstanding')", name="kind_known"),
        CheckConstraint("to_on >= from_on", name="period_runs"),
        CheckConstraint(
            "(confirmation_kind IS NULL) = (confirmation_due_on IS NULL)", name="confirmation_whole"
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    from_on: Mapped[date]
    to_on: Mapped[date]
    ageing_by: Mapped[str]
    bounds: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    language: Mapped[str]
    zone: Mapped[str | None]
    partner_codes: Mapped[list[str]] = mapped_column(ARRAY(String))
    partners_count: Mapped[int]
    job_id: Mapped[UUID]
    requested_at: Mapped[datetime]
    requested_by: Mapped[str]
    confirmation_kind: Mapped[str | None]
    confirmation_due_on: Mapped[date | None]


class AccountStatementRecord(Record):
    """One published statement; a later one of the same kind and period names it as superseded."""

    __tablename__ = "account_statements"
    __table_args__ = (
        CheckConstraint("kind IN ('activity', 'outstanding')", name="kind_known"),
        CheckConstraint("to_on >= from_on", name="period_runs"),
        CheckConstraint("ageing_by IN ('due', 'document')", name="ageing_known"),
        CheckConstraint("language IN ('en', 'hi', 'mr')", name="language_known"),
        Index("ix_account_statements_partner", "partner_code", "kind", "to_on"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    partner_code: Mapped[str] = mapped_column(ForeignKey("partners.code"))
    kind: Mapped[str]
    from_on: Mapped[date]
    to_on: Mapped[date]
    ageing_by: Mapped[str]
    bounds: Mapped[list[int]] = mapped_column(ARRAY(BigInteger))
    language: Mapped[str]
    facts_hash: Mapped[bytes]
    supersedes_id: Mapped[UUID | None] = mapped_column(ForeignKey("account_statements.id"), unique=True)
    published_at: Mapped[datetime]
    published_by: Mapped[str]


class AccountStatementBalanceRecord(Record):
    """The figures of one currency: the database itself refuses a statement that does not prove."""

    __tablename__ = "account_statement_balances"
    __table_args__ = (
        CheckConstraint(
            "closing_minor = opening_minor + debit_minor - credit_minor", name="movements_lead_to_closing"
        ),
        CheckConstraint(
            "closing_minor = ledger_minor AND closing_minor = ageing_minor AND closing_minor = items_minor",
            name="proved",
        ),
    )
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("account_statements.id"), primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    opening_minor: Mapped[int]
    debit_minor: Mapped[int]
    credit_minor: Mapped[int]
    closing_minor: Mapped[int]
    ledger_minor: Mapped[int]
    ageing_minor: Mapped[int]
    items_minor: Mapped[int]


class AccountStatementFileRecord(Record):
    """The statement in one format, with the hash the database checks."""

    __tablename__ = "account_statement_files"
    __table_args__ = (
        CheckConstraint("format IN ('json', 'csv', 'xlsx', 'pdf')", name="format_known"),
        CheckConstraint("content_hash = sha256(content)", name="hash_of_content"),
    )
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("account_statements.id"), primary_key=True)
    format: Mapped[str] = mapped_column(primary_key=True)
    content: Mapped[bytes]
    content_hash: Mapped[bytes]


class AccountStatementBatchEntryRecord(Record):
    """What became of one partner of a batch, also when there was nothing to send."""

    __tablename__ = "account_statement_batch_entries"
    __table_args__ = (
        CheckConstraint(
            "outcome IN ('published', 'unchanged', 'nothing_to_send', 'refused', 'failed')",
            name="outcome_known",
        ),
        CheckConstraint(
            "(outcome IN ('published', 'unchanged')) = (statement_id IS NOT NULL)",
            name="names_its_statement",
        ),
    )
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("account_statement_batches.id"), primary_key=True)
    partner_code: Mapped[str] = mapped_column(ForeignKey("partners.code"), primary_key=True)
    outcome: Mapped[str]
    statement_id: Mapped[UUID | None] = mapped_column(ForeignKey("account_statements.id"))
    code: Mapped[str]
    detail: Mapped[str]
    at: Mapped[datetime]
