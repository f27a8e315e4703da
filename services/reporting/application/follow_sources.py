"""Takes snapshots by the clock: each due instant once, what could not be read tried again, and nothing in silence."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from services.reporting.adapters.published_reviews import publish_failure, publish_missed
from services.reporting.adapters.source_schedules import (
    SourceMiss,
    claim_due,
    ended_job,
    record_misses,
    snapshots_not_started,
    standing_of,
    write_run,
    write_standing,
)
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.application.take_snapshot import ask_snapshot
from services.reporting.domain.source_schedule import (
    CATCH_UP,
    SourceSchedule,
    SourceStanding,
    retry_time,
)
from shared.scheduling.holiday_calendar import ALWAYS_OPEN
from shared.scheduling.planned_runs import LATE_AFTER, Settlement, due_runs, is_late, settlement

FOLLOWED_BY: Final = "reporting"


async def follow_source(work: UnitOfWork, system_id: UUID, at: datetime) -> bool:
    """Notice how its snapshot ended, try again, settle its first due instants; False when there was nothing to do."""
    standing = await claim_due(work.connection, system_id, at)
    if standing is None:
        return False
    standing = await _noticed(work, standing, at)
    if standing.retry_at is not None and standing.retry_at <= at:
        snapshot_id, _ = await ask_snapshot(work, str(system_id), by=FOLLOWED_BY, at=at)
        standing = replace(standing, awaited=snapshot_id, retry_at=None)
    if standing.next_due_at is not None and standing.next_due_at <= at:
        standing = await _settled(work, standing, at)
    await write_standing(work.connection, standing)
    return True


async def follow_schedule(
    work: UnitOfWork, known: tuple[UUID, str], schedule: SourceSchedule | None, at: datetime
) -> None:
    """From now on by this schedule; what was due before is settled by the one that held then. `known` is id and name.

    Call it before the description changes: the schedule that holds is read from there.
    """
    system_id, name = known
    before = await standing_of(work.connection, system_id, is_locked=True)
    if before is None and schedule is None:
        return
    while before is not None and before.next_due_at is not None and before.next_due_at <= at:
        before = await _settled(work, before, at)
    if before is None:
        before = SourceStanding(
            system_id=system_id, name=name, schedule=schedule, settled_until_at=at, next_due_at=None
        )
    following = schedule.next_due_at(at) if schedule else None
    # What could not be read as it was described is read as it is described now.
    retry_at = before.retry_at if schedule else None
    await write_standing(
        work.connection, replace(before, settled_until_at=at, next_due_at=following, retry_at=retry_at)
    )


async def watch_sources(work: UnitOfWork, at: datetime) -> int:
    """Tell of snapshots that nobody started, each once; how many were noticed now."""
    missing = await snapshots_not_started(work.connection, at - LATE_AFTER)
    noticed = await record_misses(work.connection, missing, at) if missing else []
    publish_missed(work, noticed, at)
    return len(noticed)


async def _noticed(work: UnitOfWork, standing: SourceStanding, at: datetime) -> SourceStanding:
    ended = None if standing.awaited is None else await ended_job(work.connection, standing.awaited)
    if ended is None:
        return standing
    if ended.state == "cancelled":  # nothing is known of the source by that
        return replace(standing, awaited=None)
    if ended.state == "succeeded":
        return replace(
            standing,
            awaited=None,
            failures=0,
            retry_at=None,
            problem_code=None,
            problem=None,
            problem_since_at=None,
        )
    failed = replace(
        standing,
        awaited=None,
        failures=standing.failures + 1,
        retry_at=retry_time(standing, ended.failure_code or "fault", at),
        problem_code=ended.failure_code or "fault",
        problem=ended.message,
        problem_since_at=standing.problem_since_at or ended.finished_at,
    )
    assert standing.awaited is not None, "it ended"
    publish_failure(work, failed, standing.awaited, at)
    return failed


async def _settled(work: UnitOfWork, standing: SourceStanding, at: datetime) -> SourceStanding:
    """Behind its first due instants, a bounded number of them; it still has to be written."""
    assert standing.schedule is not None, "without one nothing falls due"
    timing = standing.schedule.timing(standing.settled_until_at)
    runs, following = due_runs(timing, ALWAYS_OPEN, standing.settled_until_at, at)
    parted = settlement(runs, CATCH_UP, at, more_follow=following is not None and following <= at)
    awaited = standing.awaited
    for run in parted.fired:
        awaited, _ = await ask_snapshot(work, str(standing.system_id), by=FOLLOWED_BY, at=at)
        await write_run(work.connection, standing.system_id, run.due_at, awaited, at)
    for run in parted.skipped:
        await write_run(work.connection, standing.system_id, run.due_at, None, at)
    misses = list(_misses(standing, parted, at))
    if misses:
        publish_missed(work, await record_misses(work.connection, misses, at), at)
    settled_until = runs[-1].due_at if runs else standing.settled_until_at
    return replace(
        standing,
        settled_until_at=settled_until,
        next_due_at=following,
        awaited=awaited,
        retry_at=None if parted.fired else standing.retry_at,
    )


def _misses(standing: SourceStanding, parted: Settlement, at: datetime) -> Iterator[SourceMiss]:
    for run in parted.skipped:
        yield SourceMiss(standing.system_id, standing.name, run.due_at, "skipped")
    for run in parted.fired:
        if is_late(run.due_at, at):
            yield SourceMiss(standing.system_id, standing.name, run.due_at, "late")
