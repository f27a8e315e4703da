"""What people write into a task: items settled and shown, given to somebody, completed once nothing is missing."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.snapshot_store import snapshot_shown
from services.reporting.adapters.task_store import (
    NewEntry,
    Row,
    add_entry,
    change_task,
    checklist_of,
    entries_of,
    file_of,
    task_shown,
)
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.domain.system_task import (
    EvidenceKind,
    ItemEntry,
    TaskEntryKind,
    TaskState,
    missing_items,
)
from services.reporting.domain.system_task_errors import (
    EvidenceDamaged,
    EvidenceInvalid,
    EvidenceUnknown,
    TaskChanged,
    TaskClosed,
    TaskItemUnknown,
    TaskOpen,
    TaskUnfinished,
    TaskUnknown,
)
from shared.errors import FieldProblem
from shared.identity import Caller

ENTRIES_MAX: Final = 2_000


@dataclass(frozen=True, slots=True)
class Decided:
    """Which task, at which revision, by whom and when."""

    task_id: UUID
    revision: int
    caller: Caller
    at: datetime

    @property
    def who(self) -> tuple[str, datetime]:
        return self.caller.actor, self.at


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvidence:
    """What shows that an item was done; of a file its bytes."""

    kind: EvidenceKind
    reference: str
    content: bytes | None = None


async def settle_item(work: UnitOfWork, decided: Decided, item: str, kind: TaskEntryKind, note: str) -> None:
    """Done, not applicable, or open again."""
    await _open_task(work.connection, decided, item)
    await _write(work, decided, NewEntry(kind=kind, item=item, details={"note": note} if note else {}))


async def add_evidence(work: UnitOfWork, decided: Decided, item: str, evidence: NewEvidence) -> None:
    """EvidenceInvalid for a link that is none, or a snapshot that is not there."""
    await _open_task(work.connection, decided, item)
    await _check(work.connection, evidence)
    details = {"evidence": evidence.kind.value, "reference": evidence.reference}
    await _write(
        work,
        decided,
        NewEntry(kind=TaskEntryKind.EVIDENCE, item=item, details=details, content=evidence.content),
    )


async def evidence_file(
    connection: AsyncConnection, caller: Caller, task_id: UUID, entry_id: UUID
) -> tuple[str, bytes, str]:
    """Its name, bytes and SHA-256 in hexadecimal digits. EvidenceUnknown; EvidenceDamaged when the bytes are others."""
    if await task_shown(connection, caller.row_scope(), task_id) is None:
        raise TaskUnknown(f"There is no task {task_id}")
    row = await file_of(connection, task_id, entry_id)
    if row is None:
        raise EvidenceUnknown("The task has no such file", entry_id=str(entry_id))
    content = bytes(row.content)
    if sha256(content).hexdigest() != row.content_sha256:
        raise EvidenceDamaged(f"The file of entry {entry_id} is not what was kept", entry_id=str(entry_id))
    return row.details["reference"], content, row.content_sha256


async def assign_task(work: UnitOfWork, decided: Decided, owner: str, due_on: date | None) -> None:
    """Whose it is from now on."""
    task = await _open_task(work.connection, decided, None)
    due = due_on or task.due_on
    details = {"owner": owner, "owner_before": task.owner, "due_on": str(due)}
    await _write(
        work, decided, NewEntry(kind=TaskEntryKind.ASSIGNED, details=details), {"owner": owner, "due_on": due}
    )


async def complete_task(work: UnitOfWork, decided: Decided) -> None:
    """TaskUnfinished, with what is missing, while an item is open or done without its evidence."""
    task = await _open_task(work.connection, decided, None)
    rows = await entries_of(work.connection, task.id, after=None, limit=ENTRIES_MAX)
    entries = [ItemEntry(row.item, TaskEntryKind(row.kind)) for row in rows if row.item is not None]
    missing = missing_items(checklist_of(task.content).items, entries)
    if missing:
        problems = [FieldProblem("/items", one) for one in missing]
        raise TaskUnfinished(f"{len(missing)} items are not settled", problems=problems)
    changed = {"state": TaskState.COMPLETED.value, "completed_at": decided.at}
    await _write(work, decided, NewEntry(kind=TaskEntryKind.COMPLETED, details={}), changed)


async def reopen_task(work: UnitOfWork, decided: Decided, reason: str) -> None:
    """Something was not as it seemed; what was written stays."""
    task = await _task(work.connection, decided)
    if task.state == TaskState.OPEN:
        raise TaskOpen("The task is open already")
    changed = {"state": TaskState.OPEN.value, "completed_at": None}
    await _write(work, decided, NewEntry(kind=TaskEntryKind.REOPENED, details={"reason": reason}), changed)


async def _write(
    work: UnitOfWork, decided: Decided, new: NewEntry, changed: Mapping[str, object] | None = None
) -> None:
    await add_entry(work.connection, decided.task_id, new, who=decided.who)
    await change_task(work.connection, decided.task_id, changed or {})


async def _open_task(connection: AsyncConnection, decided: Decided, item: str | None) -> Row:
    task = await _task(connection, decided)
    if task.state == TaskState.COMPLETED:
        raise TaskClosed("Reopen the task first")
    names = [one.name for one in checklist_of(task.content).items]
    if item is not None and item not in names:
        problem = FieldProblem("item", f"expected one of {', '.join(names)}"[:300])
        raise TaskItemUnknown("The task has no such item", problems=[problem])
    return task


async def _task(connection: AsyncConnection, decided: Decided) -> Row:
    task = await task_shown(connection, decided.caller.row_scope(), decided.task_id, is_locked=True)
    if task is None:
        raise TaskUnknown(f"There is no task {decided.task_id}")
    if task.revision != decided.revision:
        raise TaskChanged(f"It is at revision {task.revision} meanwhile", revision=task.revision)
    return task


async def _check(connection: AsyncConnection, evidence: NewEvidence) -> None:
    expected = None
    if evidence.kind is EvidenceKind.LINK and not _is_link(evidence.reference):
        expected = "expected an address as https://…"
    if evidence.kind is EvidenceKind.SNAPSHOT and not await _is_snapshot(connection, evidence.reference):
        expected = "expected the id of a snapshot"
    if (evidence.kind is EvidenceKind.FILE) != (evidence.content is not None):
        expected = "expected the bytes of a file, and of a file alone"
    if expected:
        raise EvidenceInvalid("The evidence cannot be taken", problems=[FieldProblem("/reference", expected)])


def _is_link(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.password is None


async def _is_snapshot(connection: AsyncConnection, text: str) -> bool:
    try:
        return await snapshot_shown(connection, UUID(text)) is not None
    except ValueError:
        return False
