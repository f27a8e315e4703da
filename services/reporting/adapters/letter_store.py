"""Letters of every kind: queued once, leased while one is handed in, and what became of each; one table for each kind."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.reporting.domain.recipient import Recipient

Row = sa.Row[Any]
LEASE: Final = timedelta(minutes=5)


class LetterTable(StrEnum):
    """What letters are about, by the table they are in."""

    REPORTS = "report_letters"
    COLLECTIONS = "collection_letters"
    ANALYSES = "analysis_letters"


async def add_letters(
    connection: AsyncConnection, report_run_id: UUID, recipients: Sequence[Recipient], at: datetime
) -> None:
    """That carry a report, one for each address."""
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


async def lease_letters(
    connection: AsyncConnection, table: LetterTable, at: datetime, limit: int
) -> Sequence[Row]:
    """Those that are due, with the attempt written down; after a worker's death they come due again."""
    statement = f"""
        WITH due AS (
            SELECT id FROM {table} WHERE next_attempt_at <= :at
            ORDER BY next_attempt_at, id LIMIT :limit FOR UPDATE SKIP LOCKED
        ), leased AS (
            UPDATE {table} l SET attempts = attempts + 1, next_attempt_at = :until FROM due
            WHERE l.id = due.id RETURNING l.*
        )
        SELECT * FROM leased ORDER BY id
    """
    values = {"at": at, "until": at + LEASE, "limit": limit}
    return (await connection.execute(sa.text(statement), values)).all()


async def subscribed_report_of(connection: AsyncConnection, report_run_id: UUID) -> Row:
    """What letters say of a subscribed report: its comparison, what was beyond its limit, the subscription and formats."""
    statement = """
        SELECT o.comparison, o.beyond, v.rule ->> 'name' AS subscription_name, v.rule -> 'formats' AS formats
        FROM subscribed_reports s JOIN subscribed_report_outcomes o USING (report_run_id)
        JOIN report_subscription_runs r ON r.id = s.subscription_run_id
        JOIN report_subscription_versions v ON v.subscription_id = r.subscription_id AND v.revision = r.revision
        WHERE s.report_run_id = :report
    """
    return (await connection.execute(sa.text(statement), {"report": report_run_id})).one()


async def end_letter(
    connection: AsyncConnection, letter: tuple[LetterTable, UUID], *, state: str, said: str, at: datetime
) -> None:
    """Sent, failed for good, or overtaken by what happened meanwhile."""
    statement = f"""
        UPDATE {letter[0]} SET state = :state, said = :said, next_attempt_at = NULL, ended_at = :at
        WHERE id = :id AND state = 'queued'
    """
    await connection.execute(sa.text(statement), {"id": letter[1], "state": state, "said": said, "at": at})


async def postpone_letter(
    connection: AsyncConnection, letter: tuple[LetterTable, UUID], *, said: str, until: datetime
) -> None:
    statement = (
        f"UPDATE {letter[0]} SET said = :said, next_attempt_at = :until WHERE id = :id AND state = 'queued'"
    )
    await connection.execute(sa.text(statement), {"id": letter[1], "said": said, "until": until})


async def queue_again(connection: AsyncConnection, letter: tuple[LetterTable, UUID], at: datetime) -> bool:
    """With all its attempts, under its id, if it failed; whether it did."""
    statement = f"""
        UPDATE {letter[0]} SET state = 'queued', attempts = 0, next_attempt_at = :at, ended_at = NULL
        WHERE id = :id AND state = 'failed' RETURNING id
    """
    return await connection.scalar(sa.text(statement), {"id": letter[1], "at": at}) is not None
