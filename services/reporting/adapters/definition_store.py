"""Definitions of reports: written with every version kept, read as they are."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.domain.report_definition import ReportDefinition

Row = sa.Row[Any]
VERSIONS_MAX: Final = 500
_SELECT: Final = """
    SELECT d.id, d.name, d.revision, d.owner, d.created_at, v.content, v.set_by, v.set_at
    FROM report_definitions d JOIN report_definition_versions v ON v.definition_id = d.id AND v.revision = d.revision
"""


@dataclass(frozen=True, slots=True)
class KeptDefinition:
    """A definition as it is now."""

    id: UUID
    revision: int
    owner: str
    created_at: datetime
    set_by: str
    set_at: datetime
    definition: ReportDefinition


async def add_definition(
    connection: AsyncConnection,
    definition_id: UUID,
    definition: ReportDefinition,
    *,
    owner: str,
    at: datetime,
) -> bool:
    """With its first version; False when the name is taken."""
    statement = """
        INSERT INTO report_definitions (id, name, revision, owner, created_at)
        VALUES (:id, :name, 1, :owner, :at) ON CONFLICT (name) DO NOTHING
    """
    values = {"id": definition_id, "name": definition.name, "owner": owner, "at": at}
    if not (await connection.execute(sa.text(statement), values)).rowcount:
        return False
    await _add_version(connection, (definition_id, 1), definition, actor=owner, at=at)
    return True


async def change_definition(
    connection: AsyncConnection,
    kept: KeptDefinition,
    definition: ReportDefinition,
    *,
    actor: str,
    at: datetime,
) -> None:
    """What it says from now on, as the next version of the locked one."""
    await connection.execute(
        sa.text("UPDATE report_definitions SET revision = revision + 1 WHERE id = :id"), {"id": kept.id}
    )
    await _add_version(connection, (kept.id, kept.revision + 1), definition, actor=actor, at=at)


async def kept_definition(
    connection: AsyncConnection, named: str, *, is_locked: bool = False
) -> KeptDefinition | None:
    """By id or by name."""
    condition = "d.id = CAST(:named AS uuid)" if _is_id(named) else "d.name = :named"
    lock = " FOR UPDATE OF d" if is_locked else ""
    row = (
        await connection.execute(sa.text(f"{_SELECT} WHERE {condition}{lock}"), {"named": named})
    ).one_or_none()
    return None if row is None else _kept(row)


async def kept_definitions(connection: AsyncConnection, *, after: str, limit: int) -> list[KeptDefinition]:
    """In the order of their names."""
    statement = sa.text(f"{_SELECT} WHERE d.name > :after ORDER BY d.name LIMIT :limit")
    return [_kept(row) for row in await connection.execute(statement, {"after": after, "limit": limit})]


async def definition_versions(
    connection: AsyncConnection, definition_id: UUID, *, before: int | None, limit: int
) -> Sequence[Row]:
    """The newest first."""
    statement = """
        SELECT revision, content, set_by, set_at FROM report_definition_versions
        WHERE definition_id = :id AND (CAST(:before AS bigint) IS NULL OR revision < :before)
        ORDER BY revision DESC LIMIT :limit
    """
    values = {"id": definition_id, "before": before, "limit": limit}
    return (await connection.execute(sa.text(statement), values)).all()


async def definition_version(
    connection: AsyncConnection, definition_id: UUID, revision: int
) -> ReportDefinition:
    """As it was then."""
    content = await connection.scalar(
        sa.text(
            "SELECT content FROM report_definition_versions WHERE definition_id = :id AND revision = :revision"
        ),
        {"id": definition_id, "revision": revision},
    )
    return definition_of(content)


def definition_of(content: object) -> ReportDefinition:
    """What was written is read as it was: content of the table, in the shape of the class."""
    return msgspec.convert(content, type=ReportDefinition)


async def _add_version(
    connection: AsyncConnection,
    key: tuple[UUID, int],
    definition: ReportDefinition,
    *,
    actor: str,
    at: datetime,
) -> None:
    await connection.execute(
        sa.text(
            "INSERT INTO report_definition_versions (definition_id, revision, content, set_by, set_at)"
            " VALUES (:id, :revision, CAST(:content AS jsonb), :actor, :at)"
        ),
        {
            "id": key[0],
            "revision": key[1],
            "content": msgspec.json.encode(asdict(definition)).decode(),
            "actor": actor,
            "at": at,
        },
    )


def _kept(row: Row) -> KeptDefinition:
    return KeptDefinition(
        id=row.id,
        revision=row.revision,
        owner=row.owner,
        created_at=row.created_at,
        set_by=row.set_by,
        set_at=row.set_at,
        definition=definition_of(row.content),
    )


def _is_id(named: str) -> bool:
    try:
        UUID(named)
    except ValueError:
        return False
    return True
