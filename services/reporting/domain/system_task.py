"""Recurring and single work in other systems: checklists as data, and tasks whose items are ticked with evidence."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Final

from services.reporting.domain.system_task_errors import ChecklistInvalid
from shared.errors import FieldProblem
from shared.scheduling.cron_times import checked_cron
from shared.scheduling.holiday_calendar import HolidayCalendar
from shared.scheduling.planned_runs import due_runs
from shared.scheduling.timing import ClosedDayRule, Timing

ITEMS_MAX: Final = 50
EVERY_DAY: Final = HolidayCalendar()


class EvidenceKind(StrEnum):
    """What shows that an item was done."""

    NOTE = "note"
    LINK = "link"
    SNAPSHOT = "snapshot"
    FILE = "file"


class TaskEntryKind(StrEnum):
    """What is written into a task. Nothing is taken out again: a later entry counts."""

    OPENED = "opened"
    DONE = "done"
    NOT_APPLICABLE = "not_applicable"
    UNDONE = "undone"
    EVIDENCE = "evidence"
    ASSIGNED = "assigned"
    COMPLETED = "completed"
    REOPENED = "reopened"


class TaskState(StrEnum):
    """Where a task stands."""

    OPEN = "open"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class ChecklistItem:
    """One thing to be done; some need to be shown."""

    name: str
    title: str
    needs_evidence: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Checklist:
    """Work that comes again by its cron expression, or is opened by hand where it has none."""

    name: str
    title: str
    system: str | None
    zone: str | None
    owner: str
    items: tuple[ChecklistItem, ...]
    due_days: int
    cron: str | None = None
    time_zone: str = "Asia/Kolkata"


@dataclass(frozen=True, slots=True)
class ItemEntry:
    """What was written about an item, in its order."""

    item: str
    kind: TaskEntryKind


@dataclass(slots=True)
class ItemStanding:
    """Where an item stands by its entries."""

    outcome: TaskEntryKind | None = None
    evidence_count: int = field(default=0)


def check_checklist(checklist: Checklist) -> Checklist:
    """With its cron in single blanks. ChecklistInvalid for items of one name, ScheduleInvalid for impossible times."""
    problems = list(_problems(checklist))
    if problems:
        raise ChecklistInvalid(f"The checklist {checklist.name} contradicts itself", problems=problems)
    if checklist.cron is not None:
        checked_cron(checklist.cron)
        timing_of(checklist, date(2026, 1, 1))
    return checklist


def timing_of(checklist: Checklist, valid_from: date) -> Timing:
    """When it comes again; a checklist without times has none."""
    assert checklist.cron is not None
    return Timing(
        cron=checked_cron(checklist.cron),
        time_zone=checklist.time_zone,
        on_closed_day=ClosedDayRule.RUN,
        valid_from=valid_from,
        valid_to=None,
    )


def openings(
    checklist: Checklist, after: datetime, until: datetime
) -> tuple[list[datetime], datetime | None]:
    """When it opens in (after, until], the first of them, and when the next behind those is due."""
    if checklist.cron is None:
        return [], None
    runs, following = due_runs(
        timing_of(checklist, after.date() - timedelta(days=1)), EVERY_DAY, after, until
    )
    return [run.due_at.astimezone(UTC) for run in runs], following


def standings(entries: Sequence[ItemEntry]) -> Mapping[str, ItemStanding]:
    """Of each item that something was written about."""
    found: dict[str, ItemStanding] = {}
    for entry in entries:
        standing = found.setdefault(entry.item, ItemStanding())
        if entry.kind is TaskEntryKind.EVIDENCE:
            standing.evidence_count += 1
        elif entry.kind is TaskEntryKind.UNDONE:
            standing.outcome = None
        else:
            standing.outcome = entry.kind
    return found


def missing_items(items: Sequence[ChecklistItem], entries: Sequence[ItemEntry]) -> list[str]:
    """What stands against completion, in words: items nobody settled, and done ones that nothing shows."""
    known = standings(entries)
    missing = []
    for item in items:
        standing = known.get(item.name, ItemStanding())
        if standing.outcome is None:
            missing.append(f"{item.name} is open")
        elif item.needs_evidence and standing.outcome is TaskEntryKind.DONE and not standing.evidence_count:
            missing.append(f"{item.name} needs evidence")
    return missing


def _problems(checklist: Checklist) -> Iterator[FieldProblem]:
    names = [item.name for item in checklist.items]
    for index, name in enumerate(names):
        if names.index(name) != index:
            yield FieldProblem(f"/items/{index}/name", "expected a name that no other item has")
