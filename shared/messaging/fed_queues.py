"""Notices that the queue of a service was deleted or a binding of it taken away, and puts bindings back.

Who tells a fact learns that no queue took it, and keeps it. That one of several queues was missing it cannot learn: the
others confirm. So what was told meanwhile is missing at that service, until it is told again (docs/runbook.md).
"""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection
from aio_pika.exceptions import ChannelNotFoundEntity
from prometheus_client import Counter

from shared.messaging.bindings import ALL_TYPES, missing_bindings, probing_channel
from shared.messaging.connection import BROKER_ERRORS
from shared.messaging.topology import ServiceTopology, bind

log = structlog.get_logger()
queues_lost_total = Counter("event_queues_lost", "Times the queue of a service was gone", ["service"])
bindings_put_back_total = Counter(
    "event_bindings_put_back", "Times a binding of a service was gone and put back", ["service", "event_type"]
)


class QueueWatch:
    """Of one process. At its first look it cannot know what a new installation or version lacks: that no queue is there is
    written down, bindings are not asked for."""

    def __init__(self, topology: ServiceTopology) -> None:
        self._topology = topology
        self._has_been_there = False
        self._all_bound_at: datetime | None = None
        self._lost = queues_lost_total.labels(topology.service)
        # Shown from the start: what begins with 1 has not increased, for Prometheus.
        self._put_back = {
            event_type: bindings_put_back_total.labels(topology.service, event_type)
            for event_type in (*topology.event_types, ALL_TYPES)
        }

    async def look(self, connection: AbstractConnection) -> None:
        """Before the queues are declared."""
        is_there = await _is_there(connection, self._topology.main.name)
        if is_there and self._has_been_there:
            await self.put_back(connection)
        elif self._has_been_there:
            self._lost.inc()
            log.error("queue_lost", service=self._topology.service, queue=self._topology.main.name)
        elif not is_there:
            log.warning("queue_is_new", service=self._topology.service, queue=self._topology.main.name)
        self._has_been_there = True

    async def put_back(self, connection: AbstractConnection) -> None:
        """Bind the queue, which is there; what was missing until now is said once it is bound again."""
        channel = await probing_channel(connection)
        try:
            await self._put_back_on(channel)
        finally:
            if not channel.is_closed:
                await channel.close()

    async def _put_back_on(self, channel: AbstractChannel) -> None:
        looked_at = datetime.now(UTC)
        missing = await missing_bindings(channel, self._topology)
        await bind(channel, self._topology)
        if missing:
            self._say_missing(missing)
        self._all_bound_at = looked_at if not missing else datetime.now(UTC)

    def _say_missing(self, missing: Sequence[str]) -> None:
        service = self._topology.service
        for event_type in missing:
            self._put_back[event_type].inc()
        since = self._all_bound_at.isoformat() if self._all_bound_at else None
        log.error("bindings_put_back", service=service, event_types=missing, were_there_at=since)


async def keep_bound(connection: AbstractConnection, watch: QueueWatch, seconds: float) -> None:
    """Bind the queues anew every so often; where one is gone, its consumer hears of it and declares it."""
    while True:
        await asyncio.sleep(seconds)
        try:
            await watch.put_back(connection)
        except BROKER_ERRORS as error:
            log.warning("bindings_wait", error=repr(error))


async def _is_there(connection: AbstractConnection, queue: str) -> bool:
    channel = await connection.channel()
    try:
        await channel.declare_queue(queue, passive=True)
    except ChannelNotFoundEntity:
        return False
    finally:
        if not channel.is_closed:
            await channel.close()
    return True
