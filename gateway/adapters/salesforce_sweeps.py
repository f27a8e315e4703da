"""How far sweeps of Salesforce came, what is known of the records they bring, and which gaps they have to fill."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

SWEEP_TASK: Final = "sweep_salesforce"
GAPS_AT_ONCE: Final = 200

Row = sa.Row[Any]


async def watermark(connection: AsyncConnection, organization_id: str, object_name: str) -> datetime | None:
    """Until when the object was swept, or since when an overflow of events makes that doubtful; None: never."""
    row = (
        await connection.execute(_WATERMARK, {"organization_id": organization_id, "object_name": object_name})
    ).one()
    instants = [at for at in (row.swept_until, row.gap_since) if at is not None]
    return min(instants) if row.swept_until is not None else None


async def move_watermark(
    connection: AsyncConnection, organization_id: str, object_name: str, *, until: datetime, at: datetime
) -> None:
    """Only ever forward, whoever sweeps at the same time."""
    await connection.execute(
        _MOVE, {"organization_id": organization_id, "object_name": object_name, "until": until, "at": at}
    )


async def close_object_gap(
    connection: AsyncConnection, organization_id: str, object_name: str, *, begun_at: datetime
) -> None:
    """The overflow is made up for, unless another was told since the sweep began."""
    await connection.execute(
        _CLOSE_GAP, {"organization_id": organization_id, "object_name": object_name, "begun_at": begun_at}
    )


async def known_stamps(
    connection: AsyncConnection, organization_id: str, record_ids: Sequence[str]
) -> Mapping[str, datetime]:
    """When each record that we know changed last, as far as we know."""
    rows = await connection.execute(_KNOWN, {"organization_id": organization_id, "ids": list(record_ids)})
    return {row.record_id: row.modified_at for row in rows}


async def records_with_gaps(
    connection: AsyncConnection, organization_id: str, object_name: str, *, after: str
) -> Sequence[str]:
    """Records of which only the fact was told that they changed, a bounded number, by id."""
    found = await connection.execute(
        _GAPS,
        {
            "organization_id": organization_id,
            "object_name": object_name,
            "after": after,
            "limit": GAPS_AT_ONCE,
        },
    )
    return found.scalars().all()


async def mapped_objects(connection: AsyncConnection, organization_id: str) -> set[str]:
    """Objects with a mapping of our own making that is in force or was."""
    found = await connection.execute(_MAPPED, {"organization_id": organization_id})
    return set(found.scalars())


async def sweeps(connection: AsyncConnection, *, before: UUID | None, limit: int) -> Sequence[Row]:
    """Sweeps as jobs, the latest first; one more than the limit."""
    return (
        await connection.execute(_SWEEPS, {"kind": SWEEP_TASK, "before": before, "limit": limit + 1})
    ).all()


async def sweep(connection: AsyncConnection, sweep_id: UUID) -> Row | None:
    return (await connection.execute(_SWEEP, {"kind": SWEEP_TASK, "id": sweep_id})).one_or_none()


_JOB: Final = (
    "SELECT id, kind, state, percent, counts, message, failure_code, errors, result_url, created_at, started_at,"
    " finished_at, created_by FROM jobs WHERE kind = :kind"
)
_SWEEPS = sa.text(_JOB + " AND (CAST(:before AS uuid) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit")
_SWEEP = sa.text(_JOB + " AND id = :id")
_WATERMARK = sa.text(
    """
    SELECT (SELECT swept_until FROM salesforce_watermarks
            WHERE organization_id = :organization_id AND object_name = :object_name) AS swept_until,
        (SELECT since FROM salesforce_object_gaps
            WHERE organization_id = :organization_id AND object_name = :object_name) AS gap_since
    """
)
_MOVE = sa.text(
    """
    INSERT INTO salesforce_watermarks AS known (organization_id, object_name, swept_until, swept_at)
    VALUES (:organization_id, :object_name, :until, :at)
    ON CONFLICT (organization_id, object_name) DO UPDATE
    SET swept_until = GREATEST(known.swept_until, excluded.swept_until), swept_at = excluded.swept_at
    """
)
_CLOSE_GAP = sa.text(
    """
    DELETE FROM salesforce_object_gaps
    WHERE organization_id = :organization_id AND object_name = :object_name AND told_at <= :begun_at
    """
)
_KNOWN = sa.text(
    """
    SELECT record_id, modified_at FROM salesforce_records
    WHERE organization_id = :organization_id AND record_id = ANY(CAST(:ids AS text[])) AND version > 0
    """
)
_GAPS = sa.text(
    """
    SELECT record_id FROM salesforce_records
    WHERE organization_id = :organization_id AND object_name = :object_name AND gap_stamp IS NOT NULL
      AND record_id > :after
    ORDER BY record_id LIMIT :limit
    """
)
_MAPPED = sa.text(
    """
    SELECT DISTINCT object_name FROM salesforce_mappings
    WHERE state = 'active' AND organization_id IN (:organization_id, '')
    """
)
