"""What all tables share: the metadata, the row base, the tables of the plumbing, and how far projections are."""

from datetime import datetime
from typing import Any, ClassVar, Final

from sqlalchemy import BigInteger, DateTime, Text, text
from sqlalchemy.dialects.postgresql import BYTEA, JSONB
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.database import service_metadata
from shared.idempotency_table import idempotency_table
from shared.inbox_table import inbox_table
from shared.jobs import job_table
from shared.outbox import outbox_table

# Extracts are made of what was written since the one before: compared with transactions, as ids and clocks are given
# out in one order and committed in another.
WRITING_TRANSACTION: Final = "CAST(CAST(pg_current_xact_id() AS text) AS bigint)"


class Record(DeclarativeBase):
    """Base of all rows: instants are aware, amounts are BIGINT minor units."""

    metadata = service_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        int: BigInteger,
        str: Text,
        datetime: DateTime(timezone=True),
        bytes: BYTEA,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


class FactRecord(Record):
    """A fact that another service told; `written_in` is the transaction that wrote its row last."""

    __abstract__ = True
    written_in: Mapped[int] = mapped_column(
        server_default=text(WRITING_TRANSACTION), index=True, sort_order=99
    )


metadata = Record.metadata
outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
jobs = job_table(metadata)
idempotency_keys = idempotency_table(metadata)


class ProjectionProgressRecord(Record):
    """How far a projection is; `revision` grows with every batch, so that equal revisions mean equal figures."""

    __tablename__ = "projection_progress"
    projection: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int]
    newest_fact_at: Mapped[datetime]
    applied_at: Mapped[datetime]


class ToldProjectionRecord(Record):
    """Up to which revision it was told that dashboards changed."""

    __tablename__ = "told_projections"
    projection: Mapped[str] = mapped_column(primary_key=True)
    revision: Mapped[int]
