"""Moves a research assignment on: its state, who does it, until when, and what else is asked."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.research.adapters.assignment_facts import publish_assignments
from services.research.adapters.assignments import (
    Change,
    Row,
    add_questions,
    assignment_for_update,
    change_assignment_row,
    note_changes,
    question_rows,
)
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.domain.assignment import (
    ENDS,
    QUESTIONS_MAX,
    AssignmentStanding,
    checked_step,
    clock_until,
)
from services.research.domain.errors import AssignmentState, AssignmentUnknown
from shared.errors import Stale
from shared.events.research import AssignmentDeliveredV1


@dataclass(frozen=True, slots=True, kw_only=True)
class AssignmentChange:
    """What is to change; None leaves a thing as it is. `revision` is the one the change was decided on."""

    state: AssignmentStanding | None
    assignee: str | None
    due_on: date | None
    questions: Sequence[str]
    note: str
    revision: int


async def change_assignment(
    work: UnitOfWork, assignment_id: UUID, change: AssignmentChange, *, by: str, at: datetime
) -> None:
    """AssignmentUnknown; Stale when it changed since it was read; AssignmentState when its state does not lead there or it
    is over. A new day starts the clock anew. What changes nothing is not noted."""
    row = await assignment_for_update(work.connection, assignment_id)
    if row is None:
        raise AssignmentUnknown(f"There is no research assignment {assignment_id}")
    if row.revision != change.revision:
        raise Stale("The assignment changed since you read it; read it again")
    changes = _changes(row, change)
    if not changes:
        return
    if AssignmentStanding(row.state) in ENDS:
        raise AssignmentState(f"The assignment is {row.state}; who wants more opens another")
    await _ask(work, row, change, by=by, at=at)
    await change_assignment_row(work.connection, row.id, **_values(row, change, at))
    await note_changes(work.connection, row, changes, note=change.note, by=by, at=at)
    if change.state is AssignmentStanding.DELIVERED:
        await publish_assignments(work, [row.id], AssignmentDeliveredV1)


def _changes(row: Row, change: AssignmentChange) -> list[Change]:
    wanted = {"state": change.state, "assignee": change.assignee, "due_on": change.due_on}
    changes = [
        Change(field=name, before=str(getattr(row, name)), after=str(value))
        for name, value in wanted.items()
        if value is not None and value != getattr(row, name)
    ]
    if change.questions:
        changes.append(Change(field="questions", before=None, after="\n".join(change.questions)))
    return changes


def _values(row: Row, change: AssignmentChange, at: datetime) -> dict[str, Any]:
    values: dict[str, Any] = {}
    if change.state is not None and change.state != row.state:
        checked_step(AssignmentStanding(row.state), change.state, change.note)
        values["state"] = change.state.value
        values["started_at"] = row.started_at or (
            at if change.state is AssignmentStanding.IN_PROGRESS else None
        )
        values["ended_at"] = at if change.state in ENDS else None
    if change.assignee is not None:
        values["assignee"] = change.assignee
    if change.due_on is not None and change.due_on != row.due_on:
        clock = clock_until(change.due_on, at)
        values |= {"due_on": clock.due_on, "due_at": clock.due_at, "due_soon_at": clock.due_soon_at}
        values |= {"due_soon_told_at": None, "overdue_told_at": None}
    return values


async def _ask(work: UnitOfWork, row: Row, change: AssignmentChange, *, by: str, at: datetime) -> None:
    if not change.questions:
        return
    asked = len(await question_rows(work.connection, row.id))
    if asked + len(change.questions) > QUESTIONS_MAX:
        raise AssignmentState(f"An assignment has at most {QUESTIONS_MAX} questions, this one {asked}")
    await add_questions(work.connection, row.id, change.questions, by=by, at=at)
