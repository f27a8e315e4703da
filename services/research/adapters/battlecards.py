"""Battlecards: versions that are frozen when they are made, read within a caller's zones."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.adapters.competitors import Row
from services.research.domain.errors import BattlecardUnknown
from shared.identity import RowScope


async def next_version(connection: AsyncConnection, competitor_id: UUID, zone: str | None) -> int:
    """The number of the version that is being made; whoever makes another of this competitor waits."""
    await connection.execute(
        sa.text("SELECT FROM competitors WHERE id = :id FOR UPDATE"), {"id": competitor_id}
    )
    last = await connection.execute(_LAST, {"id": competitor_id, "zone": zone})
    return int(last.scalar_one()) + 1


async def add_battlecard(connection: AsyncConnection, **facts: Any) -> None:  # noqa: ANN401 - columns of a row
    """Once; it stays as it is."""
    await connection.execute(_ADD, {**facts, "content": msgspec.json.encode(facts["content"]).decode()})


async def battlecard_row(connection: AsyncConnection, scope: RowScope, battlecard_id: UUID) -> Row:
    """BattlecardUnknown for one that is not there or of another zone."""
    rows = await battlecard_rows(connection, scope, {"id": battlecard_id})
    if not rows:
        raise BattlecardUnknown(f"There is no battlecard {battlecard_id}")
    return rows[0]


async def battlecard_rows(
    connection: AsyncConnection,
    scope: RowScope,
    chosen: Mapping[str, object],
    before: UUID | None = None,
    limit: int = 1,
) -> Sequence[Row]:
    """The last made first; `chosen` is the competitor's code or an id."""
    values = {"competitor": None, "id": None, **chosen, "before": before, "limit": limit}
    return (await connection.execute(_LIST, {**values, **scope.parameters()})).all()


_LAST = sa.text(
    """
    SELECT COALESCE(max(version), 0) FROM battlecards WHERE competitor_id = :id AND zone IS NOT DISTINCT FROM :zone
    """
)
_ADD = sa.text(
    """
    INSERT INTO battlecards (id, competitor_id, zone, version, content, content_sha256, made_by, made_at)
    VALUES (:id, :competitor_id, :zone, :version, CAST(:content AS jsonb), :content_sha256, :made_by, :made_at)
    """
)
_LIST = sa.text(
    """
    SELECT b.*, c.code AS competitor, c.name AS competitor_name
    FROM battlecards AS b JOIN competitors AS c ON c.id = b.competitor_id
    WHERE (:sees_all OR b.zone IS NULL OR b.zone = ANY(CAST(:zones AS text[])))
        AND (CAST(:competitor AS text) IS NULL OR c.code = :competitor)
        AND (CAST(:id AS uuid) IS NULL OR b.id = :id)
        AND (CAST(:before AS uuid) IS NULL OR b.id < :before)
    ORDER BY b.id DESC LIMIT :limit
    """
)
