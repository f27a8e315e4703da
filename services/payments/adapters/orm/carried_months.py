"""What months of the journal came to that left for the archive (`services/payments/adapters/carried_months.py`)."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.adapters.orm.base import Record


class CarriedMonthRecord(Record):
    """A month that counts by its carried movements; entries whose id is below `ends_before` are read from no partition."""

    __tablename__ = "carried_months"
    month: Mapped[str] = mapped_column(primary_key=True)  # as its partitions end: p201804, or before
    ends_before: Mapped[UUID] = mapped_column(unique=True)
    last_effective_on: Mapped[date | None]  # null for a month without entries
    entries: Mapped[int]
    lines: Mapped[int]
    entries_file: Mapped[str]
    entries_sha256: Mapped[bytes]
    lines_file: Mapped[str]
    lines_sha256: Mapped[bytes]
    carried_at: Mapped[datetime]


class CarriedBatchRecord(Record):
    """How many entries of a link of the audit chain left with a month; most links lie in one."""

    __tablename__ = "carried_batches"
    __table_args__ = (CheckConstraint("entries > 0", name="entries_positive"),)
    batch_id: Mapped[UUID] = mapped_column(ForeignKey("audit_batches.id"), primary_key=True)
    month: Mapped[str] = mapped_column(ForeignKey("carried_months.month"), primary_key=True)
    entries: Mapped[int]


class CarriedMovementRecord(Record):
    """Lines of one account, partner, currency and day; of an account at a bank one entry, as it is reconciled by entries."""

    __tablename__ = "carried_movements"
    __table_args__ = (
        CheckConstraint("debit_minor >= 0 AND credit_minor >= 0 AND lines > 0", name="sides"),
        CheckConstraint(
            "num_nulls(entry_id, kind, source_id, description) IN (0, 4)"
            " AND (reverses_entry_id IS NULL OR entry_id IS NOT NULL)",
            name="one_entry",
        ),
        Index("ix_carried_movements_account", "account_code", "effective_on"),
        Index(
            "ix_carried_movements_partner",
            "partner_code",
            postgresql_where=text("partner_code IS NOT NULL"),
        ),
    )
    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    month: Mapped[str] = mapped_column(ForeignKey("carried_months.month"))
    account_code: Mapped[str]
    partner_code: Mapped[str | None]
    currency: Mapped[str]
    effective_on: Mapped[date]
    entry_id: Mapped[UUID | None]
    kind: Mapped[str | None]
    source_id: Mapped[UUID | None]
    description: Mapped[str | None]
    reverses_entry_id: Mapped[UUID | None]
    debit_minor: Mapped[int]
    credit_minor: Mapped[int]
    base_minor: Mapped[int]
    lines: Mapped[int]
