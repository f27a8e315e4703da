"""Tells the other services of runs that were missed."""

from collections.abc import Sequence
from datetime import datetime

from services.partners.adapters.schedule_runs import Miss
from services.partners.adapters.unit_of_work import UnitOfWork
from shared.events.document_schedules import MissReason, ScheduleMissedV1


def publish_misses(work: UnitOfWork, misses: Sequence[Miss], at: datetime) -> None:
    for miss in misses:
        event = ScheduleMissedV1(
            schedule_id=miss.schedule_id,
            name=miss.name,
            due_at=miss.due_at,
            reason=MissReason(miss.reason),
            noticed_at=at,
            late_seconds=int((at - miss.due_at).total_seconds()),
        )
        work.publish(event, partition_key=f"schedule-{miss.schedule_id}", subject=str(miss.schedule_id))
