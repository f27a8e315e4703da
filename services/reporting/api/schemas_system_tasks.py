"""Bodies of checklists, system tasks and what is written into them."""

import base64
import binascii
from datetime import date, datetime
from typing import Annotated, Final, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, JsonValue, StringConstraints

from services.reporting.adapters.task_store import KeptChecklist, Row, checklist_of
from services.reporting.api.schemas_source_systems import Name, SystemName, Text, Title
from services.reporting.application.work_on_task import NewEvidence
from services.reporting.domain import system_task as tasks
from shared.wire import Day, WireModel

FILE_BYTES_MAX: Final = 600_000
Note = Annotated[str, StringConstraints(max_length=500)]
CHECKLIST_EXAMPLE: Final[dict[str, JsonValue]] = {
    "name": "salesforce-month-end",
    "title": "Month-end review of Salesforce",
    "system": "salesforce",
    "owner": "asha.kulkarni",
    "items": [
        {"name": "stale_opportunities", "title": "Open opportunities past their close date moved or closed"},
        {"name": "user_review", "title": "Users who left taken out", "needs_evidence": True},
    ],
    "due_days": 3,
    "cron": "0 9 L * *",
    "time_zone": "Asia/Kolkata",
}


def _base64(text: str) -> str:
    try:
        size = len(base64.b64decode(text, validate=True))
    except (binascii.Error, ValueError) as error:
        raise ValueError("expected Base64") from error
    if not 0 < size <= FILE_BYTES_MAX:
        raise ValueError(f"expected a file of at most {FILE_BYTES_MAX} bytes")
    return text


class ChecklistItemDraft(WireModel):
    """One thing to be done."""

    name: Annotated[Name, Field(description="By which entries name it", examples=["close_periods"])]
    title: Annotated[Title, Field(description="What is to be done")]
    needs_evidence: Annotated[bool, Field(description="Whether doing it has to be shown")] = False


class TaskChecklistDraft(WireModel):
    """Work in another system that comes again, or is opened by hand."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, json_schema_extra={"examples": [CHECKLIST_EXAMPLE]}
    )

    name: Annotated[SystemName, Field(description="By which scripts call it; it stays")]
    title: Annotated[Title, Field(description="What people read")]
    system: Annotated[SystemName | None, Field(description="In which source system")] = None
    zone: Annotated[str | None, Field(max_length=200, description="Whose it is; without it the house's")] = (
        None
    )
    owner: Annotated[Text, Field(description="Who does it unless it is given to somebody else")]
    items: Annotated[
        list[ChecklistItemDraft],
        Field(min_length=1, max_length=tasks.ITEMS_MAX, description="What is to be done"),
    ]
    due_days: Annotated[int, Field(ge=0, le=365, description="Within how many days of its opening")] = 3
    cron: Annotated[
        str | None,
        Field(
            max_length=100,
            description="When it opens: minute hour day month weekday, L for a month's last day; null: by hand",
        ),
    ] = None
    time_zone: Annotated[str, Field(max_length=60, description="Of the cron expression")] = "Asia/Kolkata"

    def checklist(self) -> tasks.Checklist:
        return tasks.Checklist(
            name=self.name,
            title=self.title,
            system=self.system,
            zone=self.zone,
            owner=self.owner,
            items=tuple(tasks.ChecklistItem(one.name, one.title, one.needs_evidence) for one in self.items),
            due_days=self.due_days,
            cron=self.cron,
            time_zone=self.time_zone,
        )


class TaskChecklistBody(TaskChecklistDraft):
    """A checklist as it is now."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={
            "examples": [
                {
                    **CHECKLIST_EXAMPLE,
                    "id": "01936d6e-5c3f-7c1a-8d2e-0f6b5a4c3d2e",
                    "revision": 1,
                    "created_at": "2026-10-01T04:30:00Z",
                    "next_due_at": "2026-10-31T03:30:00Z",
                    "set_by": "asha.kulkarni",
                    "set_at": "2026-10-01T04:30:00Z",
                }
            ]
        },
    )

    id: UUID
    revision: Annotated[int, Field(description="Number of this version, from 1")]
    created_at: datetime
    next_due_at: Annotated[
        datetime | None, Field(description="When it opens next; UTC, null for one that is opened by hand")
    ]
    set_by: Annotated[str, Field(description="Who wrote this version, by the token's subject")]
    set_at: Annotated[datetime, Field(description="When it was written; UTC")]

    @classmethod
    def of(cls, kept: KeptChecklist) -> Self:
        one = kept.checklist
        return cls(
            **TaskChecklistDraft(
                name=one.name,
                title=one.title,
                system=one.system,
                zone=one.zone,
                owner=one.owner,
                items=[
                    ChecklistItemDraft(name=i.name, title=i.title, needs_evidence=i.needs_evidence)
                    for i in one.items
                ],
                due_days=one.due_days,
                cron=one.cron,
                time_zone=one.time_zone,
            ).model_dump(),
            id=kept.id,
            revision=kept.revision,
            created_at=kept.created_at,
            next_due_at=kept.next_due_at,
            set_by=kept.set_by,
            set_at=kept.set_at,
        )


