"""Snapshots of source systems: asked for, frozen object by object, listed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.domain.source_system import RejectedRow

Row = sa.Row[Any]
_SELECT: Final = """
    SELECT n.id, n.system_id, s.name AS system, n.revision, n.job_id, n.asked_by, n.asked_at, j.state, j.failure_code,
        j.message, coalesce((SELECT jsonb_agg(jsonb_build_object('object', c.object, 'taken_at', c.taken_at, 'origin',
            c.origin, 'rows_count', c.rows_count, 'rejected_count', c.rejected_count, 'rejected', c.rejected,
            'content_sha256', c.content_sha256) ORDER BY c.object)
        FROM snapshot_contents c WHERE c.snapshot_id = n.id), '[]') AS objects
    FROM source_snapshots n JOIN source_systems s ON s.id = n.system_id LEFT JOIN jobs j ON j.id = n.job_id
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContent:
    """The rows of an object, as they are frozen."""

    object_name: str
    taken_at: datetime
    origin: str
    rows_count: int
    rejected_count: int
    rejected: Sequence[RejectedRow]
    content: bytes


async def add_snapshot(
    connection: AsyncConnection, key: tuple[UUID, UUID, int], job_id: UUID, *, by: str, at: datetime
) -> None:
    """`key` is the snapshot's id, its system's, and the revision it is described by."""
    statement = """
        INSERT INTO source_snapshots (id, system_id, revision, job_id, asked_by, asked_at)
        VALUES (:id, :system_id, :revision, :job_id, :by, :at)
    """
    values = {"id": key[0], "system_id": key[1], "revision": key[2], "job_id": job_id, "by": by, "at": at}
    await connection.execute(sa.text(statement), values)


async def add_contents(
    connection: AsyncConnection, snapshot_id: UUID, contents: Sequence[NewContent]
) -> None:
    """Once; a snapshot that a worker repeats keeps what it took first."""
    statement = """
        INSERT INTO snapshot_contents (snapshot_id, object, taken_at, origin, rows_count, rejected_count, rejected,
            content, content_sha256)
        VALUES (:id, :object_name, :taken_at, :origin, :rows_count, :rejected_count, CAST(:rejected AS jsonb), :content,
            :sha256) ON CONFLICT DO NOTHING
    """
    values = [
        {
            "id": snapshot_id,
            "object_name": one.object_name,
            "taken_at": one.taken_at,
            "origin": one.origin,
            "rows_count": one.rows_count,
            "rejected_count": one.rejected_count,
            "rejected": msgspec.json.encode(one.rejected).decode(),
            "content": one.content,
            "sha256": sha256(one.content).hexdigest(),
        }
        for one in contents
    ]
    await connection.execute(sa.text(statement), values)


async def snapshot_shown(connection: AsyncConnection, snapshot_id: UUID) -> Row | None:
    return (
        await connection.execute(sa.text(f"{_SELECT} WHERE n.id = :id"), {"id": snapshot_id})
    ).one_or_none()


async def snapshots_shown(
    connection: AsyncConnection, system_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[Row]:
    """The newest first."""
    statement = sa.text(
        f"{_SELECT} WHERE n.system_id = :id AND (CAST(:before AS uuid) IS NULL OR n.id < :before)"
        " ORDER BY n.id DESC LIMIT :limit"
    )
    values = {"id": system_id, "before": before, "limit": limit}
    return (await connection.execute(statement, values)).all()


async def content_of(connection: AsyncConnection, snapshot_id: UUID, object_name: str) -> bytes | None:
    statement = "SELECT content FROM snapshot_contents WHERE snapshot_id = :id AND object = :object"
    content = await connection.scalar(sa.text(statement), {"id": snapshot_id, "object": object_name})
    assert content is None or isinstance(content, bytes)
    return content


async def snapshot_before(connection: AsyncConnection, snapshot: Row, object_name: str) -> UUID | None:
    """The one before of the same system that has rows of this object."""
    statement = """
        SELECT n.id FROM source_snapshots n JOIN snapshot_contents c ON c.snapshot_id = n.id AND c.object = :object
        WHERE n.system_id = :system_id AND n.id < :id ORDER BY n.id DESC LIMIT 1
    """
    values = {"object": object_name, "system_id": snapshot.system_id, "id": snapshot.id}
    found = await connection.scalar(sa.text(statement), values)
    assert found is None or isinstance(found, UUID)
    return found


async def newest_snapshot(connection: AsyncConnection, system: str) -> UUID | None:
    """The newest that has rows, of a system by its name."""
    statement = """
        SELECT max(CAST(n.id AS text)) FROM source_snapshots n JOIN source_systems s ON s.id = n.system_id
        JOIN snapshot_contents c ON c.snapshot_id = n.id WHERE s.name = :system
    """
    found = await connection.scalar(sa.text(statement), {"system": system})
    return UUID(found) if found else None
