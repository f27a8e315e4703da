"""Refusals of checklists and system tasks; the tree is drawn in shared/errors.py."""

from shared.errors import Conflict, Fault, Invalid, NotFound, Stale


class ChecklistInvalid(Invalid):
    """A checklist that contradicts itself."""

    code, title = "task_checklist_invalid", "The checklist cannot be used so"


class ChecklistUnknown(NotFound):
    """No such checklist, or not the caller's to see."""

    code, title = "task_checklist_not_found", "No such checklist"


class ChecklistNameTaken(Conflict):
    """Another checklist has the name, or its name would change."""

    code, title = "task_checklist_name_taken", "The name is taken"


class ChecklistChanged(Stale):
    """Somebody changed the checklist meanwhile."""

    code, title = "task_checklist_changed", "The checklist changed meanwhile"


class TaskUnknown(NotFound):
    """No such task, or not the caller's to see."""

    code, title = "system_task_not_found", "No such task"


class EvidenceUnknown(NotFound):
    """The task has no such entry, or it has no file."""

    code, title = "task_evidence_not_found", "No such file"


class EvidenceDamaged(Fault):
    """The bytes are not those that were kept: restore them from a backup."""

    code, title = "task_evidence_damaged", "The file is damaged"


class TaskChanged(Stale):
    """Somebody wrote into the task meanwhile."""

    code, title = "system_task_changed", "The task changed meanwhile"


class TaskItemUnknown(Invalid):
    """The task has no such item."""

    code, title = "system_task_item_unknown", "The task has no such item"


class TaskClosed(Conflict):
    """The task is completed; it is reopened before anything is written into it."""

    code, title = "system_task_completed", "The task is completed"


class TaskOpen(Conflict):
    """The task is open, so it cannot be reopened."""

    code, title = "system_task_open", "The task is open"


class TaskUnfinished(Conflict):
    """Items are open, or done without the evidence they need."""

    code, title = "system_task_unfinished", "Something is still missing"


class EvidenceInvalid(Invalid):
    """Evidence that is not what its kind says."""

    code, title = "evidence_invalid", "The evidence cannot be taken"
