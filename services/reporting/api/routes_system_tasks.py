"""System tasks, within the zones a caller sees: checklists that open them, and what is written into each."""

import base64
from collections.abc import Awaitable, Callable
from datetime import UTC, date, datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import BaseModel

from services.reporting.adapters.task_store import (
    TaskFilters,
    entries_of,
    kept_checklists,
    task_shown,
    tasks_shown,
)
from services.reporting.api.dependencies import PageWanted, Reading, Work
from services.reporting.api.schemas_system_tasks import (
    SystemTaskBody,
    SystemTaskEntryBody,
    TaskAssignmentDraft,
    TaskChecklistBody,
    TaskChecklistDraft,
    TaskEvidenceDraft,
    TaskItemDraft,
    TaskReopeningDraft,
)
from services.reporting.application.follow_checklist import (
    checklist_named,
    open_task,
    rewrite_checklist,
    write_checklist,
)
from services.reporting.application.work_on_task import (
    Decided,
    add_evidence,
    assign_task,
    complete_task,
    evidence_file,
    reopen_task,
    settle_item,
)
from services.reporting.domain.system_task import TaskEntryKind, TaskState
from services.reporting.domain.system_task_errors import (
    ChecklistChanged,
    ChecklistInvalid,
    ChecklistNameTaken,
    ChecklistUnknown,
    EvidenceInvalid,
    EvidenceUnknown,
    TaskChanged,
    TaskClosed,
    TaskItemUnknown,
    TaskOpen,
    TaskUnfinished,
    TaskUnknown,
)
from shared.conditional import IfMatch, revision_etag, wanted_revision
from shared.documents.attachment import attachment_headers
from shared.errors import PreconditionMissing
from shared.idempotency import IdempotencyKey, KeyReused, StillRunning
from shared.identity import Caller, CurrentCaller
from shared.list_routes import listed
from shared.pagination import Page
from shared.problem_details import refusals
from shared.replies import as_reply, done_once
from shared.scheduling.refusals import ScheduleInvalid

router = APIRouter(prefix="/v1", tags=["Data quality"])
_FILE: Final[dict[int | str, dict[str, Any]]] = {
    200: {
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
        "description": "The file, with its SHA-256 as `Repr-Digest` (RFC 9530)",
    }
}
ChecklistNamed = Annotated[
    str, Path(max_length=60, description="Name or id of the checklist", examples=["salesforce-month-end"])
]
_RULES = (ChecklistInvalid, ScheduleInvalid, ChecklistNameTaken)
_WRITTEN = (TaskUnknown, TaskChanged, PreconditionMissing, KeyReused, StillRunning)


