"""Fires what is due: one schedule in one transaction, with its runs, their items and what is told of them."""

from datetime import datetime
from uuid import UUID

from services.partners.adapters.schedule_store import claim_due, move_on
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.settle_runs import calendar_for, settle_part


async def fire_schedule(work: UnitOfWork, schedule_id: UUID, at: datetime) -> bool:
    """Settle its first due runs; False when none is due, or another worker is at it.

    After a long silence there is more than one part; call it until it is False.
    """
    schedule = await claim_due(work.connection, schedule_id, at)
    if schedule is None:
        return False
    calendar = await calendar_for(work, schedule.rule)
    await move_on(work.connection, await settle_part(work, schedule, calendar, at))
    return True
