"""The facts payment sheets are made of."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.partners.adapters.orm.base import Record

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
    settled_on: Mapped[date | None]  # the day of what is taken back


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


class SheetChequeRecord(Record):
    """A cheque in hand as it was told last: the later revision wins."""

    __tablename__ = "sheet_cheques"
    __table_args__ = (
        Index(
            "ix_sheet_cheques_partner",
            "partner_code",
            "cheque_on",
            postgresql_where=text("standing IN ('held', 'deposited', 'bounced')"),
        ),
    )
    instrument_id: Mapped[UUID] = mapped_column(primary_key=True)
    partner_code: Mapped[str]
    cheque_number: Mapped[str]
    drawee_bank: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    cheque_on: Mapped[date]
    received_on: Mapped[date]
    stale_on: Mapped[date]
    standing: Mapped[str]
    items: Mapped[list[Any]]
    revision: Mapped[int]


class SheetTaxCertificateRecord(Record):
    """Evidence that the partner handed tax it had deducted to the tax office; negative takes one back."""

    __tablename__ = "sheet_tax_certificates"
    __table_args__ = (Index("ix_sheet_tax_certificates_partner", "partner_code"),)
    certificate_id: Mapped[UUID] = mapped_column(primary_key=True)
    partner_code: Mapped[str]
    financial_year: Mapped[str]
    quarter: Mapped[int]
    certificate_number: Mapped[str]
    evidence: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]


class SheetQueryRecord(Record):
    """A question on a payment as it was told last: the later revision wins."""

    __tablename__ = "sheet_queries"
    __table_args__ = (
        Index(
            "ix_sheet_queries_partner",
            "partner_code",
            "opened_at",
            postgresql_where=text("state <> 'closed'"),
        ),
    )
    query_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    partner_code: Mapped[str]
    category: Mapped[str]
    subject: Mapped[str]
    state: Mapped[str]
    opened_at: Mapped[datetime]
    due_at: Mapped[datetime]
    answered_at: Mapped[datetime | None]
    links: Mapped[list[Any]]
    revision: Mapped[int]


class SheetReversalRecord(Record):
    """A receipt that was taken back: what it had settled is open again."""

    __tablename__ = "sheet_reversals"
    receipt_id: Mapped[UUID] = mapped_column(primary_key=True)
    reversed_on: Mapped[date]
    reason_code: Mapped[str]


class AccountFiguresRecord(Record):
    """What payments said last an account comes to: the higher position wins."""

    __tablename__ = "account_figures"
    partner_code: Mapped[str] = mapped_column(primary_key=True)
    currency: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int]
    told_at: Mapped[datetime]
    ledger_minor: Mapped[int]
    invoices_count: Mapped[int]
    invoices_minor: Mapped[int]
    advances_count: Mapped[int]
    advances_minor: Mapped[int]
    credit_notes_count: Mapped[int]
    credit_notes_minor: Mapped[int]
    items_sha256: Mapped[str]


class SheetDifferenceRecord(Record):
    """A sheet that was not what payments said: noticed, asked about, an alarm after minutes, and agreed at last."""

    __tablename__ = "sheet_differences"
    __table_args__ = (
        CheckConstraint("agreed_at >= noticed_at", name="agreed_after"),
        CheckConstraint("alarmed_at >= noticed_at", name="alarmed_after"),
        Index(
            "uq_sheet_differences_open",
            "partner_code",
            "currency",
            unique=True,
            postgresql_where=text("agreed_at IS NULL"),
        ),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    partner_code: Mapped[str]
    currency: Mapped[str]
    position: Mapped[int | None]
    differences: Mapped[list[Any]]
    noticed_at: Mapped[datetime]
    asked_at: Mapped[datetime | None]
    alarmed_at: Mapped[datetime | None]
    agreed_at: Mapped[datetime | None]


class ProjectionProgressRecord(Record):
    """How far a projection is: the newest fact it holds, and when that was applied."""

    __tablename__ = "projection_progress"
    projection: Mapped[str] = mapped_column(primary_key=True)
    newest_fact_at: Mapped[datetime]
    applied_at: Mapped[datetime]
