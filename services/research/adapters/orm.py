"""Tables of the research database."""

from datetime import datetime
from typing import ClassVar

from sqlalchemy import BigInteger, DateTime, Index, Text
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.database import service_metadata
from shared.idempotency import idempotency_table
from shared.inbox import inbox_table
from shared.jobs import job_table
from shared.outbox import outbox_table


class Record(DeclarativeBase):
    """Base of all rows: instants are aware."""

    metadata = service_metadata()
    type_annotation_map: ClassVar = {int: BigInteger, str: Text, datetime: DateTime(timezone=True)}


metadata = Record.metadata
outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
jobs = job_table(metadata)
idempotency_keys = idempotency_table(metadata)


class EntityRecord(Record):
    """A company as its source tells it; the later version wins, whenever it arrives."""

    __tablename__ = "entities"
    __table_args__ = (Index("ix_entities_name_key", "name_key", "source_key"),)
    source: Mapped[str] = mapped_column(primary_key=True)
    source_key: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    name_key: Mapped[str]
    city: Mapped[str | None]
    zone: Mapped[str | None]
    gstin: Mapped[str | None]
    status: Mapped[str]
    version: Mapped[int]
    changed_at: Mapped[datetime]
