"""What all tables of the payments database share, and the tables every service has."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import (
    BigInteger,
    DateTime,
)
from sqlalchemy.dialects.postgresql import BYTEA, JSONB
from sqlalchemy.orm import DeclarativeBase

from shared.database import service_metadata
from shared.idempotency_table import idempotency_table
from shared.inbox_table import inbox_table
from shared.jobs import job_table
from shared.outbox import outbox_table


class Record(DeclarativeBase):
    """Base of all rows: instants are aware, amounts are BIGINT minor units."""

    metadata = service_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        int: BigInteger,
        datetime: DateTime(timezone=True),
        bytes: BYTEA,
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
    }


metadata = Record.metadata
outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
idempotency_keys = idempotency_table(metadata)
jobs = job_table(metadata)
