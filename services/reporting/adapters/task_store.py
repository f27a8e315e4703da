"""Checklists, tasks and what was written into them."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.reporting.domain.system_task import Checklist, TaskEntryKind, TaskState
from shared.identity import RowScope

Row = sa.Row[Any]
DUE_AT_ONCE_MAX: Final = 100
# Without a zone it is the house's: zones see what is theirs.
_CHECKLISTS: Final = """
    SELECT c.id, c.name, c.revision, c.created_at, c.settled_until_at, c.next_due_at, v.content, v.set_by, v.set_at
    FROM task_checklists c JOIN task_checklist_versions v ON v.checklist_id = c.id AND v.revision = c.revision
"""
_TASKS: Final = """
    SELECT t.*, c.name AS checklist, v.content
    FROM system_tasks t JOIN task_checklists c ON c.id = t.checklist_id
    JOIN task_checklist_versions v ON v.checklist_id = t.checklist_id AND v.revision = t.checklist_revision
"""


@dataclass(frozen=True, slots=True)
class KeptChecklist:
    """A checklist as it is now, and how far it was followed."""

    id: UUID
    revision: int
    created_at: datetime
    settled_until_at: datetime
    next_due_at: datetime | None
    set_by: str
    set_at: datetime
    checklist: Checklist


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEntry:
    """What is written into a task."""

    kind: TaskEntryKind
    item: str | None = None
    details: Mapping[str, str]
    content: bytes | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TaskFilters:
    """What narrows the list; None narrows nothing."""

    state: TaskState | None
    checklist: str | None
    owner: str | None
    due_on_lte: date | None


async def add_checklist(
    connection: AsyncConnection, checklist: Checklist, next_due_at: datetime | None, *, by: str, at: datetime
) -> UUID | None:
    """With its first version; None when the name is taken."""
    checklist_id = uuid7()
    statement = """
        INSERT INTO task_checklists (id, name, revision, zone, created_at, settled_until_at, next_due_at)
        VALUES (:id, :name, 1, :zone, :at, :at, :next_due_at) ON CONFLICT (name) DO NOTHING
    """
    values = {
        "id": checklist_id,
        "name": checklist.name,
        "zone": checklist.zone,
        "at": at,
        "next_due_at": next_due_at,
    }
    added = await connection.execute(sa.text(statement), values)
    if not added.rowcount:
        return None
    await _add_version(connection, (checklist_id, 1), checklist, by=by, at=at)
    return checklist_id


async def change_checklist(
    connection: AsyncConnection,
    kept: KeptChecklist,
    checklist: Checklist,
    next_due_at: datetime | None,
    who: tuple[str, datetime],
) -> None:
    """The next version of the locked one; what was due before was opened by the version of then."""
    statement = """
        UPDATE task_checklists SET revision = revision + 1, zone = :zone, settled_until_at = :at, next_due_at = :next_due_at
        WHERE id = :id
    """
    values = {"id": kept.id, "zone": checklist.zone, "at": who[1], "next_due_at": next_due_at}
    await connection.execute(sa.text(statement), values)
    await _add_version(connection, (kept.id, kept.revision + 1), checklist, by=who[0], at=who[1])


async def settle_checklist(
    connection: AsyncConnection, checklist_id: UUID, until: datetime, next_due_at: datetime | None
) -> None:
    """How far it was followed."""
    statement = (
        "UPDATE task_checklists SET settled_until_at = :until, next_due_at = :next_due_at WHERE id = :id"
    )
    await connection.execute(
        sa.text(statement), {"id": checklist_id, "until": until, "next_due_at": next_due_at}
    )


async def kept_checklist(
    connection: AsyncConnection, scope: RowScope, named: str, *, is_locked: bool = False
) -> KeptChecklist | None:
    lock = " FOR UPDATE OF c" if is_locked else ""
    statement = (
        f"{_CHECKLISTS} WHERE (c.name = :named OR CAST(c.id AS text) = :named)"
        f" AND (:sees_all OR c.zone = ANY(CAST(:zones AS text[]))){lock}"
    )
    row = (await connection.execute(sa.text(statement), {"named": named, **scope.parameters()})).one_or_none()
    return None if row is None else _kept(row)


async def kept_checklists(
    connection: AsyncConnection, scope: RowScope, *, after: str, limit: int
) -> list[KeptChecklist]:
    """In the order of their names."""
    statement = (
        f"{_CHECKLISTS} WHERE c.name > :after AND (:sees_all OR c.zone = ANY(CAST(:zones AS text[])))"
        " ORDER BY c.name LIMIT :limit"
    )
    values = {"after": after, "limit": limit, **scope.parameters()}
    return [_kept(row) for row in await connection.execute(sa.text(statement), values)]


async def due_checklists(connection: AsyncConnection, at: datetime) -> list[KeptChecklist]:
    """Some that are due, locked; those that another worker has are left to it."""
    statement = (
        f"{_CHECKLISTS} WHERE c.next_due_at <= :at ORDER BY c.next_due_at, c.id LIMIT {DUE_AT_ONCE_MAX}"
        " FOR UPDATE OF c SKIP LOCKED"
    )
    return [_kept(row) for row in await connection.execute(sa.text(statement), {"at": at})]


async def add_task(
    connection: AsyncConnection,
    kept: KeptChecklist,
    opens_at: datetime,
    due_on: date,
    *,
    who: tuple[str, datetime],
) -> UUID | None:
    """None when the instant opened one before."""
    task_id = uuid7()
    statement = """
        INSERT INTO system_tasks (id, checklist_id, checklist_revision, revision, zone, owner, opens_at, due_on, state)
        VALUES (:id, :checklist_id, :checklist_revision, 1, :zone, :owner, :opens_at, :due_on, 'open')
        ON CONFLICT (checklist_id, opens_at) DO NOTHING
    """
    values = {
        "id": task_id,
        "checklist_id": kept.id,
        "checklist_revision": kept.revision,
        "zone": kept.checklist.zone,
        "owner": kept.checklist.owner,
        "opens_at": opens_at,
        "due_on": due_on,
    }
    added = await connection.execute(sa.text(statement), values)
    if not added.rowcount:
        return None
    await add_entry(connection, task_id, NewEntry(kind=TaskEntryKind.OPENED, details={}), who=who)
    return task_id


async def add_entry(
    connection: AsyncConnection, task_id: UUID, new: NewEntry, *, who: tuple[str, datetime]
) -> None:
    statement = """
        INSERT INTO system_task_entries (id, task_id, kind, item, details, content, content_sha256, told_by, told_at)
        VALUES (:id, :task_id, :kind, :item, CAST(:details AS jsonb), :content, :sha256, :by, :at)
    """
    values = {
        "id": uuid7(),
        "task_id": task_id,
        "kind": new.kind.value,
        "item": new.item,
        "details": msgspec.json.encode(new.details).decode(),
        "content": new.content,
        "sha256": None if new.content is None else sha256(new.content).hexdigest(),
        "by": who[0],
        "at": who[1],
    }
    await connection.execute(sa.text(statement), values)


async def change_task(connection: AsyncConnection, task_id: UUID, changed: Mapping[str, object]) -> None:
    """Columns of the locked task, and its next revision."""
    columns = "".join(f"{name} = :{name}, " for name in changed)
    statement = f"UPDATE system_tasks SET {columns}revision = revision + 1 WHERE id = :id"
    await connection.execute(sa.text(statement), {"id": task_id, **changed})


async def task_shown(
    connection: AsyncConnection, scope: RowScope, task_id: UUID, *, is_locked: bool = False
) -> Row | None:
    lock = " FOR UPDATE OF t" if is_locked else ""
    statement = f"{_TASKS} WHERE t.id = :id AND (:sees_all OR t.zone = ANY(CAST(:zones AS text[]))){lock}"
    return (await connection.execute(sa.text(statement), {"id": task_id, **scope.parameters()})).one_or_none()


async def tasks_shown(
    connection: AsyncConnection, scope: RowScope, filters: TaskFilters, *, before: UUID | None, limit: int
) -> Sequence[Row]:
    """Those opened last first."""
    statement = f"""
        {_TASKS} WHERE (:sees_all OR t.zone = ANY(CAST(:zones AS text[])))
            AND (CAST(:state AS text) IS NULL OR t.state = :state)
            AND (CAST(:checklist AS text) IS NULL OR c.name = :checklist)
            AND (CAST(:owner AS text) IS NULL OR t.owner = :owner)
            AND (CAST(:due_on_lte AS date) IS NULL OR t.due_on <= :due_on_lte)
            AND (CAST(:before AS uuid) IS NULL OR t.id < :before)
        ORDER BY t.id DESC LIMIT :limit
    """
    values = {name: getattr(filters, name) for name in TaskFilters.__slots__}
    values |= {"before": before, "limit": limit, **scope.parameters()}
    return (await connection.execute(sa.text(statement), values)).all()


async def entries_of(
    connection: AsyncConnection, task_id: UUID, *, after: UUID | None, limit: int
) -> Sequence[Row]:
    """In the order in which they were written, without the bytes of files."""
    statement = """
        SELECT id, kind, item, details, content_sha256, told_by, told_at FROM system_task_entries
        WHERE task_id = :id AND (CAST(:after AS uuid) IS NULL OR id > :after) ORDER BY id LIMIT :limit
    """
    values = {"id": task_id, "after": after, "limit": limit}
    return (await connection.execute(sa.text(statement), values)).all()


async def file_of(connection: AsyncConnection, task_id: UUID, entry_id: UUID) -> Row | None:
    """The bytes of a file with the hash they were kept under; None for an entry without."""
    statement = """
        SELECT details, content, content_sha256 FROM system_task_entries
        WHERE task_id = :task_id AND id = :id AND content IS NOT NULL
    """
    values = {"task_id": task_id, "id": entry_id}
    return (await connection.execute(sa.text(statement), values)).one_or_none()


def checklist_of(content: object) -> Checklist:
    """What was written is read as it was."""
    return msgspec.convert(content, type=Checklist)


async def _add_version(
    connection: AsyncConnection, key: tuple[UUID, int], checklist: Checklist, *, by: str, at: datetime
) -> None:
    statement = """
        INSERT INTO task_checklist_versions (checklist_id, revision, content, set_by, set_at)
        VALUES (:id, :revision, CAST(:content AS jsonb), :by, :at)
    """
    content = msgspec.json.encode(asdict(checklist)).decode()
    values = {"id": key[0], "revision": key[1], "content": content, "by": by, "at": at}
    await connection.execute(sa.text(statement), values)


def _kept(row: Row) -> KeptChecklist:
    return KeptChecklist(
        row.id, row.revision, row.created_at, row.settled_until_at, row.next_due_at, row.set_by, row.set_at,
        checklist_of(row.content),
    )  # fmt: skip