@router.post(
    "/task-checklists",
    status_code=201,
    response_model=TaskChecklistBody,
    summary="Write a checklist of work in other systems",
    responses=refusals(*_RULES, KeyReused, StillRunning),
)
async def write_task_checklist(
    draft: TaskChecklistDraft, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """With a cron expression it opens a task each time it is due, also after downtime; without, by hand."""

    async def perform() -> Response:
        await write_checklist(work, draft.checklist(), by=caller.actor, at=datetime.now(UTC))
        return await _checklist_reply(work, caller, draft.name, 201)

    return await done_once(work, (caller, key, "/v1/task-checklists"), draft, perform)


@listed(router, "/task-checklists", TaskChecklistBody, summary="List checklists of work in other systems")
async def list_task_checklists(
    page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[TaskChecklistBody]:
    """By their names."""
    (after,) = page.after("task-checklists") or ("",)
    kept = await kept_checklists(connection, caller.row_scope(), after=str(after), limit=page.limit + 1)
    cut, cursor = page.cut(kept, "task-checklists", lambda one: (one.checklist.name,))
    return Page(items=[TaskChecklistBody.of(one) for one in cut], next_cursor=cursor)


@router.get(
    "/task-checklists/{checklist}",
    response_model=TaskChecklistBody,
    summary="Show a checklist of work in other systems",
    responses=refusals(ChecklistUnknown),
)
async def show_task_checklist(
    checklist: ChecklistNamed, connection: Reading, caller: CurrentCaller
) -> Response:
    """Its ETag is what a change sends as If-Match."""
    kept = await checklist_named(connection, caller.row_scope(), checklist)
    return as_reply(TaskChecklistBody.of(kept), headers=revision_etag(kept.revision))


@router.put(
    "/task-checklists/{checklist}",
    response_model=TaskChecklistBody,
    summary="Change a checklist of work in other systems",
    responses=refusals(ChecklistUnknown, ChecklistChanged, PreconditionMissing, *_RULES),
)
async def change_task_checklist(
    checklist: ChecklistNamed,
    draft: TaskChecklistDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
) -> Response:
    """The next version, whole. Tasks keep the one they were opened by; what was due before is opened first."""
    change = (draft.checklist(), wanted_revision(if_match))
    who = (caller.actor, datetime.now(UTC))
    await rewrite_checklist(work, caller.row_scope(), checklist, change, who=who)
    return await _checklist_reply(work, caller, checklist)


@router.post(
    "/task-checklists/{checklist}/tasks",
    status_code=201,
    response_model=SystemTaskBody,
    summary="Open a task of a checklist",
    responses=refusals(ChecklistUnknown, KeyReused, StillRunning),
)
async def open_system_task(
    checklist: ChecklistNamed, work: Work, caller: CurrentCaller, key: IdempotencyKey = None
) -> Response:
    """Now, beside those that come by themselves."""

    async def perform() -> Response:
        who = (caller.actor, datetime.now(UTC))
        task_id = await open_task(work, caller.row_scope(), checklist, who=who)
        return await _task_reply(work.connection, caller, task_id, 201)

    return await done_once(work, (caller, key, f"/v1/task-checklists/{checklist}/tasks"), None, perform)


@listed(router, "/system-tasks", SystemTaskBody, summary="List system tasks")
async def list_system_tasks(
    page: PageWanted,
    connection: Reading,
    caller: CurrentCaller,
    state: Annotated[TaskState | None, Query(description="Where they stand")] = None,
    checklist: Annotated[str | None, Query(max_length=60, description="Name of the checklist")] = None,
    owner: Annotated[str | None, Query(max_length=200, description="Who does them")] = None,
    due_on_lte: Annotated[date | None, Query(description="Due by that day")] = None,
) -> Page[SystemTaskBody]:
    """Those opened last first."""
    filters = TaskFilters(state=state, checklist=checklist, owner=owner, due_on_lte=due_on_lte)
    scope = f"system-tasks|{state}|{checklist}|{owner}|{due_on_lte}"
    key = page.after(scope)
    before = UUID(str(key[0])) if key else None
    rows = await tasks_shown(connection, caller.row_scope(), filters, before=before, limit=page.limit + 1)
    cut, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[SystemTaskBody.of(row) for row in cut], next_cursor=cursor)


@router.get(
    "/system-tasks/{task_id}",
    response_model=SystemTaskBody,
    summary="Show a system task",
    responses=refusals(TaskUnknown),
)
async def show_system_task(task_id: UUID, connection: Reading, caller: CurrentCaller) -> Response:
    """Its ETag is what an entry sends as If-Match."""
    return await _task_reply(connection, caller, task_id)


@listed(
    router,
    "/system-tasks/{task_id}/entries",
    SystemTaskEntryBody,
    summary="List what was written into a system task",
    refuses=(TaskUnknown,),
)
async def list_system_task_entries(
    task_id: UUID, page: PageWanted, connection: Reading, caller: CurrentCaller
) -> Page[SystemTaskEntryBody]:
    """In its order; nothing is taken out again."""
    await _task_reply(connection, caller, task_id)
    scope = f"system-task-entries|{task_id}"
    key = page.after(scope)
    after = UUID(str(key[0])) if key else None
    rows = await entries_of(connection, task_id, after=after, limit=page.limit + 1)
    cut, cursor = page.cut(rows, scope, lambda row: (str(row.id),))
    return Page(items=[SystemTaskEntryBody.of(row) for row in cut], next_cursor=cursor)


@router.get(
    "/system-tasks/{task_id}/entries/{entry_id}/file",
    response_class=Response,
    summary="Read a file that shows that an item was done",
    responses={**_FILE, **refusals(TaskUnknown, EvidenceUnknown)},
)
async def read_task_evidence(
    task_id: UUID, entry_id: UUID, connection: Reading, caller: CurrentCaller
) -> Response:
    """As it was kept: its bytes are held against their hash first, which is told as well."""
    name, content, sha256 = await evidence_file(connection, caller, task_id, entry_id)
    digest = base64.b64encode(bytes.fromhex(sha256)).decode()
    headers = {"Repr-Digest": f"sha-256=:{digest}:"}
    return Response(
        content, media_type="application/octet-stream", headers=headers | attachment_headers(name)
    )


@router.post(
    "/system-tasks/{task_id}/items",
    response_model=SystemTaskBody,
    summary="Settle an item of a system task",
    responses=refusals(*_WRITTEN, TaskClosed, TaskItemUnknown),
)
async def settle_task_item(
    task_id: UUID,
    draft: TaskItemDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Done, not applicable this time, or open again: a later entry counts, the earlier one stays."""
    decided = Decided(task_id, wanted_revision(if_match), caller, datetime.now(UTC))
    kind = TaskEntryKind(draft.outcome)
    return await _written(
        work, decided, (key, "items", draft), lambda: settle_item(work, decided, draft.item, kind, draft.note)
    )


@router.post(
    "/system-tasks/{task_id}/evidence",
    response_model=SystemTaskBody,
    summary="Show that an item was done",
    responses=refusals(*_WRITTEN, TaskClosed, TaskItemUnknown, EvidenceInvalid),
)
async def add_task_evidence(
    task_id: UUID,
    draft: TaskEvidenceDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """By a note, a link, a snapshot, or a file that is kept with its hash."""
    decided = Decided(task_id, wanted_revision(if_match), caller, datetime.now(UTC))
    return await _written(
        work,
        decided,
        (key, "evidence", draft),
        lambda: add_evidence(work, decided, draft.item, draft.evidence()),
    )


@router.post(
    "/system-tasks/{task_id}/assignment",
    response_model=SystemTaskBody,
    summary="Give a system task to somebody",
    responses=refusals(*_WRITTEN, TaskClosed),
)
async def assign_system_task(
    task_id: UUID,
    draft: TaskAssignmentDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """Whose it is, and until when."""
    decided = Decided(task_id, wanted_revision(if_match), caller, datetime.now(UTC))
    return await _written(
        work,
        decided,
        (key, "assignment", draft),
        lambda: assign_task(work, decided, draft.owner, draft.due_on),
    )


@router.post(
    "/system-tasks/{task_id}/completion",
    response_model=SystemTaskBody,
    summary="Complete a system task",
    responses=refusals(*_WRITTEN, TaskClosed, TaskUnfinished),
)
async def complete_system_task(
    task_id: UUID, work: Work, caller: CurrentCaller, if_match: IfMatch = None, key: IdempotencyKey = None
) -> Response:
    """Once every item is settled, and shown where it has to be; the refusal says what is missing."""
    decided = Decided(task_id, wanted_revision(if_match), caller, datetime.now(UTC))
    return await _written(work, decided, (key, "completion", None), lambda: complete_task(work, decided))


@router.post(
    "/system-tasks/{task_id}/reopening",
    response_model=SystemTaskBody,
    summary="Open a completed system task again",
    responses=refusals(*_WRITTEN, TaskOpen),
)
async def reopen_system_task(
    task_id: UUID,
    draft: TaskReopeningDraft,
    work: Work,
    caller: CurrentCaller,
    if_match: IfMatch = None,
    key: IdempotencyKey = None,
) -> Response:
    """With the reason; what was written stays."""
    decided = Decided(task_id, wanted_revision(if_match), caller, datetime.now(UTC))
    return await _written(
        work, decided, (key, "reopening", draft), lambda: reopen_task(work, decided, draft.reason)
    )


async def _written(
    work: Work,
    decided: Decided,
    asked: tuple[str | None, str, BaseModel | None],
    write: Callable[[], Awaitable[None]],
) -> Response:
    """Once per key; the reply is the task as it is then."""
    key, part, draft = asked

    async def perform() -> Response:
        await write()
        return await _task_reply(work.connection, decided.caller, decided.task_id)

    path = f"/v1/system-tasks/{decided.task_id}/{part}"
    return await done_once(work, (decided.caller, key, path), draft, perform)


async def _checklist_reply(work: Work, caller: Caller, named: str, status_code: int = 200) -> Response:
    kept = await checklist_named(work.connection, caller.row_scope(), named)
    return as_reply(TaskChecklistBody.of(kept), status_code, revision_etag(kept.revision))


async def _task_reply(connection: Reading, caller: Caller, task_id: UUID, status_code: int = 200) -> Response:
    row = await task_shown(connection, caller.row_scope(), task_id)
    if row is None:
        raise TaskUnknown(f"There is no task {task_id}")
    return as_reply(SystemTaskBody.of(row), status_code, revision_etag(row.revision))
