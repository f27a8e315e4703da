"""What was handed to the accounting system, and how it calls our accounts and partners."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.payments.adapters.orm.base import Record


class LedgerNameRecord(Record):
    """The accounting system's name for an account or partner from an instant on; a later one replaces it."""

    __tablename__ = "ledger_names"
    __table_args__ = (
        CheckConstraint("kind IN ('account', 'partner')", name="kind_known"),
        Index("ix_ledger_names_code", "kind", "code", "set_at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    code: Mapped[str]
    ledger_name: Mapped[str]
    group_name: Mapped[str]
    set_at: Mapped[datetime]
    set_by: Mapped[str]


class LedgerExportRecord(Record):
    """The batches of the audit chain behind `after_position` up to `last_position`, with the hash of each file."""

    __tablename__ = "ledger_exports"
    __table_args__ = (CheckConstraint("last_position > after_position", name="goes_forward"),)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    id: Mapped[UUID] = mapped_column(unique=True)
    after_position: Mapped[int] = mapped_column(unique=True)
    last_position: Mapped[int]
    batches: Mapped[int]
    entries: Mapped[int]
    totals: Mapped[list[Any]]
    chain_hash: Mapped[bytes]
    csv_hash: Mapped[bytes]
    tally_hash: Mapped[bytes]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
