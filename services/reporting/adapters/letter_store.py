"""Letters that carry reports to people of the house: queued once, leased while one is handed in."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.reporting.domain.report_subscription import InsideRecipient

Row = sa.Row[Any]
LEASE: Final = timedelta(minutes=5)


async def add_letters(
    connection: AsyncConnection, report_run_id: UUID, recipients: Sequence[InsideRecipient], at: datetime
) -> None:
    """One for each address."""
    await connection.execute(
        sa.text(
            "INSERT INTO report_letters (id, report_run_id, name, address, state, attempts, next_attempt_at, queued_at)"
            " VALUES (:id, :report, :name, :address, 'queued', 0, :at, :at)"
            " ON CONFLICT (report_run_id, address) DO NOTHING"
        ),
        [
            {"id": uuid7(), "report": report_run_id, "name": one.name, "address": one.address, "at": at}
            for one in recipients
        ],
    )


async def lease_letters(connection: AsyncConnection, at: datetime, limit: int) -> Sequence[Row]:
    """Those that are due, with the attempt written down; after a worker's death they come due again."""
    statement = """
        WITH due AS (
            SELECT id FROM report_letters WHERE next_attempt_at <= :at
            ORDER BY next_attempt_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
        ), leased AS (
            UPDATE report_letters l SET attempts = attempts + 1, next_attempt_at = :until FROM due
            WHERE l.id = due.id RETURNING l.*
        )
        SELECT l.*, o.comparison, o.beyond, v.rule ->> 'name' AS subscription_name, v.rule -> 'formats' AS formats
        FROM leased l JOIN subscribed_reports s USING (report_run_id)
        JOIN subscribed_report_outcomes o USING (report_run_id)
        JOIN report_subscription_runs r ON r.id = s.subscription_run_id
        JOIN report_subscription_versions v ON v.subscription_id = r.subscription_id AND v.revision = r.revision
        ORDER BY l.report_run_id, l.id
    """
    values = {"at": at, "until": at + LEASE, "limit": limit}
    return (await connection.execute(sa.text(statement), values)).all()


async def end_letter(
    connection: AsyncConnection, letter_id: UUID, *, state: str, said: str, at: datetime
) -> None:
    """Sent or failed for good."""
    statement = """
        UPDATE report_letters SET state = :state, said = :said, next_attempt_at = NULL, ended_at = :at
        WHERE id = :id AND state = 'queued'
    """
    await connection.execute(sa.text(statement), {"id": letter_id, "state": state, "said": said, "at": at})


async def postpone_letter(
    connection: AsyncConnection, letter_id: UUID, *, said: str, until: datetime
) -> None:
    statement = (
        "UPDATE report_letters SET said = :said, next_attempt_at = :until WHERE id = :id AND state = 'queued'"
    )
    await connection.execute(sa.text(statement), {"id": letter_id, "said": said, "until": until})
