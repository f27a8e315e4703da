"""Tables of the partners database: the master with its history, and the facts payment sheets are made of."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, DateTime, ForeignKey, Index, Text, text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.database import service_metadata
from shared.idempotency import idempotency_table
from shared.inbox import inbox_table
from shared.jobs import job_table
from shared.outbox import outbox_table


class Record(DeclarativeBase):
    """Base of all rows: instants are aware, amounts are BIGINT minor units."""

    metadata = service_metadata()
    type_annotation_map: ClassVar = {int: BigInteger, str: Text, datetime: DateTime(timezone=True)}


metadata = Record.metadata
outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
jobs = job_table(metadata)
idempotency_keys = idempotency_table(metadata)


class PartnerRecord(Record):
    """A partner as it is now: its newest version."""

    __tablename__ = "partners"
    __table_args__ = (
        CheckConstraint("status IN ('active', 'on_hold', 'closed')", name="status_known"),
        CheckConstraint("version > 0", name="version_positive"),
        Index(
            "ix_partners_name_key", text("lower(name)"), postgresql_ops={"lower(name)": "text_pattern_ops"}
        ),
        Index("ix_partners_zone", "zone", "code"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    city: Mapped[str | None]
    zone: Mapped[str]
    gstin: Mapped[str | None]
    ifsc: Mapped[str | None]
    bank_account: Mapped[str | None]
    legal_name: Mapped[str | None]
    address: Mapped[str | None]
    pin_code: Mapped[str | None]
    state_code: Mapped[str | None]
    status: Mapped[str]
    version: Mapped[int]
    changed_at: Mapped[datetime]


class PartnerVersionRecord(Record):
    """What a partner was told to be, by whom and when. Append-only."""

    __tablename__ = "partner_versions"
    partner_id: Mapped[UUID] = mapped_column(
        ForeignKey("partners.id", deferrable=True, initially="DEFERRED"), primary_key=True
    )
    version: Mapped[int] = mapped_column(primary_key=True)
    code: Mapped[str]
    name: Mapped[str]
    city: Mapped[str | None]
    zone: Mapped[str]
    gstin: Mapped[str | None]
    ifsc: Mapped[str | None]
    bank_account: Mapped[str | None]
    legal_name: Mapped[str | None]
    address: Mapped[str | None]
    pin_code: Mapped[str | None]
    state_code: Mapped[str | None]
    status: Mapped[str]
    told_at: Mapped[datetime]
    told_by: Mapped[str]


# The facts below arrive in any order and more than once: each is inserted once and never changed, nothing
# refers to a row that may still be on its way, and every sum is made when a sheet is read.


class SheetInvoiceRecord(Record):
    """An invoice as payments told it."""

    __tablename__ = "sheet_invoices"
    __table_args__ = (Index("ix_sheet_invoices_partner", "partner_code", "due_on"),)
    invoice_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    partner_code: Mapped[str]
    issued_on: Mapped[date]
    due_on: Mapped[date]
    currency: Mapped[str]
    total_minor: Mapped[int]


class SheetReceiptRecord(Record):
    """A receipt as it was booked; whether it was taken back later is in sheet_reversals."""

    __tablename__ = "sheet_receipts"
    __table_args__ = (Index("ix_sheet_receipts_partner", "partner_code", "received_on"),)
    receipt_id: Mapped[UUID] = mapped_column(primary_key=True)
    partner_code: Mapped[str | None]
    received_on: Mapped[date]
    booked_at: Mapped[datetime]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    on_account_minor: Mapped[int]
    rail: Mapped[str]
    reference: Mapped[str]


class SheetSettlementRecord(Record):
    """What one receipt settles of one invoice: money (kind 'money') or a deduction by its kind."""

    __tablename__ = "sheet_settlements"
    __table_args__ = (Index("ix_sheet_settlements_invoice", "invoice_id"),)
    receipt_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    invoice_id: Mapped[UUID]
    invoice_number: Mapped[str]
    kind: Mapped[str]
    amount_minor: Mapped[int]


class SheetChangeRecord(Record):
    """What a receipt or credit note settles since its booking, or no longer: negative when taken back."""

    __tablename__ = "sheet_changes"
    __table_args__ = (
        Index("ix_sheet_changes_invoice", "invoice_id"),
        Index("ix_sheet_changes_credit", "credit_id"),
    )
    allocation_id: Mapped[UUID] = mapped_column(primary_key=True)
    credit_id: Mapped[UUID]
    credit_kind: Mapped[str]
    partner_code: Mapped[str]
    invoice_id: Mapped[UUID]
    invoice_number: Mapped[str]
    kind: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    effective_on: Mapped[date]


class SheetRefundRecord(Record):
    """Money of a receipt or credit note that was sent back."""

    __tablename__ = "sheet_refunds"
    __table_args__ = (Index("ix_sheet_refunds_credit", "credit_id"),)
    refund_id: Mapped[UUID] = mapped_column(primary_key=True)
    credit_id: Mapped[UUID]
    credit_kind: Mapped[str]
    partner_code: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    refunded_on: Mapped[date]
    reference: Mapped[str]


class SheetCreditNoteRecord(Record):
    """A credit note as it was told last: the later revision wins."""

    __tablename__ = "sheet_credit_notes"
    __table_args__ = (Index("ix_sheet_credit_notes_partner", "partner_code", "note_id"),)
    note_id: Mapped[UUID] = mapped_column(primary_key=True)
    note_type: Mapped[str]
    standing: Mapped[str]
    number: Mapped[str | None]
    issued_on: Mapped[date | None]
    partner_code: Mapped[str]
    reason_code: Mapped[str]
    currency: Mapped[str]
    total_minor: Mapped[int]
    revision: Mapped[int]


class SheetReversalRecord(Record):
    """A receipt that was taken back: what it had settled is open again."""

    __tablename__ = "sheet_reversals"
    receipt_id: Mapped[UUID] = mapped_column(primary_key=True)
    reversed_on: Mapped[date]
    reason_code: Mapped[str]


class ProjectionProgressRecord(Record):
    """How far a projection is: the newest fact it holds, and when that was applied."""

    __tablename__ = "projection_progress"
    projection: Mapped[str] = mapped_column(primary_key=True)
    newest_fact_at: Mapped[datetime]
    applied_at: Mapped[datetime]


class PublishedDocumentRecord(Record):
    """A document that was published to a partner, as the service that keeps its bytes told of it."""

    __tablename__ = "published_documents"
    __table_args__ = (
        CheckConstraint("pdf_sha256 ~ '^[0-9a-f]{64}$'", name="hash_shape"),
        Index("ix_published_documents_partner", "partner_code", "published_at", "id"),
        Index(
            "ix_published_documents_supersedes",
            "supersedes_id",
            postgresql_where=text("supersedes_id IS NOT NULL"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    partner_code: Mapped[str]
    number: Mapped[str]
    title: Mapped[str]
    language: Mapped[str]
    from_on: Mapped[date]
    to_on: Mapped[date]
    pdf_sha256: Mapped[str]
    content_path: Mapped[str]
    supersedes_id: Mapped[UUID | None]
    published_at: Mapped[datetime]


class CrmAccountRecord(Record):
    """An account of the CRM as it was told last, and the partner it is; unresolved ones say why."""

    __tablename__ = "crm_accounts"
    __table_args__ = (
        CheckConstraint("standing IN ('linked', 'unresolved', 'deleted')", name="standing_known"),
        CheckConstraint("(standing = 'unresolved') = (problem IS NOT NULL)", name="unresolved_says_why"),
        CheckConstraint("standing <> 'linked' OR partner_code IS NOT NULL", name="linked_names_partner"),
        Index("ix_crm_accounts_standing", "standing", "record_id"),
    )
    organization_id: Mapped[str] = mapped_column(primary_key=True)
    record_id: Mapped[str] = mapped_column(primary_key=True)
    system_modstamp: Mapped[datetime]
    sequence: Mapped[int]
    standing: Mapped[str]
    partner_code: Mapped[str | None]
    name: Mapped[str]
    zone: Mapped[str]
    problem: Mapped[str | None]
    taken_in_at: Mapped[datetime]
