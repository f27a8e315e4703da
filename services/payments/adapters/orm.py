"""Tables of the payments database. Ledger tables are append-only (triggers in the migrations)."""

from datetime import date, datetime
from typing import Any, ClassVar
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    BigInteger,
    CheckConstraint,
    DateTime,
    ForeignKey,
    Identity,
    Index,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.dialects.postgresql import BYTEA, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.database import service_metadata
from shared.idempotency import idempotency_table
from shared.inbox import inbox_table
from shared.jobs import job_table
from shared.outbox import outbox_table


class Record(DeclarativeBase):
    """Base of all rows: instants are aware, amounts are BIGINT minor units."""

    metadata = service_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        int: BigInteger,
        datetime: DateTime(timezone=True),
        bytes: BYTEA,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


metadata = Record.metadata
outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
idempotency_keys = idempotency_table(metadata)
jobs = job_table(metadata)


class PartnerRecord(Record):
    """Projection of the partners service; the later sequence wins."""

    __tablename__ = "partners"
    code: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    city: Mapped[str]
    zone: Mapped[str]
    gstin: Mapped[str]
    ifsc: Mapped[str]
    bank_account: Mapped[str]
    status: Mapped[str]
    sequence: Mapped[int]
    updated_at: Mapped[datetime]


class PayerAliasRecord(Record):
    """One proof that a payer who is not the partner itself pays for it; `source` tells which."""

    __tablename__ = "payer_aliases"
    alias_key: Mapped[str] = mapped_column(primary_key=True)
    partner_code: Mapped[str] = mapped_column(ForeignKey("partners.code"), primary_key=True)
    source: Mapped[str] = mapped_column(primary_key=True)
    learned_at: Mapped[datetime]


class BankAccountRecord(Record):
    """One of our own bank accounts."""

    __tablename__ = "bank_accounts"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    currency: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]


