"""Tells how things stand of which partners may never have heard, because they are older than the events that tell them."""

from typing import Final
from uuid import UUID

from services.payments.adapters.standing_facts import StandingFact, publish_some
from services.payments.adapters.unit_of_work import UnitOfWork

AT_ONCE: Final = 500
BEFORE_ALL: Final = UUID(int=0)


async def tell_standing(work: UnitOfWork, fact: StandingFact, after: UUID) -> tuple[int, UUID]:
    """Some of them: how many, and the id to go on from; 0 after all. Telling them twice changes nothing."""
    told = await publish_some(work, fact, after, limit=AT_ONCE)
    return len(told), told[-1] if told else after
