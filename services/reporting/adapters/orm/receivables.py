"""What partners owe: invoices, what settled them, refunds, credit notes."""

from datetime import date
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.reporting.adapters.orm.base import FactRecord


class RegisteredInvoiceRecord(FactRecord):
    """An invoice as it was registered."""

    __tablename__ = "registered_invoices"
    invoice_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[str]
    partner_code: Mapped[str]
    issued_on: Mapped[date]
    due_on: Mapped[date]
    currency: Mapped[str]
    taxable_minor: Mapped[int]
    tax_minor: Mapped[int]
    total_minor: Mapped[int]


class SettlementRecord(FactRecord):
    """What a receipt (`advance`) or `credit_note` settles of an invoice; negative when taken back.

    `source_id` is the receipt, for what was settled with its booking, or the later allocation. `kind` is `money` or the
    deduction that explains what was kept back.
    """

    __tablename__ = "settlements"
    source_id: Mapped[UUID] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    credit_id: Mapped[UUID]
    credit_kind: Mapped[str]
    invoice_id: Mapped[UUID]
    invoice_number: Mapped[str]
    kind: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    effective_on: Mapped[date]


class PaidRefundRecord(FactRecord):
    """What of a receipt or credit note was sent back."""

    __tablename__ = "paid_refunds"
    refund_id: Mapped[UUID] = mapped_column(primary_key=True)
    credit_id: Mapped[UUID]
    credit_kind: Mapped[str]
    partner_code: Mapped[str]
    zone: Mapped[str | None]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    refunded_on: Mapped[date]


class KnownCreditNoteRecord(FactRecord):
    """A credit note as it is; the later revision holds."""

    __tablename__ = "known_credit_notes"
    note_id: Mapped[UUID] = mapped_column(primary_key=True)
    revision: Mapped[int]
    note_type: Mapped[str]
    standing: Mapped[str]
    number: Mapped[str | None]
    issued_on: Mapped[date | None]
    partner_code: Mapped[str]
    zone: Mapped[str | None]
    reason_code: Mapped[str]
    currency: Mapped[str]
    taxable_minor: Mapped[int]
    tax_minor: Mapped[int]
    total_minor: Mapped[int]
