"""Queues what webhooks are to deliver, in the transaction that tells it: told once is queued once."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.adapters.webhook_deliveries import add_deliveries
from gateway.adapters.webhook_endpoints import listening_endpoints
from gateway.domain.live_event import LiveEvent

# Only the endpoint that is tried out gets this one; its owner's others would wonder.
TESTED: Final = "webhook_endpoint.tested"


async def queue_deliveries(connection: AsyncConnection, events: Sequence[LiveEvent]) -> None:
    """Queue each event for every endpoint that hears it."""
    heard: list[tuple[UUID, LiveEvent]] = []
    for endpoint in await listening_endpoints(connection):
        audience, owner = endpoint.audience, endpoint.owner
        heard += [
            (endpoint.id, event)
            for event in events
            if event.type != TESTED and audience.hears(event, subject=owner)
        ]
    await add_deliveries(connection, heard)