class SystemTaskBody(WireModel):
    """A task that a checklist opened; what was done is in its entries."""

    id: UUID
    revision: Annotated[int, Field(description="Grows with every entry; If-Match takes it")]
    checklist: Annotated[str, Field(description="Name of the checklist that opened it")]
    checklist_revision: Annotated[int, Field(description="The version that it follows")]
    title: Annotated[str, Field(description="What people read")]
    system: Annotated[str | None, Field(description="In which source system")]
    zone: Annotated[str | None, Field(description="Whose it is; null: the house's")]
    owner: Annotated[str, Field(description="Who does it")]
    items: Annotated[list[ChecklistItemDraft], Field(description="What is to be done")]
    opens_at: Annotated[datetime, Field(description="When it was due to open; UTC")]
    due_on: Annotated[date, Field(description="Until when it is to be completed")]
    state: Annotated[tasks.TaskState, Field(description="Where it stands")]
    completed_at: Annotated[datetime | None, Field(description="When it was completed; UTC")]

    @classmethod
    def of(cls, row: Row) -> Self:
        checklist = checklist_of(row.content)
        return cls(
            id=row.id,
            revision=row.revision,
            checklist=row.checklist,
            checklist_revision=row.checklist_revision,
            title=checklist.title,
            system=checklist.system,
            zone=row.zone,
            owner=row.owner,
            items=[
                ChecklistItemDraft(name=one.name, title=one.title, needs_evidence=one.needs_evidence)
                for one in checklist.items
            ],
            opens_at=row.opens_at,
            due_on=row.due_on,
            state=row.state,
            completed_at=row.completed_at,
        )


class SystemTaskEntryBody(WireModel):
    """Something that was written into a task."""

    id: UUID
    kind: Annotated[tasks.TaskEntryKind, Field(description="What was written")]
    item: Annotated[str | None, Field(description="Which item it is about; null: the whole task")]
    details: Annotated[dict[str, str], Field(description="A note, what shows it, whose it is")]
    content_sha256: Annotated[str | None, Field(description="SHA-256 of a file's bytes")]
    told_by: Annotated[str, Field(description="Who wrote it, by the token's subject")]
    told_at: Annotated[datetime, Field(description="When it was written; UTC")]

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls.model_validate({name: getattr(row, name) for name in cls.model_fields})


class TaskItemDraft(WireModel):
    """What became of an item."""

    item: Annotated[Name, Field(description="Name of the item", examples=["user_review"])]
    outcome: Annotated[
        Literal["done", "not_applicable", "undone"],
        Field(description="Done, not applicable this time, or open again", examples=["done"]),
    ]
    note: Annotated[Note, Field(description="What is worth knowing about it")] = ""


class TaskEvidenceDraft(WireModel):
    """What shows that an item was done."""

    item: Annotated[Name, Field(description="Name of the item", examples=["user_review"])]
    kind: Annotated[tasks.EvidenceKind, Field(description="What it is", examples=["note"])]
    reference: Annotated[
        Text,
        Field(
            description="The note, the address, the snapshot's id, or the file's name",
            examples=["Checked by HR"],
        ),
    ]
    content_base64: Annotated[
        Annotated[str, StringConstraints(max_length=900_000), AfterValidator(_base64)] | None,
        Field(description=f"Bytes of a file in Base64, at most {FILE_BYTES_MAX}"),
    ] = None

    def evidence(self) -> NewEvidence:
        content = None if self.content_base64 is None else base64.b64decode(self.content_base64)
        return NewEvidence(kind=self.kind, reference=self.reference, content=content)


class TaskAssignmentDraft(WireModel):
    """Whose a task is from now on."""

    owner: Annotated[Text, Field(description="Who does it", examples=["asha.kulkarni"])]
    due_on: Annotated[Day | None, Field(description="Until when; as before without it")] = None


class TaskReopeningDraft(WireModel):
    """Why a completed task is opened again."""

    reason: Annotated[
        str,
        StringConstraints(min_length=5, max_length=500, strip_whitespace=True),
        Field(description="What was not as it seemed", examples=["Two users were overlooked"]),
    ]
