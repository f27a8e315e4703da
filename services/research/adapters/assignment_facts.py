"""Turns what became of assignments into the events other services read."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from services.research.adapters.assignments import EVERYTHING, Row, assignment_rows
from services.research.adapters.unit_of_work import UnitOfWork
from shared.events.research import AssignmentDeliveredV1, AssignmentEvent


async def publish_assignments(
    work: UnitOfWork, ids: Sequence[UUID], event_class: type[AssignmentEvent]
) -> None:
    """One event for each."""
    if not ids:
        return
    for row in await assignment_rows(work.connection, EVERYTHING, {"ids": list(ids)}, limit=len(ids)):
        event = event_class(**_facts(row), **_delivery(row, event_class))
        work.publish(event, partition_key=str(row.id), subject=str(row.id))


def _facts(row: Row) -> dict[str, Any]:
    names = AssignmentEvent.model_fields.keys() - {"assignment_id"}
    return {"assignment_id": row.id, **{name: getattr(row, name) for name in names}}


def _delivery(row: Row, event_class: type[AssignmentEvent]) -> dict[str, Any]:
    if event_class is not AssignmentDeliveredV1:
        return {}
    return {"delivered_at": row.ended_at, "is_on_time": row.ended_at <= row.due_at}
