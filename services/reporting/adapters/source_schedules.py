"""Where schedules of source systems stand, their due instants, each once, and those that were missed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.reporting.domain.source_schedule import SourceSchedule, SourceStanding

Row = sa.Row[Any]
_SELECT: Final = """
    SELECT d.*, s.name, v.content -> 'schedule' AS schedule
    FROM source_schedules d JOIN source_systems s ON s.id = d.system_id
    JOIN source_system_versions v ON v.system_id = s.id AND v.revision = s.revision
"""
# What the timer has to look at: a due instant, a retry, or a snapshot whose end is to be noticed.
_DUE: Final = """
    (d.next_due_at <= :at OR d.retry_at <= :at OR EXISTS (
        SELECT FROM source_snapshots n JOIN jobs j ON j.id = n.job_id
        WHERE n.id = d.awaited AND j.state IN ('succeeded', 'failed', 'cancelled')))
"""


@dataclass(frozen=True, slots=True)
class SourceMiss:
    """A snapshot that was noticed to be late, left out or not started."""

    system_id: UUID
    name: str
    due_at: datetime
    reason: str


async def standing_of(
    connection: AsyncConnection, system_id: UUID, *, is_locked: bool = False
) -> SourceStanding | None:
    """None of a system that never had a schedule."""
    lock = " FOR UPDATE OF d" if is_locked else ""
    statement = sa.text(f"{_SELECT} WHERE d.system_id = :id{lock}")
    row = (await connection.execute(statement, {"id": system_id})).one_or_none()
    return None if row is None else _standing(row)


async def claim_due(connection: AsyncConnection, system_id: UUID, at: datetime) -> SourceStanding | None:
    """Locked until the commit; None when there is nothing to do any more, or another worker has it."""
    statement = sa.text(f"{_SELECT} WHERE d.system_id = :id AND {_DUE} FOR UPDATE OF d SKIP LOCKED")
    row = (await connection.execute(statement, {"id": system_id, "at": at})).one_or_none()
    return None if row is None else _standing(row)


async def due_system_ids(connection: AsyncConnection, at: datetime, limit: int) -> list[UUID]:
    statement = f"SELECT d.system_id FROM source_schedules d WHERE {_DUE} ORDER BY d.system_id LIMIT :limit"
    return list((await connection.execute(sa.text(statement), {"at": at, "limit": limit})).scalars())


async def write_standing(connection: AsyncConnection, standing: SourceStanding) -> None:
    """As it stands now; the first time it is added."""
    await connection.execute(
        sa.text(
            "INSERT INTO source_schedules (system_id, settled_until_at, next_due_at, awaited, failures, retry_at,"
            " problem_code, problem, problem_since_at) VALUES (:system_id, :settled_until_at, :next_due_at, :awaited,"
            " :failures, :retry_at, :problem_code, :problem, :problem_since_at)"
            " ON CONFLICT (system_id) DO UPDATE SET settled_until_at = excluded.settled_until_at,"
            " next_due_at = excluded.next_due_at, awaited = excluded.awaited, failures = excluded.failures,"
            " retry_at = excluded.retry_at, problem_code = excluded.problem_code, problem = excluded.problem,"
            " problem_since_at = excluded.problem_since_at"
        ),
        {name: getattr(standing, name) for name in _COLUMNS},
    )


async def write_run(
    connection: AsyncConnection, system_id: UUID, due_at: datetime, snapshot_id: UUID | None, at: datetime
) -> None:
    """The row of a due instant; without a snapshot it was left out. A second one of it breaks the key."""
    await connection.execute(
        sa.text(
            "INSERT INTO source_schedule_runs (id, system_id, due_at, snapshot_id, settled_at)"
            " VALUES (:id, :system_id, :due_at, :snapshot_id, :at)"
        ),
        {"id": uuid7(), "system_id": system_id, "due_at": due_at, "snapshot_id": snapshot_id, "at": at},
    )


async def run_rows(
    connection: AsyncConnection, system_id: UUID, *, before: datetime | None, limit: int
) -> Sequence[Row]:
    """Due instants, the newest first, with what became of the snapshot and what was noticed about each."""
    statement = """
        SELECT r.due_at, r.settled_at, r.snapshot_id, j.state, j.failure_code, coalesce((
            SELECT jsonb_agg(m.reason ORDER BY m.noticed_at, m.reason) FROM source_schedule_misses m
            WHERE m.system_id = r.system_id AND m.due_at = r.due_at), '[]') AS missed
        FROM source_schedule_runs r LEFT JOIN source_snapshots n ON n.id = r.snapshot_id LEFT JOIN jobs j ON j.id = n.job_id
        WHERE r.system_id = :id AND (CAST(:before AS timestamptz) IS NULL OR r.due_at < :before)
        ORDER BY r.due_at DESC LIMIT :limit
    """
    values = {"id": system_id, "before": before, "limit": limit}
    return (await connection.execute(sa.text(statement), values)).all()


async def ended_job(connection: AsyncConnection, snapshot_id: UUID) -> Row | None:
    """How the job of a snapshot ended; None while it goes on."""
    statement = """
        SELECT j.state, j.failure_code, j.message, j.finished_at FROM source_snapshots n JOIN jobs j ON j.id = n.job_id
        WHERE n.id = :id AND j.state IN ('succeeded', 'failed', 'cancelled')
    """
    return (await connection.execute(sa.text(statement), {"id": snapshot_id})).one_or_none()


async def record_misses(
    connection: AsyncConnection, misses: Sequence[SourceMiss], at: datetime
) -> list[SourceMiss]:
    """Those that were not noticed before."""
    rows = await connection.execute(
        sa.text(
            "INSERT INTO source_schedule_misses (system_id, due_at, reason, noticed_at)"
            " SELECT system_id, due_at, reason, :at FROM unnest(CAST(:ids AS uuid[]),"
            "  CAST(:dues AS timestamptz[]), CAST(:reasons AS text[])) AS m (system_id, due_at, reason)"
            " ON CONFLICT DO NOTHING RETURNING system_id, due_at, reason"
        ),
        {
            "at": at,
            "ids": [miss.system_id for miss in misses],
            "dues": [miss.due_at for miss in misses],
            "reasons": [miss.reason for miss in misses],
        },
    )
    new = {tuple(row) for row in rows}
    return [miss for miss in misses if (miss.system_id, miss.due_at, miss.reason) in new]


async def snapshots_not_started(connection: AsyncConnection, before: datetime) -> list[SourceMiss]:
    """Systems whose next snapshot should have begun by then, each by the first that did not."""
    rows = await connection.execute(
        sa.text(
            "SELECT d.system_id, s.name, d.next_due_at FROM source_schedules d JOIN source_systems s ON s.id = d.system_id"
            " WHERE d.next_due_at < :before AND NOT EXISTS (SELECT FROM source_schedule_misses m"
            "  WHERE m.system_id = d.system_id AND m.due_at = d.next_due_at AND m.reason = 'not_started')"
            " ORDER BY d.next_due_at, d.system_id LIMIT 500"
        ),
        {"before": before},
    )
    return [SourceMiss(row.system_id, row.name, row.next_due_at, "not_started") for row in rows]


_COLUMNS: Final = (
    "system_id",
    "settled_until_at",
    "next_due_at",
    "awaited",
    "failures",
    "retry_at",
    "problem_code",
    "problem",
    "problem_since_at",
)


def _standing(row: Row) -> SourceStanding:
    told = {name: getattr(row, name) for name in _COLUMNS}
    schedule = None if row.schedule is None else msgspec.convert(row.schedule, type=SourceSchedule)
    return SourceStanding(**told, name=row.name, schedule=schedule)
