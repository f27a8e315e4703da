"""Templates: written with every version kept, read as they are."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.domain.template import Template

Row = sa.Row[Any]
_SELECT: Final = """
    SELECT t.id, t.name, t.revision, t.owner, t.created_at, v.content, v.set_by, v.set_at
    FROM templates t JOIN template_versions v ON v.template_id = t.id AND v.revision = t.revision
"""


@dataclass(frozen=True, slots=True)
class KeptTemplate:
    """A template as it is now."""

    id: UUID
    revision: int
    owner: str
    created_at: datetime
    set_by: str
    set_at: datetime
    template: Template


async def add_template(
    connection: AsyncConnection, template_id: UUID, template: Template, *, owner: str, at: datetime
) -> bool:
    """With its first version; False when the name is taken."""
    statement = """
        INSERT INTO templates (id, name, revision, owner, created_at)
        VALUES (:id, :name, 1, :owner, :at) ON CONFLICT (name) DO NOTHING
    """
    values = {"id": template_id, "name": template.name, "owner": owner, "at": at}
    if not (await connection.execute(sa.text(statement), values)).rowcount:
        return False
    await _add_version(connection, (template_id, 1), template, actor=owner, at=at)
    return True


async def change_template(
    connection: AsyncConnection, kept: KeptTemplate, template: Template, *, actor: str, at: datetime
) -> None:
    """What it says from now on, as the next version of the locked one."""
    await connection.execute(
        sa.text("UPDATE templates SET revision = revision + 1 WHERE id = :id"), {"id": kept.id}
    )
    await _add_version(connection, (kept.id, kept.revision + 1), template, actor=actor, at=at)


async def kept_template(
    connection: AsyncConnection, named: str, *, is_locked: bool = False
) -> KeptTemplate | None:
    """By id or by name."""
    condition = "t.id = CAST(:named AS uuid)" if _is_id(named) else "t.name = :named"
    lock = " FOR UPDATE OF t" if is_locked else ""
    statement = sa.text(f"{_SELECT} WHERE {condition}{lock}")
    row = (await connection.execute(statement, {"named": named})).one_or_none()
    return None if row is None else _kept(row)


async def kept_templates(connection: AsyncConnection, *, after: str, limit: int) -> list[KeptTemplate]:
    """In the order of their names."""
    statement = sa.text(f"{_SELECT} WHERE t.name > :after ORDER BY t.name LIMIT :limit")
    return [_kept(row) for row in await connection.execute(statement, {"after": after, "limit": limit})]


async def template_versions(
    connection: AsyncConnection, template_id: UUID, *, before: int | None, limit: int
) -> Sequence[Row]:
    """The newest first."""
    statement = """
        SELECT revision, content, set_by, set_at FROM template_versions
        WHERE template_id = :id AND (CAST(:before AS bigint) IS NULL OR revision < :before)
        ORDER BY revision DESC LIMIT :limit
    """
    values = {"id": template_id, "before": before, "limit": limit}
    return (await connection.execute(sa.text(statement), values)).all()


def template_of(content: object) -> Template:
    """What was written is read as it was."""
    return msgspec.convert(content, type=Template)


async def _add_version(
    connection: AsyncConnection, key: tuple[UUID, int], template: Template, *, actor: str, at: datetime
) -> None:
    await connection.execute(
        sa.text(
            "INSERT INTO template_versions (template_id, revision, content, set_by, set_at)"
            " VALUES (:id, :revision, CAST(:content AS jsonb), :actor, :at)"
        ),
        {
            "id": key[0],
            "revision": key[1],
            "content": msgspec.json.encode(asdict(template)).decode(),
            "actor": actor,
            "at": at,
        },
    )


def _kept(row: Row) -> KeptTemplate:
    return KeptTemplate(
        id=row.id,
        revision=row.revision,
        owner=row.owner,
        created_at=row.created_at,
        set_by=row.set_by,
        set_at=row.set_at,
        template=template_of(row.content),
    )


def _is_id(named: str) -> bool:
    try:
        UUID(named)
    except ValueError:
        return False
    return True
