"""Source systems with every version of their description, and files that were sent for them."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.reporting.domain.source_system import SourceSystem

Row = sa.Row[Any]
_SELECT: Final = """
    SELECT s.id, s.name, s.revision, s.created_at, v.content, v.set_by, v.set_at
    FROM source_systems s JOIN source_system_versions v ON v.system_id = s.id AND v.revision = s.revision
"""


@dataclass(frozen=True, slots=True)
class KeptSource:
    """A source system as it is described now."""

    id: UUID
    revision: int
    created_at: datetime
    set_by: str
    set_at: datetime
    source: SourceSystem


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that somebody sent for an object."""

    system_id: UUID
    object_name: str
    media_type: str
    content: bytes


async def add_source(
    connection: AsyncConnection, source_id: UUID, source: SourceSystem, *, by: str, at: datetime
) -> bool:
    """With its first version; False when the name is taken."""
    statement = """
        INSERT INTO source_systems (id, name, revision, created_at) VALUES (:id, :name, 1, :at)
        ON CONFLICT (name) DO NOTHING
    """
    added = await connection.execute(sa.text(statement), {"id": source_id, "name": source.name, "at": at})
    if added.rowcount:
        await _add_version(connection, (source_id, 1), source, by=by, at=at)
    return bool(added.rowcount)


async def change_source(
    connection: AsyncConnection, kept: KeptSource, source: SourceSystem, *, by: str, at: datetime
) -> None:
    """The next version of the locked one."""
    statement = "UPDATE source_systems SET revision = revision + 1 WHERE id = :id"
    await connection.execute(sa.text(statement), {"id": kept.id})
    await _add_version(connection, (kept.id, kept.revision + 1), source, by=by, at=at)


async def kept_source(
    connection: AsyncConnection, named: str, *, is_locked: bool = False
) -> KeptSource | None:
    """By name or by id."""
    lock = " FOR UPDATE OF s" if is_locked else ""
    statement = f"{_SELECT} WHERE s.name = :named OR CAST(s.id AS text) = :named{lock}"
    row = (await connection.execute(sa.text(statement), {"named": named})).one_or_none()
    return None if row is None else _kept(row)


async def kept_sources(connection: AsyncConnection, *, after: str, limit: int) -> list[KeptSource]:
    """In the order of their names."""
    statement = sa.text(f"{_SELECT} WHERE s.name > :after ORDER BY s.name LIMIT :limit")
    return [_kept(row) for row in await connection.execute(statement, {"after": after, "limit": limit})]


async def source_at(connection: AsyncConnection, source_id: UUID, revision: int) -> SourceSystem:
    """As it was described then."""
    statement = "SELECT content FROM source_system_versions WHERE system_id = :id AND revision = :revision"
    content = await connection.scalar(sa.text(statement), {"id": source_id, "revision": revision})
    return source_of(content)


def source_of(content: object) -> SourceSystem:
    """What was written is read as it was."""
    return msgspec.convert(content, type=SourceSystem)


async def add_file(connection: AsyncConnection, file: SentFile, *, by: str, at: datetime) -> UUID:
    """The newest of an object is what the next snapshot takes."""
    file_id = uuid7()
    statement = """
        INSERT INTO source_files (id, system_id, object, media_type, content, content_sha256, sent_by, sent_at)
        VALUES (:id, :system_id, :object, :media_type, :content, :sha256, :by, :at)
    """
    values = {
        "id": file_id,
        "system_id": file.system_id,
        "object": file.object_name,
        "media_type": file.media_type,
        "content": file.content,
        "sha256": sha256(file.content).hexdigest(),
        "by": by,
        "at": at,
    }
    await connection.execute(sa.text(statement), values)
    return file_id


async def newest_file(connection: AsyncConnection, source_id: UUID, object_name: str) -> Row | None:
    statement = """
        SELECT id, media_type, content, sent_at FROM source_files
        WHERE system_id = :id AND object = :object ORDER BY id DESC LIMIT 1
    """
    values = {"id": source_id, "object": object_name}
    return (await connection.execute(sa.text(statement), values)).one_or_none()


async def sent_files(
    connection: AsyncConnection, source_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[Row]:
    """The newest first, without what is in them."""
    statement = """
        SELECT id, object, media_type, octet_length(content) AS size_bytes, content_sha256, sent_by, sent_at
        FROM source_files WHERE system_id = :id AND (CAST(:before AS uuid) IS NULL OR id < :before)
        ORDER BY id DESC LIMIT :limit
    """
    values = {"id": source_id, "before": before, "limit": limit}
    return (await connection.execute(sa.text(statement), values)).all()


async def _add_version(
    connection: AsyncConnection, key: tuple[UUID, int], source: SourceSystem, *, by: str, at: datetime
) -> None:
    statement = """
        INSERT INTO source_system_versions (system_id, revision, content, set_by, set_at)
        VALUES (:id, :revision, CAST(:content AS jsonb), :by, :at)
    """
    content = msgspec.json.encode(asdict(source)).decode()
    values = {"id": key[0], "revision": key[1], "content": content, "by": by, "at": at}
    await connection.execute(sa.text(statement), values)


def _kept(row: Row) -> KeptSource:
    return KeptSource(row.id, row.revision, row.created_at, row.set_by, row.set_at, source_of(row.content))
