"""Makes saved analyses again when they are due: each instant once, whoever sees it first, and none in silence."""

from datetime import datetime

from services.reporting.adapters.analysis_clocks import Instant, Row, add_instant, due_analyses, set_clock
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.application.run_saved_analysis import queue_due_analysis
from services.reporting.application.save_analysis import timing_of
from shared.scheduling.holiday_calendar import ALWAYS_OPEN
from shared.scheduling.planned_runs import due_runs, settlement
from shared.scheduling.timing import CatchUp


async def fire_saved_analyses(work: UnitOfWork, at: datetime) -> int:
    """Of instants nobody started in time the newest is made up for; those left out have a row. Returns how many."""
    rows = await due_analyses(work.connection, at)
    for row in rows:
        await _settle(work, row, at)
    return len(rows)


async def _settle(work: UnitOfWork, row: Row, at: datetime) -> None:
    timing = timing_of(row.cron, row.time_zone, row.kept_at)
    assert timing is not None, "only what has times is ever due"
    runs, following = due_runs(timing, ALWAYS_OPEN, row.settled_until_at, at)
    parted = settlement(runs, CatchUp.NEWEST, at, more_follow=following is not None and following <= at)
    for run in parted.skipped:
        skipped = Instant(saved_id=row.id, revision=row.revision, due_at=run.due_at, outcome="skipped")
        await add_instant(work.connection, skipped, at)
    for run in parted.fired:
        await queue_due_analysis(work, row.id, run.due_at, actor=row.kept_by)
    await set_clock(work.connection, row.id, runs[-1].due_at if runs else at, following)
