"""System tasks: checklists with every version, tasks that were opened of them, and what was written into each."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.reporting.adapters.orm.base import Record

ENTRY_KINDS = (
    "kind IN ('opened', 'done', 'not_applicable', 'undone', 'evidence', 'assigned', 'completed', 'reopened')"
)


class TaskChecklistRecord(Record):
    """A checklist; it opened tasks until `settled_until_at` and does so again at `next_due_at`."""

    __tablename__ = "task_checklists"
    __table_args__ = (
        CheckConstraint("revision > 0", name="revision_positive"),
        Index("ix_task_checklists_due", "next_due_at"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(unique=True)
    revision: Mapped[int]
    zone: Mapped[str | None]
    created_at: Mapped[datetime]
    settled_until_at: Mapped[datetime]
    next_due_at: Mapped[datetime | None]


class TaskChecklistVersionRecord(Record):
    """What it says from then on. Append-only."""

    __tablename__ = "task_checklist_versions"
    checklist_id: Mapped[UUID] = mapped_column(
        ForeignKey("task_checklists.id", deferrable=True, initially="DEFERRED"), primary_key=True
    )
    revision: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[dict[str, Any]]
    set_by: Mapped[str]
    set_at: Mapped[datetime]


class SystemTaskRecord(Record):
    """A task as it was opened and stands; a due instant of a checklist opens one task."""

    __tablename__ = "system_tasks"
    __table_args__ = (
        UniqueConstraint("checklist_id", "opens_at", name="uq_system_tasks_checklist_id"),
        CheckConstraint("state IN ('open', 'completed')", name="state"),
        CheckConstraint("(state = 'completed') = (completed_at IS NOT NULL)", name="completed_at"),
        Index("ix_system_tasks_owner", "owner", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    checklist_id: Mapped[UUID] = mapped_column(ForeignKey("task_checklists.id"))
    checklist_revision: Mapped[int]
    revision: Mapped[int]
    zone: Mapped[str | None]
    owner: Mapped[str]
    opens_at: Mapped[datetime]
    due_on: Mapped[date]
    state: Mapped[str]
    completed_at: Mapped[datetime | None]


class SystemTaskEntryRecord(Record):
    """What was written into a task. Append-only."""

    __tablename__ = "system_task_entries"
    __table_args__ = (
        CheckConstraint(ENTRY_KINDS, name="kind"),
        CheckConstraint(
            "content IS NULL OR content_sha256 = encode(sha256(content), 'hex')", name="hash_of_content"
        ),
        Index("ix_system_task_entries_task", "task_id", "id"),
    )
    id: Mapped[UUID] = mapped_column(primary_key=True)
    task_id: Mapped[UUID] = mapped_column(ForeignKey("system_tasks.id"))
    kind: Mapped[str]
    item: Mapped[str | None]
    details: Mapped[dict[str, Any]]
    content: Mapped[bytes | None]
    content_sha256: Mapped[str | None]
    told_by: Mapped[str]
    told_at: Mapped[datetime]
