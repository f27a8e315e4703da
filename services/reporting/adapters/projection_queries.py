"""How far every projection is, and what it holds."""

from collections.abc import Mapping
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.domain.projection import Projection, ProjectionState

TABLES: Final[Mapping[Projection, tuple[str, ...]]] = {
    Projection.COLLECTIONS: ("collected_receipts", "reversed_receipts"),
    Projection.STATEMENTS: ("imported_statements",),
    Projection.BOOKING_CLOCK: ("late_bookings",),
    Projection.RECEIVABLES: ("registered_invoices", "settlements", "paid_refunds"),
    Projection.CREDIT_NOTES: ("known_credit_notes",),
    Projection.PAYMENT_QUERIES: ("query_openings", "query_answers"),
    Projection.PARTNERS: ("known_partners",),
    Projection.ORDERS: ("known_orders", "told_order_lines"),
    Projection.DOCUMENTS: ("published_documents", "delivery_outcomes", "document_replies"),
    Projection.PIPELINE: ("known_opportunities",),
}
_COUNTS: Final = " UNION ALL ".join(
    f"SELECT '{projection}' AS projection, count(*) AS rows_count FROM {table}"
    for projection, tables in TABLES.items()
    for table in tables
)
_STATES: Final = sa.text(
    f"""
    SELECT projection, CAST(sum(rows_count) AS bigint) AS rows_count, coalesce(max(revision), 0) AS revision,
        max(newest_fact_at) AS newest_fact_at, max(applied_at) AS applied_at
    FROM ({_COUNTS}) AS held LEFT JOIN projection_progress USING (projection)
    GROUP BY projection ORDER BY projection
    """
)


async def projection_states(connection: AsyncConnection) -> list[ProjectionState]:
    """One per projection, in the order of their names."""
    rows = await connection.execute(_STATES)
    return [
        ProjectionState(
            Projection(row.projection), row.rows_count, row.revision, row.newest_fact_at, row.applied_at
        )
        for row in rows
    ]
