"""Events kept as they were heard, and what was made anew of them."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import BigInteger, Identity, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.reporting.adapters.orm.base import WRITING_TRANSACTION, Record


class HeardEventRecord(Record):
    """An event that projections are made of, and the transaction that applied it. Append-only."""

    __tablename__ = "heard_events"
    __table_args__ = (UniqueConstraint("event_id"),)
    position: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    event_id: Mapped[UUID]
    body: Mapped[bytes]
    kept_in: Mapped[int] = mapped_column(server_default=text(WRITING_TRANSACTION))


class ProjectionRebuildRecord(Record):
    """That projections were made anew, of how many events, and how many rows had not been what they say. Append-only."""

    __tablename__ = "projection_rebuilds"
    job_id: Mapped[UUID] = mapped_column(primary_key=True)
    events_count: Mapped[int]
    removed_count: Mapped[int]
    added_count: Mapped[int]
    unexplained_count: Mapped[int]
    switched_at: Mapped[datetime]
    switched_in: Mapped[int] = mapped_column(server_default=text(WRITING_TRANSACTION))
