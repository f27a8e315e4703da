"""Writes the facts that dashboards sum: one statement per kind of fact and batch, each fact once."""

from collections.abc import Sequence
from datetime import datetime

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.domain.projection import Projection
from shared.events.envelope import Envelope
from shared.events.payments import ReceiptBooked, ReceiptReversedV1, StatementImportedV1


async def add_receipts(connection: AsyncConnection, receipts: Sequence[ReceiptBooked]) -> None:
    await _insert(
        connection,
        """
        INSERT INTO collected_receipts (
            receipt_id, received_on, booked_at, zone, partner_code, bank_account, currency, amount_minor,
            is_on_time)
        SELECT * FROM json_to_recordset(CAST(:facts AS json)) AS told (
            receipt_id uuid, received_on date, booked_at timestamptz, zone text, partner_code text,
            bank_account text, currency text, amount_minor bigint, is_on_time boolean)
        ORDER BY receipt_id ON CONFLICT DO NOTHING
        """,
        receipts,
    )


async def add_reversals(connection: AsyncConnection, reversals: Sequence[ReceiptReversedV1]) -> None:
    await _insert(
        connection,
        """
        INSERT INTO reversed_receipts (receipt_id, reversed_on, reason_code)
        SELECT * FROM json_to_recordset(CAST(:facts AS json)) AS told (
            receipt_id uuid, reversed_on date, reason_code text)
        ORDER BY receipt_id ON CONFLICT DO NOTHING
        """,
        [
            one.model_dump(mode="json", include={"receipt_id", "reversed_on", "reason_code"})
            for one in reversals
        ],
    )


async def add_statements(connection: AsyncConnection, told: Sequence[Envelope[StatementImportedV1]]) -> None:
    await _insert(
        connection,
        """
        INSERT INTO imported_statements (
            statement_id, bank_account, imported_at, line_count, new_count, duplicate_count, rejected_count,
            booked_count, suggested_count, exception_count)
        SELECT * FROM json_to_recordset(CAST(:facts AS json)) AS told (
            statement_id uuid, bank_account text, imported_at timestamptz, line_count bigint,
            new_count bigint, duplicate_count bigint, rejected_count bigint, booked_count bigint,
            suggested_count bigint, exception_count bigint)
        ORDER BY statement_id ON CONFLICT DO NOTHING
        """,
        [{**one.data.model_dump(mode="json"), "imported_at": one.time} for one in told],
    )


async def note_progress(
    connection: AsyncConnection, projection: Projection, *, newest_fact_at: datetime, at: datetime
) -> None:
    await connection.execute(
        sa.text(
            """
            INSERT INTO projection_progress AS known (projection, revision, newest_fact_at, applied_at)
            VALUES (:projection, 1, :newest_fact_at, :at)
            ON CONFLICT (projection) DO UPDATE SET revision = known.revision + 1,
                applied_at = excluded.applied_at,
                newest_fact_at = greatest(known.newest_fact_at, excluded.newest_fact_at)
            """
        ),
        {"projection": projection, "newest_fact_at": newest_fact_at, "at": at},
    )


async def _insert(connection: AsyncConnection, statement: str, facts: Sequence[object]) -> None:
    """The driver sends a batch as one JSON text; the statement picks the columns it keeps."""
    if facts:
        await connection.execute(sa.text(statement), {"facts": msgspec.json.encode(facts).decode()})
