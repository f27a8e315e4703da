"""What all tables of the research database share, and the tables every service has."""

from datetime import datetime
from typing import Any, ClassVar

from sqlalchemy import ARRAY, BigInteger, DateTime, Index, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

from services.research.adapters.searched_words import SEARCHED_WORDS
from shared.database import service_metadata
from shared.idempotency_table import idempotency_table
from shared.inbox_table import inbox_table
from shared.jobs import job_table
from shared.outbox import outbox_table


class Record(DeclarativeBase):
    """Base of all rows: instants are aware."""

    metadata = service_metadata()
    type_annotation_map: ClassVar[dict[Any, Any]] = {
        int: BigInteger,
        str: Text,
        datetime: DateTime(timezone=True),
        dict[str, Any]: JSONB,
        list[Any]: JSONB,
        list[str]: ARRAY(Text),
    }


def words_index(table: str) -> Index:
    """What full-text search finds a row of the table by."""
    vector = f"to_tsvector('english'::regconfig, {SEARCHED_WORDS[table]})"
    return Index(f"ix_{table}_words", text(vector), postgresql_using="gin")


metadata = Record.metadata
outbox = outbox_table(metadata)
inbox = inbox_table(metadata)
jobs = job_table(metadata)
idempotency_keys = idempotency_table(metadata)
