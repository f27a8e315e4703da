"""Tells, once each, that the time of a question ran out."""

from datetime import datetime
from typing import Final

from services.payments.adapters.query_facts import publish_query_overdue
from services.payments.adapters.repositories.payment_queries import claim_overdue
from services.payments.adapters.unit_of_work import UnitOfWork

AT_ONCE_MAX: Final = 200


async def watch_queries(work: UnitOfWork, at: datetime) -> int:
    """How many were told of now; the rest follows with the next call."""
    late = await claim_overdue(work.connection, at, AT_ONCE_MAX)
    for query in late:
        await publish_query_overdue(work, query.id)
    return len(late)
