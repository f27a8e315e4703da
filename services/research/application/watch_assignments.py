"""Tells, once each per due date, that the time of an assignment runs out, and that it ran out."""

from datetime import datetime
from typing import Final

from services.research.adapters.assignment_facts import publish_assignments
from services.research.adapters.assignments import claim_due
from services.research.adapters.unit_of_work import UnitOfWork
from shared.events.research import AssignmentDueSoonV1, AssignmentOverdueV1

AT_ONCE_MAX: Final = 200


async def watch_assignments(work: UnitOfWork, at: datetime) -> int:
    """How many were told of now; the rest follows with the next call. What is late is not told as due soon first."""
    told = 0
    for kind, event_class in (("overdue", AssignmentOverdueV1), ("due_soon", AssignmentDueSoonV1)):
        ids = await claim_due(work.connection, kind, at, AT_ONCE_MAX)
        await publish_assignments(work, ids, event_class)
        told += len(ids)
    return told
