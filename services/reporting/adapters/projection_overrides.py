"""What people put in place of projected figures; each is kept, the last of a series and period counts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.reporting.adapters.analysis_store import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class NewOverride:
    """A figure of somebody's, beside the projected one."""

    analysis_id: UUID
    series: dict[str, str]
    period: str
    projected: str
    value: str
    reason: str


async def add_override(connection: AsyncConnection, new: NewOverride, *, at: datetime, by: str) -> Row:
    """The row as it is kept."""
    statement = """
        INSERT INTO projection_overrides (id, analysis_id, series, period, projected, value, reason, told_at, told_by)
        VALUES (:id, :analysis_id, CAST(:series AS jsonb), :period, :projected, :value, :reason, :at, :by)
        RETURNING *
    """
    values = {
        "id": uuid7(),
        "analysis_id": new.analysis_id,
        "series": msgspec.json.encode(new.series, order="sorted").decode(),
        "period": new.period,
        "projected": new.projected,
        "value": new.value,
        "reason": new.reason,
        "at": at,
        "by": by,
    }
    return (await connection.execute(sa.text(statement), values)).one()


async def listed_overrides(
    connection: AsyncConnection, analysis_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[Row]:
    """The newest first, with whether a later one took its place."""
    statement = """
        SELECT o.*, EXISTS (
            SELECT FROM projection_overrides l
            WHERE l.analysis_id = o.analysis_id AND l.series = o.series AND l.period = o.period AND l.id > o.id
        ) AS is_superseded
        FROM projection_overrides o
        WHERE o.analysis_id = :analysis_id AND (CAST(:before AS uuid) IS NULL OR o.id < :before)
        ORDER BY o.id DESC LIMIT :limit
    """
    values = {"analysis_id": analysis_id, "before": before, "limit": limit}
    return (await connection.execute(sa.text(statement), values)).all()
