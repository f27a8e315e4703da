"""Tells everybody who watches what reviews of typed data came to: snapshots that failed or were missed, issues."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from services.reporting.adapters.source_schedules import SourceMiss
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.domain.source_schedule import SourceStanding
from shared.events.document_schedules import MissReason
from shared.events.reporting import DataIssuesChangedV1, SourceSnapshotFailedV1, SourceSnapshotMissedV1


def publish_failure(work: UnitOfWork, standing: SourceStanding, snapshot_id: UUID, at: datetime) -> None:
    """As the standing says it now."""
    event = SourceSnapshotFailedV1(
        system=standing.name,
        snapshot_id=snapshot_id,
        problem_code=standing.problem_code or "fault",
        problem=(standing.problem or "")[:2000],
        failures=standing.failures,
        since_at=standing.problem_since_at or at,
        retry_at=standing.retry_at,
    )
    work.publish(event, partition_key=f"source-{standing.system_id}", subject=str(snapshot_id))


def publish_missed(work: UnitOfWork, misses: Sequence[SourceMiss], at: datetime) -> None:
    for miss in misses:
        event = SourceSnapshotMissedV1(
            system=miss.name,
            due_at=miss.due_at,
            reason=MissReason(miss.reason),
            noticed_at=at,
            late_seconds=max(int((at - miss.due_at).total_seconds()), 0),
        )
        work.publish(event, partition_key=f"source-{miss.system_id}", subject=miss.name)


def publish_issues(
    work: UnitOfWork, of: tuple[UUID, str, UUID], counts: tuple[int, int], at: datetime
) -> None:
    """`of` is the system by id and name and the snapshot, `counts` what was opened and resolved; nothing for neither."""
    if not any(counts):
        return
    system_id, system, snapshot_id = of
    event = DataIssuesChangedV1(
        system=system, snapshot_id=snapshot_id, opened=counts[0], resolved=counts[1], checked_at=at
    )
    work.publish(event, partition_key=f"source-{system_id}", subject=str(snapshot_id))
