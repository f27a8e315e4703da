"""Runs of schedules: each due instant once, with its items by partner and kind in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.partners.adapters.schedule_standings import AUDIENCE, LAST_SENT, STANDINGS
from services.partners.domain.schedule import Schedule, SendCondition
from shared.scheduling.planned_runs import PlannedRun

Row = sa.Row[Any]


@dataclass(frozen=True, slots=True)
class Miss:
    """A run that was noticed to be late, left out or not started."""

    schedule_id: UUID
    name: str
    due_at: datetime
    reason: str


async def write_run(
    connection: AsyncConnection, schedule: Schedule, run: PlannedRun, at: datetime, *, is_fired: bool
) -> UUID | None:
    """The row of a due instant; None when it has one. A fired one gets its items."""
    run_id = uuid7()
    moved = [{"wall": one.wall.isoformat(), "because": one.because} for one in run.moved]
    written = await connection.execute(
        sa.text(
            "INSERT INTO document_schedule_runs (id, schedule_id, revision, due_at, is_fired, settled_at, moved,"
            " release_at) VALUES (:id, :schedule_id, :revision, :due_at, :is_fired, :at, CAST(:moved AS jsonb),"
            " :release_at) ON CONFLICT (schedule_id, due_at) DO NOTHING"
        ),
        {
            "id": run_id,
            "schedule_id": schedule.id,
            "revision": schedule.revision,
            "due_at": run.due_at,
            "is_fired": is_fired,
            "at": at,
            "moved": msgspec.json.encode(moved).decode(),
            "release_at": schedule.rule.quiet_until(at) if is_fired else None,
        },
    )
    if written.rowcount == 0:
        return None
    if is_fired:
        await _expand(connection, schedule, run_id, run.due_at)
    return run_id


async def _expand(connection: AsyncConnection, schedule: Schedule, run_id: UUID, due_at: datetime) -> None:
    """One row per partner and kind of document, those that get nothing with the reason."""
    rule = schedule.rule
    await connection.execute(
        sa.text(_EXPAND),
        {
            "run_id": run_id,
            "schedule_id": schedule.id,
            "kinds": [kind.value for kind in rule.kinds],
            "audience": rule.audience.value,
            "partner_codes": list(rule.partner_codes),
            "zones": list(rule.zones),
            "on": due_at.astimezone(rule.timing.zone).date(),
            "needs_due": rule.condition is SendCondition.WHEN_DUE,
            "needs_change": rule.condition is SendCondition.WHEN_CHANGED,
        },
    )


async def record_misses(connection: AsyncConnection, misses: Sequence[Miss], at: datetime) -> list[Miss]:
    """Those that were not noticed before."""
    rows = await connection.execute(
        sa.text(
            "INSERT INTO document_schedule_misses (schedule_id, due_at, reason, noticed_at)"
            " SELECT schedule_id, due_at, reason, :at FROM unnest(CAST(:ids AS uuid[]),"
            "  CAST(:dues AS timestamptz[]), CAST(:reasons AS text[])) AS m (schedule_id, due_at, reason)"
            " ON CONFLICT DO NOTHING RETURNING schedule_id, due_at, reason"
        ),
        {
            "at": at,
            "ids": [miss.schedule_id for miss in misses],
            "dues": [miss.due_at for miss in misses],
            "reasons": [miss.reason for miss in misses],
        },
    )
    new = {tuple(row) for row in rows}
    return [miss for miss in misses if (miss.schedule_id, miss.due_at, miss.reason) in new]


async def runs_not_started(connection: AsyncConnection, before: datetime) -> list[Miss]:
    """Schedules whose next run should have begun by then, by the first run that did not."""
    rows = await connection.execute(
        sa.text(
            "SELECT s.id, v.name, s.next_due_at FROM document_schedules s JOIN document_schedule_versions v"
            " ON v.schedule_id = s.id AND v.revision = s.revision WHERE s.next_due_at < :before"
            " AND NOT EXISTS (SELECT FROM document_schedule_misses m WHERE m.schedule_id = s.id"
            "  AND m.due_at = s.next_due_at AND m.reason = 'not_started') ORDER BY s.next_due_at, s.id LIMIT 500"
        ),
        {"before": before},
    )
    return [Miss(row.id, row.name, row.next_due_at, "not_started") for row in rows]


_EXPAND: Final = f"""
    WITH audience AS MATERIALIZED ({AUDIENCE}), standings AS MATERIALIZED ({STANDINGS}),
    wanted AS (
        SELECT a.code, a.zone, a.status, k.kind, s.has_facts, s.is_due, s.fingerprint, s.document_id,
            ({LAST_SENT}) AS last_fingerprint
        FROM audience a CROSS JOIN unnest(CAST(:kinds AS text[])) AS k (kind)
        LEFT JOIN standings s ON s.partner_code = a.code AND s.kind = k.kind
    ), reasons AS (
        SELECT *, CASE
            WHEN status IS NULL THEN 'partner_unknown'
            WHEN status = 'closed' THEN 'partner_closed'
            WHEN has_facts IS NOT TRUE THEN 'nothing_known'
            WHEN :needs_due AND NOT is_due THEN 'nothing_due'
            WHEN :needs_change AND fingerprint = last_fingerprint THEN 'nothing_changed'
        END AS reason FROM wanted
    )
    INSERT INTO document_schedule_items (run_id, partner_code, kind, schedule_id, zone, state, reason, fingerprint,
        document_id)
    SELECT :run_id, code, kind, :schedule_id, zone, CASE WHEN reason IS NULL THEN 'planned' ELSE 'nothing_to_send' END,
        reason, fingerprint, document_id
    FROM reasons
"""
