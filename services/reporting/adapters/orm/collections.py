"""What came in: receipts as they were booked, those taken back, credits that were late, and statements read."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.reporting.adapters.orm.base import FactRecord


class CollectedReceiptRecord(FactRecord):
    """A receipt as it was booked; zone is the partner's at that time."""

    __tablename__ = "collected_receipts"
    __table_args__ = (Index("ix_collected_receipts_received", "received_on"),)
    receipt_id: Mapped[UUID] = mapped_column(primary_key=True)
    received_on: Mapped[date]
    booked_at: Mapped[datetime]
    zone: Mapped[str | None]
    partner_code: Mapped[str | None]
    bank_account: Mapped[str]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    is_on_time: Mapped[bool]


class ReversedReceiptRecord(FactRecord):
    """That a receipt was taken back; counts once the receipt itself is known."""

    __tablename__ = "reversed_receipts"
    __table_args__ = (Index("ix_reversed_receipts_reversed", "reversed_on"),)
    receipt_id: Mapped[UUID] = mapped_column(primary_key=True)
    reversed_on: Mapped[date]
    reason_code: Mapped[str]


class ImportedStatementRecord(FactRecord):
    """What became of the lines of one bank statement."""

    __tablename__ = "imported_statements"
    __table_args__ = (Index("ix_imported_statements_imported", "imported_at"),)
    statement_id: Mapped[UUID] = mapped_column(primary_key=True)
    bank_account: Mapped[str]
    imported_at: Mapped[datetime]
    line_count: Mapped[int]
    new_count: Mapped[int]
    duplicate_count: Mapped[int]
    rejected_count: Mapped[int]
    booked_count: Mapped[int]
    suggested_count: Mapped[int]
    exception_count: Mapped[int]


class LateBookingRecord(FactRecord):
    """A credit whose 24 hours ran out; told again with `booked_at` when it was booked after all."""

    __tablename__ = "late_bookings"
    bank_line_id: Mapped[UUID] = mapped_column(primary_key=True)
    told_at: Mapped[datetime]
    bank_account: Mapped[str]
    zone: Mapped[str | None]
    currency: Mapped[str]
    amount_minor: Mapped[int]
    received_on: Mapped[date]
    due_at: Mapped[datetime]
    is_identified: Mapped[bool | None]
    booked_at: Mapped[datetime | None]
    cause: Mapped[str | None]
