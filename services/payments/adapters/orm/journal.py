"""The books: entries, balances and the audit chain."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.adapters.orm.base import Record


class JournalEntryRecord(Record):
    """A balanced entry: when it counts (effective_on) is not when it was posted (posted_at).

    In months by the time in its id, as its lines are (`shared/month_partitions.py`).
    """

    __tablename__ = "journal_entries"
    __table_args__ = (
        CheckConstraint("occurred_on < effective_on", name="counts_later"),
        Index("ix_journal_entries_effective", "effective_on", "id"),
        Index("ix_journal_entries_source", "source_id"),
        {"postgresql_partition_by": "RANGE (id)"},
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
    reverses_entry_id: Mapped[UUID | None]  # at most once for each: reversed_entries
    occurred_on: Mapped[date | None]  # the fact's own day, if its month was closed


class ReversedEntryRecord(Record):
    """An entry that was taken back and the one that did it, over all months; a trigger of the journal writes it.

    Both were there when it was written. No foreign keys: it stays when their months leave.
    """

    __tablename__ = "reversed_entries"
    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    reversal_id: Mapped[UUID] = mapped_column(unique=True)


class JournalLineRecord(Record):
    """One side of an entry: positive is debit, negative is credit."""

    __tablename__ = "journal_lines"
    __table_args__ = (
        CheckConstraint("amount_minor <> 0 OR base_minor <> 0", name="amount_not_zero"),
        Index("ix_journal_lines_account", "account_code", "entry_id"),
        Index(
            "ix_journal_lines_partner",
            "partner_code",
            "entry_id",
            postgresql_where=text("partner_code IS NOT NULL"),
        ),
        {"postgresql_partition_by": "RANGE (entry_id)"},
    )
    # Each partition refers to the entries of the same month: a key of the whole would look through all months per line.
    entry_id: Mapped[UUID] = mapped_column(ForeignKey("journal_entries.id"), primary_key=True)
    line_number: Mapped[int] = mapped_column(primary_key=True)
    account_code: Mapped[str]
    partner_code: Mapped[str | None]
    amount_minor: Mapped[int]
    base_minor: Mapped[int]  # paise: the amount itself in an entry in rupees


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


class ToldAccountsRecord(Record):
    """Up to which link of the chain the accounts were told to those who compare with them: one row."""

    __tablename__ = "told_accounts"
    __table_args__ = (CheckConstraint("one", name="one_row"),)
    one: Mapped[bool] = mapped_column(primary_key=True, server_default=text("true"))
    position: Mapped[int]
