"""Tells, once each, that the 24 hours of a credit are half gone, nearly gone, or over."""

from datetime import datetime
from typing import Final

from services.payments.adapters.clock_facts import publish_clock
from services.payments.adapters.clock_store import claim_clocks, escalations
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.business_day import business_day
from services.payments.domain.escalation import escalation_for

AT_ONCE_MAX: Final = 500


async def watch_clocks(work: UnitOfWork, at: datetime) -> int:
    """How many were told of now; the rest follows with the next call.

    What passed while nobody watched is told late, and a credit that was booked late is told too.
    """
    passed = await claim_clocks(work.connection, at, AT_ONCE_MAX)
    if passed:
        rules, today = await escalations(work.connection), business_day(at)
        for clock in sorted(passed, key=lambda one: (one.due_at, one.bank_line_id)):
            publish_clock(work, clock, escalation_for(rules, clock.zone, clock.told_percent, today))
    return len(passed)
