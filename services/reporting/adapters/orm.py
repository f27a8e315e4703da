"""Tables of the reporting database: facts as other services told them; every sum is made when it is asked for.

Facts arrive in any order and more than once. Each is inserted once and never changed, and nothing refers to a row
that may still be on its way.
"""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from sqlalchemy import BigInteger, DateTime, Index, Text
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


class CollectedReceiptRecord(Record):
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


class ReversedReceiptRecord(Record):
    """That a receipt was taken back; counts once the receipt itself is known."""

    __tablename__ = "reversed_receipts"
    __table_args__ = (Index("ix_reversed_receipts_reversed", "reversed_on"),)
    receipt_id: Mapped[UUID] = mapped_column(primary_key=True)
    reversed_on: Mapped[date]
    reason_code: Mapped[str]


class ImportedStatementRecord(Record):
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


class ProjectionProgressRecord(Record):
    """How far a projection is; `revision` grows with every batch, so that equal revisions mean equal figures."""

    __tablename__ = "projection_progress"
    projection: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int]
    newest_fact_at: Mapped[datetime]
    applied_at: Mapped[datetime]
