"""Writes facts: one statement per kind of fact and batch, whatever their order and however often they are told."""

from collections.abc import Sequence
from datetime import UTC, datetime
from enum import Enum
from functools import cache
from typing import Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.orm.base import WRITING_TRANSACTION
from services.reporting.adapters.orm.collections import LateBookingRecord
from services.reporting.adapters.orm.desks import (
    DeliveryOutcomeRecord,
    DocumentReplyRecord,
    PublishedDocumentRecord,
    QueryAnswerRecord,
    QueryOpeningRecord,
)
from services.reporting.adapters.orm.orders import (
    KnownOpportunityRecord,
    KnownOrderRecord,
    KnownPartnerRecord,
    ToldOrderLineRecord,
)
from services.reporting.adapters.orm.receivables import (
    KnownCreditNoteRecord,
    PaidRefundRecord,
    RegisteredInvoiceRecord,
    SettlementRecord,
)
from services.reporting.adapters.repositories import note_progress
from services.reporting.domain.projection import Projection
from shared.events.envelope import Envelope, Event

_POSTGRESQL: Final = PGDialect()  # type: ignore[no-untyped-call] # SQLAlchemy's own, without types


class FactKind(Enum):
    """Where a kind of fact is kept, and what tells a later telling of it; nothing where it happened once for ever."""

    LATE_BOOKING = (LateBookingRecord, ("told_at",))
    INVOICE = (RegisteredInvoiceRecord, ())
    SETTLEMENT = (SettlementRecord, ())
    REFUND = (PaidRefundRecord, ())
    CREDIT_NOTE = (KnownCreditNoteRecord, ("revision",))
    QUERY_OPENING = (QueryOpeningRecord, ())
    QUERY_ANSWER = (QueryAnswerRecord, ())
    PARTNER = (KnownPartnerRecord, ("version",))
    ORDER = (KnownOrderRecord, ("version",))
    ORDER_LINE = (ToldOrderLineRecord, ())
    OPPORTUNITY = (KnownOpportunityRecord, ("system_modstamp", "sequence"))
    DOCUMENT = (PublishedDocumentRecord, ())
    DELIVERY_OUTCOME = (DeliveryOutcomeRecord, ())
    DOCUMENT_REPLY = (DocumentReplyRecord, ())


async def keep_facts(connection: AsyncConnection, kind: FactKind, facts: Sequence[object]) -> None:
    """Insert each fact once by the key of its table; what is told whole is replaced by a later telling.

    A fact is a mapping or a dataclass that has the columns of the table; what else it has is left.
    """
    if facts:
        told = msgspec.json.encode(facts).decode()
        await connection.execute(_statement(kind), {"facts": told})


async def note_told(
    connection: AsyncConnection, projection: Projection, told: Sequence[Envelope[Event]]
) -> None:
    """Remember how far the projection is."""
    newest = max(one.time for one in told)
    await note_progress(connection, projection, newest_fact_at=newest, at=datetime.now(UTC))


def later_by(table_name: str) -> Sequence[str]:
    """The columns that tell a later row of the table; none where what happened is kept once for ever."""
    kinds: dict[str, Sequence[str]] = {kind.value[0].__tablename__: kind.value[1] for kind in FactKind}
    return kinds.get(table_name, ())


def replacing(table: sa.Table, newer: Sequence[str]) -> str:
    """What becomes of a row that is known already: it stays, or is replaced by a later telling."""
    if not newer:
        return "DO NOTHING"
    kept = {column.name for column in table.primary_key} | {"written_in"}
    names = [column.name for column in table.columns]
    changes = ", ".join(f"{name} = excluded.{name}" for name in names if name not in kept)
    known, told = (", ".join(f"{place}.{name}" for name in newer) for place in ("known", "excluded"))
    return f"""DO UPDATE SET {changes}, written_in = {WRITING_TRANSACTION}
        WHERE ({known}) < ({told})"""


@cache
def _statement(kind: FactKind) -> sa.TextClause:
    """Sorted by key, so that two workers wait for each other instead of deadlocking."""
    record, columns_of_later = kind.value
    table = sa.Table(record.__tablename__, record.metadata)
    columns = [column for column in table.columns if column.name != "written_in"]
    names = ", ".join(column.name for column in columns)
    typed = ", ".join(f"{column.name} {column.type.compile(_POSTGRESQL)}" for column in columns)
    key = ", ".join(column.name for column in table.primary_key)
    newest_first = "".join(f", {name} DESC" for name in columns_of_later)
    return sa.text(
        f"""
        INSERT INTO {table.name} AS known ({names})
        SELECT DISTINCT ON ({key}) {names}
        FROM json_to_recordset(CAST(:facts AS json)) AS told ({typed})
        ORDER BY {key}{newest_first}
        ON CONFLICT ({key}) {replacing(table, columns_of_later)}
        """
    )
