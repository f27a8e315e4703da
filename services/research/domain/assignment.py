"""Research that somebody asked for: its states and its clock."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from services.research.domain.errors import AssignmentState

SHARED_DESK: Final = "desk"  # nobody's in particular: whoever is on duty
DAYS_IF_NOT_SAID: Final = 7
QUESTIONS_MAX: Final = 50
_INDIA: Final = ZoneInfo("Asia/Kolkata")
_DUE_SOON: Final = timedelta(days=1)


class AssignmentStanding(StrEnum):
    """Delivered and cancelled are ends: who wants more opens another assignment."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"


_NEXT: Final[Mapping[AssignmentStanding, frozenset[AssignmentStanding]]] = {
    AssignmentStanding.OPEN: frozenset({AssignmentStanding.IN_PROGRESS, AssignmentStanding.CANCELLED}),
    AssignmentStanding.IN_PROGRESS: frozenset(
        {AssignmentStanding.OPEN, AssignmentStanding.DELIVERED, AssignmentStanding.CANCELLED}
    ),
    AssignmentStanding.DELIVERED: frozenset(),
    AssignmentStanding.CANCELLED: frozenset(),
}
ENDS: Final = frozenset({AssignmentStanding.DELIVERED, AssignmentStanding.CANCELLED})


@dataclass(frozen=True, slots=True)
class Clock:
    """Until when it is due, and when to say that it will be."""

    due_on: date
    due_at: datetime
    due_soon_at: datetime


def clock_until(due_on: date, since: datetime) -> Clock:
    """A day is due at its end in India; what is left of the time is told a day before, or at half of less than two days."""
    due_at = datetime.combine(due_on + timedelta(days=1), time(), _INDIA).astimezone(UTC)
    left = max(due_at - since, timedelta())
    return Clock(due_on, due_at, due_at - min(_DUE_SOON, left / 2))


def day_in_india(at: datetime) -> date:
    """The day it is there."""
    return at.astimezone(_INDIA).date()


def checked_step(state: AssignmentStanding, wanted: AssignmentStanding, note: str) -> None:
    """AssignmentState unless the step leads on; an end says what was delivered, or why it is not."""
    if wanted not in _NEXT[state]:
        following = ", ".join(sorted(_NEXT[state])) or "nothing: who wants more opens another"
        raise AssignmentState(f"The assignment is {state}; what can follow is {following}")
    if wanted in ENDS and not note.strip():
        raise AssignmentState(f"Say in the note what was {wanted}, or why")


def questions_in(text: str) -> list[str]:
    """One a line, without marks of lists and empty lines."""
    lines = (line.strip().lstrip("-•*").strip() for line in text.splitlines())
    return [line[:1000] for line in lines if line][:QUESTIONS_MAX]
