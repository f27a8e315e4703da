"""Statement files, the lines in them and what was decided about each."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ARRAY, CheckConstraint, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.adapters.orm.base import Record


class BankStatementRecord(Record):
    """One statement file as it was received, and how far its import is."""

    __tablename__ = "bank_statements"
    __table_args__ = (
        Index("uq_bank_statements_content", "bank_account_id", "content_hash", unique=True),
        CheckConstraint("state IN ('received', 'importing', 'imported', 'failed')", name="state_known"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    bank_account_id: Mapped[UUID] = mapped_column(ForeignKey("bank_accounts.id"))
    content_hash: Mapped[bytes]
    file_name: Mapped[str]
    statement_format: Mapped[str]
    size_bytes: Mapped[int]
    state: Mapped[str]
    job_id: Mapped[UUID]
    lines_read: Mapped[int] = mapped_column(server_default="0")
    # Lines read so far by what became of them and what the import decided; moved in the transactions that store them.
    counts: Mapped[dict[str, Any]] = mapped_column(server_default="{}")
    failure_code: Mapped[str] = mapped_column(server_default="")
    failure_detail: Mapped[str] = mapped_column(server_default="")
    received_at: Mapped[datetime]
    received_by: Mapped[str]
    imported_at: Mapped[datetime | None]


class StatementChunkRecord(Record):
    """The file itself, kept as evidence (Companies (Accounts) Rules 2014, rule 3: eight years)."""

    __tablename__ = "statement_chunks"
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("bank_statements.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes]


class StatementPartRecord(Record):
    """One statement inside the file, with the proof opening + lines = closing."""

    __tablename__ = "statement_parts"
    __table_args__ = (CheckConstraint("proof IN ('proved', 'mismatch', 'not_stated')", name="proof_known"),)
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("bank_statements.id"), primary_key=True)
    part_number: Mapped[int] = mapped_column(primary_key=True)
    account_number: Mapped[str]
    currency: Mapped[str]
    identification: Mapped[str]
    sequence: Mapped[str]
    is_final: Mapped[bool]
    opening_minor: Mapped[int | None]
    closing_minor: Mapped[int | None]
    opening_on: Mapped[date | None]
    closing_on: Mapped[date | None]
    lines_minor: Mapped[int]
    lines_count: Mapped[int]
    proof: Mapped[str]


class BankLineRecord(Record):
    """One entry of the bank, stored once however many files repeat it."""

    __tablename__ = "bank_lines"
    __table_args__ = (
        UniqueConstraint("bank_account_id", "fingerprint", "occurrence", name="uq_bank_lines_fingerprint"),
        Index("ix_bank_lines_reference", "strong_reference", postgresql_where=text("strong_reference <> ''")),
        Index("ix_bank_lines_account_day", "bank_account_id", "value_on", "amount_minor"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    bank_account_id: Mapped[UUID] = mapped_column(ForeignKey("bank_accounts.id"))
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("bank_statements.id"))
    line_number: Mapped[int]
    booked_on: Mapped[date]
    value_on: Mapped[date]
    amount_minor: Mapped[int]
    currency: Mapped[str]
    narration: Mapped[str]
    bank_reference: Mapped[str]
    customer_reference: Mapped[str]
    counterparty_name: Mapped[str]
    counterparty_account: Mapped[str]
    kind_code: Mapped[str]
    is_reversal: Mapped[bool]
    strong_reference: Mapped[str]
    narration_key: Mapped[str]
    fingerprint: Mapped[bytes]
    occurrence: Mapped[int]
    raw: Mapped[str]
    stored_at: Mapped[datetime]
    document_numbers: Mapped[list[str]] = mapped_column(ARRAY(String), server_default="{}")
    other_references: Mapped[list[str]] = mapped_column(ARRAY(String), server_default="{}")


class StatementLineRecord(Record):
    """What became of each line of each file: stored, already known, rejected or information only."""

    __tablename__ = "statement_lines"
    __table_args__ = (
        CheckConstraint("outcome IN ('new', 'duplicate', 'rejected', 'information')", name="outcome_known"),
        CheckConstraint(
            "(outcome IN ('new', 'duplicate')) = (bank_line_id IS NOT NULL)", name="line_if_stored"
        ),
    )
    statement_id: Mapped[UUID] = mapped_column(ForeignKey("bank_statements.id"), primary_key=True)
    line_number: Mapped[int] = mapped_column(primary_key=True)
    part_number: Mapped[int]
    outcome: Mapped[str]
    bank_line_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_lines.id"), index=True)
    amount_minor: Mapped[int | None]
    code: Mapped[str]
    detail: Mapped[str]
    raw: Mapped[str]


class LineDecisionRecord(Record):
    """What was decided about a line, by whom and why; a later revision supersedes, nothing is overwritten.

    `policy_version` is the matching's, `told` for what another channel told, `review` for what a person decided.
    """

    __tablename__ = "line_decisions"
    __table_args__ = (
        Index("ix_line_decisions_later", "bank_line_id", postgresql_where=text("revision > 1")),
    )
    bank_line_id: Mapped[UUID] = mapped_column(ForeignKey("bank_lines.id"), primary_key=True)
    revision: Mapped[int] = mapped_column(primary_key=True)
    decision: Mapped[str]
    kind: Mapped[str]
    partner_code: Mapped[str | None]
    allocations: Mapped[list[Any]]
    deductions: Mapped[list[Any]]
    on_account_minor: Mapped[int]
    score: Mapped[int]
    reasons: Mapped[list[Any]]
    policy_version: Mapped[str]
    receipt_id: Mapped[UUID | None]
    decided_at: Mapped[datetime]
    alternatives: Mapped[list[Any]] = mapped_column(server_default="[]")
    decided_by: Mapped[str] = mapped_column(server_default="matching")
    note: Mapped[str] = mapped_column(server_default="")


class RedecisionRequestRecord(Record):
    """Something arrived that may explain waiting lines; removed once they were decided again."""

    __tablename__ = "redecision_requests"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    cause: Mapped[str]
    requested_at: Mapped[datetime] = mapped_column(server_default=text("now()"))
