"""Registrations with the invoice registration portal, and everything that was said there."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.adapters.orm.base import Record


class EInvoiceRecord(Record):
    """A note that has to be registered, and the portal's answer."""

    __tablename__ = "einvoices"
    __table_args__ = (
        CheckConstraint(
            "standing IN ('pending', 'registered', 'refused', 'cancel_pending', 'cancelled', 'cancel_refused')",
            name="standing_known",
        ),
        CheckConstraint("irn ~ '^[0-9a-f]{64}$'", name="irn_shape"),
        CheckConstraint(
            "standing IN ('pending', 'refused', 'cancelled') OR irn IS NOT NULL", name="irn_when_registered"
        ),
        CheckConstraint(
            "num_nulls(irn, ack_no, ack_at, signed_invoice, signed_qr) IN (0, 5)", name="answer_whole"
        ),
        Index("ix_einvoices_standing", "standing", "next_attempt_at"),
    )
    note_id: Mapped[UUID] = mapped_column(ForeignKey("credit_notes.id"), primary_key=True)
    standing: Mapped[str]
    due_on: Mapped[date | None]
    irn: Mapped[str | None] = mapped_column(unique=True)
    ack_no: Mapped[str | None]
    ack_at: Mapped[datetime | None]
    signed_invoice: Mapped[str | None]
    signed_qr: Mapped[str | None]
    failures: Mapped[int]
    last_error: Mapped[str]
    next_attempt_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class EInvoiceExchangeRecord(Record):
    """One question to the portal and its answer, kept for ever."""

    __tablename__ = "einvoice_exchanges"
    __table_args__ = (Index("ix_einvoice_exchanges_note", "note_id", "id"),)
    id: Mapped[UUID] = mapped_column(primary_key=True)
    note_id: Mapped[UUID] = mapped_column(ForeignKey("credit_notes.id"))
    operation: Mapped[str]
    request: Mapped[str]
    status: Mapped[int | None]
    response: Mapped[str]
    at: Mapped[datetime]


class EInvoiceAlertRecord(Record):
    """A day of the reporting clock that was told of: once."""

    __tablename__ = "einvoice_alerts"
    note_id: Mapped[UUID] = mapped_column(ForeignKey("credit_notes.id"), primary_key=True)
    after_days: Mapped[int] = mapped_column(primary_key=True)
    raised_at: Mapped[datetime]
