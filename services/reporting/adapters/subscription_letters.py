"""Letters of a subscription, with the due instants that their reports were made for."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

Row = sa.Row[Any]


async def letters_of(
    connection: AsyncConnection, subscription_id: UUID, state: str | None, *, before: UUID | None, limit: int
) -> Sequence[Row]:
    """Those of one state perhaps, the newest first."""
    statement = f"""
        {_LETTERS} WHERE s.subscription_id = :id AND (CAST(:state AS text) IS NULL OR l.state = :state)
            AND (CAST(:before AS uuid) IS NULL OR l.id < :before)
        ORDER BY l.id DESC LIMIT :limit
    """
    values = {"id": subscription_id, "state": state, "before": before, "limit": limit}
    return (await connection.execute(sa.text(statement), values)).all()


async def letter_of(connection: AsyncConnection, subscription_id: UUID, letter_id: UUID) -> Row | None:
    statement = sa.text(f"{_LETTERS} WHERE s.subscription_id = :subscription_id AND l.id = :id")
    values = {"subscription_id": subscription_id, "id": letter_id}
    return (await connection.execute(statement, values)).one_or_none()


_LETTERS: Final = """
    SELECT l.*, r.due_at FROM report_letters l JOIN subscribed_reports s USING (report_run_id)
    JOIN report_subscription_runs r ON r.id = s.subscription_run_id
"""
