"""Writes and reads resolutions."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.adapters.dataset_rows import Row
from services.research.domain.errors import ResolutionUnknown


async def add_resolution(connection: AsyncConnection, facts: Mapping[str, Any]) -> None:
    await connection.execute(_ADD, dict(facts))


async def resolution_row(
    connection: AsyncConnection, resolution_id: UUID, *, for_update: bool = False
) -> Row:
    """ResolutionUnknown."""
    lock = "FOR UPDATE OF r" if for_update else ""
    query = sa.text(f"{_SHOWN} WHERE r.id = :id {lock}")
    row = (await connection.execute(query, {"id": resolution_id})).one_or_none()
    if row is None:
        raise ResolutionUnknown(f"There is no resolution {resolution_id}")
    return row


async def resolution_rows(connection: AsyncConnection, *, before: UUID | None, limit: int) -> Sequence[Row]:
    """The last first."""
    return (await connection.execute(_LIST, {"before": before, "limit": limit})).all()


async def is_queued(connection: AsyncConnection) -> bool:
    return bool(await connection.scalar(_IS_QUEUED))


async def end_resolution(
    connection: AsyncConnection, resolution_id: UUID, facts: Mapping[str, Any], *, at: datetime
) -> None:
    await connection.execute(_END, {**facts, "id": resolution_id, "at": at})


async def current_patterns(connection: AsyncConnection, resolution_id: UUID) -> list[list[int]]:
    query = sa.text("SELECT DISTINCT levels FROM entity_matches WHERE resolution_id = :id")
    return [row.levels for row in await connection.execute(query, {"id": resolution_id})]


async def count_bands(connection: AsyncConnection, resolution_id: UUID) -> dict[str, int]:
    query = sa.text("SELECT band, count(*) FROM entity_matches WHERE resolution_id = :id GROUP BY band")
    return {row[0]: row[1] for row in await connection.execute(query, {"id": resolution_id})}


_ADD = sa.text(
    """
    INSERT INTO entity_resolutions (id, scope, state, asked_by, asked_at, job_id)
    VALUES (:id, :scope, 'queued', :asked_by, :asked_at, :job_id)
    """
)
# One whose job ended without it never ends any more.
_SHOWN: Final = """
    SELECT r.*,
        CASE WHEN r.state = 'queued' AND j.state IN ('failed', 'cancelled') THEN 'failed' ELSE r.state END AS shown_state
    FROM entity_resolutions AS r JOIN jobs AS j ON j.id = r.job_id
"""
_LIST = sa.text(
    f"{_SHOWN} WHERE CAST(:before AS uuid) IS NULL OR r.id < :before ORDER BY r.id DESC LIMIT :limit"
)
_IS_QUEUED = sa.text(
    """
    SELECT EXISTS (SELECT 1 FROM entity_resolutions AS r JOIN jobs AS j ON j.id = r.job_id
        WHERE r.state = 'queued' AND j.state = 'queued')
    """
)
_END = sa.text(
    """
    UPDATE entity_resolutions SET state = 'succeeded', ended_at = :at, records = :records, new_records = :new_records,
        pairs_compared = :pairs_compared, matches_same = :matches_same, matches_review = :matches_review, held = :held,
        weights = CAST(:weights AS jsonb)
    WHERE id = :id AND state = 'queued'
    """
)
