"""What the API shows of schedules, their versions, their runs and what became of each partner's documents."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.adapters.schedule_store import SCHEDULE_COLUMNS

Row = sa.Row[Any]

_SCHEDULES: Final = f"""
    SELECT {SCHEDULE_COLUMNS}, r.id AS last_run_id, r.due_at AS last_due_at, r.settled_at AS last_fired_at
    FROM document_schedules s
    JOIN document_schedule_versions v ON v.schedule_id = s.id AND v.revision = s.revision
    LEFT JOIN LATERAL (
        SELECT id, due_at, settled_at FROM document_schedule_runs r WHERE r.schedule_id = s.id AND r.is_fired
        ORDER BY due_at DESC LIMIT 1
    ) AS r ON true
"""
_RUNS: Final = """
    SELECT r.*, i.counts, d.delivery_counts FROM document_schedule_runs r LEFT JOIN LATERAL (
        SELECT jsonb_object_agg(state, counted) AS counts FROM (
            SELECT state, count(*) AS counted FROM document_schedule_items i WHERE i.run_id = r.id GROUP BY state
        ) AS states
    ) AS i ON true LEFT JOIN LATERAL (
        SELECT jsonb_object_agg(state, counted) AS delivery_counts FROM (
            SELECT d.state, count(*) AS counted FROM document_schedule_items i
            JOIN deliveries d ON d.request_id = i.request_id WHERE i.run_id = r.id GROUP BY d.state
        ) AS states
    ) AS d ON true
"""
# What became of a document is asked of its deliveries, never copied from them.
_ITEMS: Final = """
    SELECT i.*, coalesce(q.document_id, i.document_id) AS sent_document_id, q.failure, d.deliveries
    FROM document_schedule_items i LEFT JOIN delivery_requests q ON q.id = i.request_id LEFT JOIN LATERAL (
        SELECT jsonb_agg(jsonb_build_object('delivery_id', id, 'channel', channel, 'address', address, 'state', state)
            ORDER BY id) AS deliveries FROM deliveries WHERE request_id = i.request_id
    ) AS d ON true
"""


@dataclass(frozen=True, slots=True)
class ScheduleFilter:
    """None leaves a filter out; a partner is meant by its code, its zone, or because all are."""

    partner_code: str | None = None
    kind: str | None = None
    is_paused: bool | None = None


async def schedule_rows(
    connection: AsyncConnection, chosen: ScheduleFilter, *, after: UUID | None, limit: int
) -> Sequence[Row]:
    """In the order in which they were set."""
    statement = f"""
        {_SCHEDULES} WHERE (CAST(:after AS uuid) IS NULL OR s.id > :after)
        AND (CAST(:kind AS text) IS NULL OR :kind = ANY(v.kinds))
        AND (CAST(:is_paused AS boolean) IS NULL OR s.is_paused = :is_paused)
        AND (CAST(:partner AS text) IS NULL OR v.audience = 'all' OR :partner = ANY(v.partner_codes)
            OR EXISTS (SELECT FROM partners p WHERE p.code = :partner AND p.zone = ANY(v.zones)))
        ORDER BY s.id LIMIT :limit
    """
    values = {
        "after": after,
        "kind": chosen.kind,
        "is_paused": chosen.is_paused,
        "partner": chosen.partner_code,
        "limit": limit,
    }
    return (await connection.execute(sa.text(statement), values)).all()


async def schedule_row(connection: AsyncConnection, schedule_id: UUID) -> Row | None:
    statement = sa.text(f"{_SCHEDULES} WHERE s.id = :id")
    return (await connection.execute(statement, {"id": schedule_id})).one_or_none()


async def version_rows(
    connection: AsyncConnection, schedule_id: UUID, *, before: int | None, limit: int
) -> Sequence[Row]:
    """The newest first."""
    return (
        await connection.execute(
            sa.text(
                "SELECT * FROM document_schedule_versions WHERE schedule_id = :id"
                " AND (CAST(:before AS bigint) IS NULL OR revision < :before) ORDER BY revision DESC LIMIT :limit"
            ),
            {"id": schedule_id, "before": before, "limit": limit},
        )
    ).all()


async def run_rows(
    connection: AsyncConnection, schedule_id: UUID, *, before: datetime | None, limit: int
) -> Sequence[Row]:
    """The newest first."""
    return (
        await connection.execute(
            sa.text(
                f"{_RUNS} WHERE r.schedule_id = :id AND (CAST(:before AS timestamptz) IS NULL OR r.due_at < :before)"
                " ORDER BY r.due_at DESC LIMIT :limit"
            ),
            {"id": schedule_id, "before": before, "limit": limit},
        )
    ).all()


async def item_rows(
    connection: AsyncConnection,
    run_id: UUID,
    state: str | None,
    *,
    after: tuple[str, str] | None,
    limit: int,
) -> Sequence[Row]:
    """By partner and kind."""
    return (
        await connection.execute(
            sa.text(
                f"{_ITEMS} WHERE i.run_id = :run_id AND (CAST(:state AS text) IS NULL OR i.state = :state)"
                " AND (CAST(:after_code AS text) IS NULL"
                "  OR (i.partner_code, i.kind) > (CAST(:after_code AS text), CAST(:after_kind AS text)))"
                " ORDER BY i.partner_code, i.kind LIMIT :limit"
            ),
            {
                "run_id": run_id,
                "state": state,
                "after_code": after[0] if after else None,
                "after_kind": after[1] if after else None,
                "limit": limit,
            },
        )
    ).all()
