"""Notices runs that nobody started, whatever the reason, and tells each once."""

from datetime import datetime

from services.partners.adapters.published_schedules import publish_misses
from services.partners.adapters.schedule_runs import record_misses, runs_not_started
from services.partners.adapters.unit_of_work import UnitOfWork
from shared.scheduling.planned_runs import LATE_AFTER


async def watch_schedules(work: UnitOfWork, at: datetime) -> int:
    """How many were noticed now."""
    missing = await runs_not_started(work.connection, at - LATE_AFTER)
    noticed = await record_misses(work.connection, missing, at) if missing else []
    publish_misses(work, noticed, at)
    return len(noticed)
