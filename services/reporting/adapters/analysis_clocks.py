"""When saved analyses are due, and what became of each due instant."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

Row = sa.Row[Any]
DUE_AT_ONCE_MAX: Final = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class Instant:
    """What became of a due instant of one version of a saved analysis."""

    saved_id: UUID
    revision: int
    due_at: datetime
    outcome: str
    analysis_id: UUID | None = None
    refusal: str | None = None


async def set_clock(
    connection: AsyncConnection, saved_id: UUID, settled_until_at: datetime, next_due_at: datetime | None
) -> None:
    """How far it was followed, and when it is due next; never without times."""
    statement = """
        INSERT INTO saved_analysis_clocks (saved_analysis_id, settled_until_at, next_due_at)
        VALUES (:id, :settled, :due) ON CONFLICT (saved_analysis_id) DO UPDATE
            SET settled_until_at = excluded.settled_until_at, next_due_at = excluded.next_due_at
    """
    values = {"id": saved_id, "settled": settled_until_at, "due": next_due_at}
    await connection.execute(sa.text(statement), values)


async def due_analyses(connection: AsyncConnection, at: datetime) -> Sequence[Row]:
    """Some that are due with their newest version, locked; those that another worker has are left to it."""
    statement = """
        SELECT c.saved_analysis_id AS id, c.settled_until_at, s.revision, s.cron, s.time_zone, s.kept_at, s.kept_by
        FROM saved_analysis_clocks c CROSS JOIN LATERAL (
            SELECT * FROM saved_analyses v WHERE v.id = c.saved_analysis_id ORDER BY v.revision DESC LIMIT 1
        ) AS s
        WHERE c.next_due_at <= :at ORDER BY c.next_due_at, c.saved_analysis_id LIMIT :limit
        FOR UPDATE OF c SKIP LOCKED
    """
    return (await connection.execute(sa.text(statement), {"at": at, "limit": DUE_AT_ONCE_MAX})).all()


async def is_settled(connection: AsyncConnection, saved_id: UUID, due_at: datetime) -> bool:
    """The instant has its row. Hold the saved analysis."""
    statement = (
        "SELECT EXISTS (SELECT FROM saved_analysis_instants WHERE saved_analysis_id = :id AND due_at = :due)"
    )
    return bool(await connection.scalar(sa.text(statement), {"id": saved_id, "due": due_at}))


async def add_instant(connection: AsyncConnection, instant: Instant, at: datetime) -> None:
    """Once; a second telling changes nothing."""
    statement = """
        INSERT INTO saved_analysis_instants (saved_analysis_id, due_at, revision, outcome, analysis_id, refusal,
            settled_at)
        VALUES (:saved_id, :due_at, :revision, :outcome, :analysis_id, :refusal, :at) ON CONFLICT DO NOTHING
    """
    values = {name: getattr(instant, name) for name in Instant.__slots__}
    await connection.execute(sa.text(statement), values | {"at": at})


async def instants_of(
    connection: AsyncConnection, saved_id: UUID, *, before: datetime | None, limit: int
) -> Sequence[Row]:
    """The newest first."""
    statement = """
        SELECT * FROM saved_analysis_instants WHERE saved_analysis_id = :id
            AND (CAST(:before AS timestamptz) IS NULL OR due_at < :before)
        ORDER BY due_at DESC LIMIT :limit
    """
    values = {"id": saved_id, "before": before, "limit": limit}
    return (await connection.execute(sa.text(statement), values)).all()