class InvoiceRecord(Record):
    """An invoice as the billing system issued it."""

    __tablename__ = "invoices"
    __table_args__ = (
        CheckConstraint("total_minor > 0", name="total_positive"),
        # Section 170 of the CGST Act 2017 lets the total be rounded to the rupee.
        CheckConstraint("abs(total_minor - taxable_minor - tax_minor) <= 100", name="total_adds_up"),
        CheckConstraint("due_on >= issued_on", name="due_after_issue"),
        Index("ix_invoices_number_keys", "number_keys", postgresql_using="gin"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    number_key: Mapped[str] = mapped_column(unique=True)
    number_keys: Mapped[list[str]] = mapped_column(ARRAY(Text))  # whole and shortened, as payers quote it
    partner_code: Mapped[str] = mapped_column(ForeignKey("partners.code"), index=True)
    issued_on: Mapped[date]
    due_on: Mapped[date]
    currency: Mapped[str]
    taxable_minor: Mapped[int]
    tax_minor: Mapped[int]
    total_minor: Mapped[int]
    registered_at: Mapped[datetime]


class OpenItemRecord(Record):
    """What is still open on an invoice (debit) or of an advance (credit): a balance derived from allocations."""

    __tablename__ = "open_items"
    __table_args__ = (
        CheckConstraint("open_minor >= 0 AND open_minor <= original_minor", name="open_within_original"),
        CheckConstraint("kind IN ('invoice', 'advance')", name="kind_known"),
        Index(
            "ix_open_items_partner_open", "partner_code", "currency", postgresql_where=text("open_minor > 0")
        ),
        Index("ix_open_items_amount_open", "open_minor", postgresql_where=text("open_minor > 0")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    partner_code: Mapped[str] = mapped_column(ForeignKey("partners.code"))
    document_number: Mapped[str]
    document_on: Mapped[date]
    due_on: Mapped[date]
    currency: Mapped[str]
    original_minor: Mapped[int]
    open_minor: Mapped[int]
    updated_at: Mapped[datetime]


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
    lines_minor: Mapped[int]
    lines_count: Mapped[int]
    proof: Mapped[str]


class BankLineRecord(Record):
    """One entry of the bank, stored once however many files repeat it."""

    __tablename__ = "bank_lines"
    __table_args__ = (
        UniqueConstraint("bank_account_id", "fingerprint", "occurrence", name="uq_bank_lines_fingerprint"),
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
    """What the matching decided about a line and why; a later revision supersedes, nothing is overwritten."""

    __tablename__ = "line_decisions"
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


class ReceiptRecord(Record):
    """Money received and booked. Never changed: a bounced cheque is a reversal that names it."""

    __tablename__ = "receipts"
    __table_args__ = (
        CheckConstraint("amount_minor > 0", name="amount_positive"),
        CheckConstraint("allocated_minor >= 0 AND on_account_minor >= 0", name="parts_not_negative"),
        CheckConstraint("allocated_minor + on_account_minor = amount_minor", name="parts_add_up"),
        Index("ix_receipts_booked", "booked_at", "id"),
        Index("ix_receipts_partner", "partner_code", "booked_at", "id"),
        Index("ix_receipts_cheque", "cheque_number", postgresql_where=text("cheque_number <> ''")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    bank_line_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_lines.id"), unique=True)
    bank_account_id: Mapped[UUID] = mapped_column(ForeignKey("bank_accounts.id"))
    partner_code: Mapped[str] = mapped_column(ForeignKey("partners.code"))
    currency: Mapped[str]
    amount_minor: Mapped[int]
    allocated_minor: Mapped[int]
    on_account_minor: Mapped[int]
    received_on: Mapped[date]
    rail: Mapped[str]
    reference: Mapped[str]
    cheque_number: Mapped[str]
    booked_at: Mapped[datetime]


class ReceiptReversalRecord(Record):
    """A receipt taken back: the primary key allows it once."""

    __tablename__ = "receipt_reversals"
    receipt_id: Mapped[UUID] = mapped_column(ForeignKey("receipts.id"), primary_key=True)
    bank_line_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_lines.id"))
    reason_code: Mapped[str]
    reversed_on: Mapped[date]
    reversed_at: Mapped[datetime]


class AllocationRecord(Record):
    """Part of a receipt, or a deduction explained by it, set against an open item; negative in a reversal."""

    __tablename__ = "allocations"
    __table_args__ = (
        CheckConstraint("amount_minor <> 0", name="amount_not_zero"),
        Index("ix_allocations_receipt", "receipt_id"),
        Index("ix_allocations_open_item", "open_item_id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    receipt_id: Mapped[UUID] = mapped_column(ForeignKey("receipts.id"))
    open_item_id: Mapped[UUID] = mapped_column(ForeignKey("open_items.id"))
    kind: Mapped[str]
    amount_minor: Mapped[int]
    is_reversal: Mapped[bool]
    allocated_at: Mapped[datetime]


class JournalEntryRecord(Record):
    """A balanced entry: when it counts (effective_on) is not when it was posted (posted_at)."""

    __tablename__ = "journal_entries"
    __table_args__ = (
        Index("ix_journal_entries_effective", "effective_on", "id"),
        Index("ix_journal_entries_source", "source_id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    # No foreign key: the chain's link is written last, so that batches queue behind each other only briefly.
    batch_id: Mapped[UUID] = mapped_column(index=True)
    kind: Mapped[str]
    source_id: Mapped[UUID]
    currency: Mapped[str]
    effective_on: Mapped[date]
    posted_at: Mapped[datetime]
    description: Mapped[str]
    reverses_entry_id: Mapped[UUID | None] = mapped_column(ForeignKey("journal_entries.id"), unique=True)


class JournalLineRecord(Record):
    """One side of an entry: positive is debit, negative is credit."""

    __tablename__ = "journal_lines"
    __table_args__ = (
        CheckConstraint("amount_minor <> 0", name="amount_not_zero"),
        Index("ix_journal_lines_account", "account_code", "entry_id"),
    )
    entry_id: Mapped[UUID] = mapped_column(ForeignKey("journal_entries.id"), primary_key=True)
    line_number: Mapped[int] = mapped_column(primary_key=True)
    account_code: Mapped[str]
    partner_code: Mapped[str | None]
    amount_minor: Mapped[int]


class AccountBalanceRecord(Record):
    """Running balance of a ledger account: always the sum of its journal lines."""

    __tablename__ = "account_balances"
    account_code: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    balance_minor: Mapped[int]


class AuditBatchRecord(Record):
    """One link of the hash chain over everything that was posted, per batch."""

    __tablename__ = "audit_batches"
    id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True), unique=True)
    actor: Mapped[str]
    entries_count: Mapped[int]
    content_hash: Mapped[bytes]
    previous_hash: Mapped[bytes] = mapped_column(unique=True)
    chain_hash: Mapped[bytes]
    posted_at: Mapped[datetime]


class PaymentExceptionRecord(Record):
    """Something a person must look at: a line, a statement or a balance that does not explain itself."""

    __tablename__ = "payment_exceptions"
    __table_args__ = (
        Index("ix_payment_exceptions_open", "raised_at", "id", postgresql_where=text("resolved_at IS NULL")),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str]
    detail: Mapped[str]
    statement_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_statements.id"), index=True)
    bank_line_id: Mapped[UUID | None] = mapped_column(ForeignKey("bank_lines.id"))
    raised_at: Mapped[datetime]
    resolved_at: Mapped[datetime | None]


class BookingClockRecord(Record):
    """The 24 hours of one credit: seen, identified, booked."""

    __tablename__ = "booking_clocks"
    __table_args__ = (
        Index(
            "ix_booking_clocks_running",
            "due_at",
            postgresql_where=text("booked_at IS NULL AND NOT is_excused"),
        ),
    )
    bank_line_id: Mapped[UUID] = mapped_column(ForeignKey("bank_lines.id"), primary_key=True)
    zone: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    credited_at: Mapped[datetime]
    due_at: Mapped[datetime] = mapped_column(index=True)
    seen_at: Mapped[datetime]
    identified_at: Mapped[datetime | None]
    booked_at: Mapped[datetime | None]
    is_excused: Mapped[bool]  # no customer's payment: nothing to book
