"""Checklists are written and followed: each due instant opens one task, also after downtime; or somebody opens one."""

from datetime import UTC, datetime, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.task_store import (
    KeptChecklist,
    add_checklist,
    add_task,
    change_checklist,
    due_checklists,
    kept_checklist,
    settle_checklist,
)
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.domain.data_issue import today_of
from services.reporting.domain.system_task import Checklist, check_checklist, openings
from services.reporting.domain.system_task_errors import (
    ChecklistChanged,
    ChecklistNameTaken,
    ChecklistUnknown,
)
from shared.database import Database
from shared.errors import FieldProblem
from shared.identity import RowScope

FOLLOWED_BY: Final = "reporting"


async def checklist_named(
    connection: AsyncConnection, scope: RowScope, named: str, *, is_locked: bool = False
) -> KeptChecklist:
    """ChecklistUnknown also for one that is not the caller's to see."""
    kept = await kept_checklist(connection, scope, named, is_locked=is_locked)
    if kept is None:
        raise ChecklistUnknown("There is no such checklist", named=named)
    return kept


async def write_checklist(work: UnitOfWork, checklist: Checklist, *, by: str, at: datetime) -> None:
    """It opens its first task when it is due next. ChecklistInvalid, ScheduleInvalid, ChecklistNameTaken."""
    check_checklist(checklist)
    _, next_due_at = openings(checklist, at, at)
    if await add_checklist(work.connection, checklist, next_due_at, by=by, at=at) is None:
        problem = FieldProblem("/name", "expected a name that no other checklist has")
        raise ChecklistNameTaken(f"There is a checklist {checklist.name} already", problems=[problem])


async def rewrite_checklist(
    work: UnitOfWork, scope: RowScope, named: str, change: tuple[Checklist, int], *, who: tuple[str, datetime]
) -> None:
    """`change` is the checklist and the revision it was decided on. What was due before is opened as it said then."""
    checklist, revision = change
    kept = await checklist_named(work.connection, scope, named, is_locked=True)
    if kept.revision != revision:
        raise ChecklistChanged(f"It is at revision {kept.revision} meanwhile", revision=kept.revision)
    if checklist.name != kept.checklist.name:
        problem = FieldProblem("/name", f"expected {kept.checklist.name}: the name of a checklist stays")
        raise ChecklistNameTaken("A checklist keeps its name", problems=[problem])
    check_checklist(checklist)
    at = who[1]
    await _follow(work.connection, kept, at)
    _, next_due_at = openings(checklist, at, at)
    await change_checklist(work.connection, kept, checklist, next_due_at, who)


async def open_task(work: UnitOfWork, scope: RowScope, named: str, *, who: tuple[str, datetime]) -> UUID:
    """One now, beside those that come by themselves."""
    kept = await checklist_named(work.connection, scope, named)
    due_on = today_of(who[1]) + timedelta(days=kept.checklist.due_days)
    task_id = await add_task(work.connection, kept, who[1], due_on, who=who)
    assert task_id is not None, "no other was opened at this microsecond"
    return task_id


async def follow_checklists(database: Database) -> None:
    """The timer: opens what is due by now. Workers share what is due, and each instant opens one task."""
    at = datetime.now(UTC)
    async with UnitOfWork(database) as work:
        for kept in await due_checklists(work.connection, at):
            await _follow(work.connection, kept, at)
        await work.commit()


async def _follow(connection: AsyncConnection, kept: KeptChecklist, at: datetime) -> None:
    """A bounded number at a time; what is left is due still."""
    due, following = openings(kept.checklist, kept.settled_until_at, at)
    for opens_at in due:
        due_on = today_of(opens_at) + timedelta(days=kept.checklist.due_days)
        await add_task(connection, kept, opens_at, due_on, who=(FOLLOWED_BY, at))
    until = due[-1] if following is not None and following <= at and due else at
    await settle_checklist(connection, kept.id, until, following)
