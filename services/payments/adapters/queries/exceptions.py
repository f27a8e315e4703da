"""Reads about what waits for a person."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row

STANDING: Final = (
    "CASE WHEN x.resolved_at IS NOT NULL THEN 'resolved'"
    " WHEN x.accepted_at IS NOT NULL THEN 'accepted' ELSE 'open' END"
)
EXCEPTION_SELECT: Final = (
    f"SELECT x.*, {STANDING} AS standing, b.number AS bank_account, b.currency AS account_currency,"
    " l.amount_minor AS line_minor, l.currency AS line_currency"
    " FROM payment_exceptions x LEFT JOIN bank_lines l ON l.id = x.bank_line_id"
    " LEFT JOIN bank_statements s ON s.id = x.statement_id"
    " LEFT JOIN bank_accounts b ON b.id = coalesce(x.bank_account_id, l.bank_account_id, s.bank_account_id)"
)


async def exception_events(connection: AsyncConnection, exception_id: UUID) -> Sequence[Row]:
    """Every step, the oldest first."""
    return (
        await connection.execute(
            sa.text("SELECT * FROM payment_exception_events WHERE exception_id = :id ORDER BY revision"),
            {"id": exception_id},
        )
    ).all()


async def exception_ages(connection: AsyncConnection, at: datetime) -> Sequence[Row]:
    """Counts of what is not resolved by code, owner and age."""
    return (
        await connection.execute(
            sa.text(
                "SELECT code, owner, count(*) AS waiting, count(*) FILTER (WHERE accepted_at IS NOT NULL) AS accepted,"
                " count(*) FILTER (WHERE age < interval '1 day') AS under_1_day,"
                " count(*) FILTER (WHERE age >= interval '1 day' AND age < interval '3 days') AS under_3_days,"
                " count(*) FILTER (WHERE age >= interval '3 days' AND age < interval '7 days') AS under_7_days,"
                " count(*) FILTER (WHERE age >= interval '7 days') AS from_7_days, min(raised_at) AS oldest_raised_at"
                " FROM (SELECT x.*, CAST(:at AS timestamptz) - raised_at AS age FROM payment_exceptions x"
                "  WHERE resolved_at IS NULL) AS waiting GROUP BY code, owner ORDER BY waiting DESC, code, owner"
            ),
            {"at": at},
        )
    ).all()
