"""Notices that the queue of a service was deleted, and puts back bindings that somebody took away.

Who tells a fact learns that no queue took it, and keeps it. That one of several queues was missing it cannot learn: the
others confirm. So what was told meanwhile is missing at that service, until it is told again (docs/runbook.md).
"""

import asyncio

import structlog
from aio_pika.abc import AbstractConnection
from aio_pika.exceptions import ChannelNotFoundEntity
from prometheus_client import Counter

from shared.messaging.connection import BROKER_ERRORS
from shared.messaging.topology import ServiceTopology, bind

log = structlog.get_logger()
queues_lost_total = Counter("event_queues_lost", "Times the queue of a service was gone", ["service"])


class QueueWatch:
    """Of one process. To find no queue at its first look is how a new installation begins, and is only written down."""

    def __init__(self, topology: ServiceTopology) -> None:
        self._topology = topology
        self._has_been_there = False
        self._lost = queues_lost_total.labels(topology.service)

    async def look(self, connection: AbstractConnection) -> None:
        """Before the queues are declared."""
        is_there = await _is_there(connection, self._topology.main.name)
        if not is_there and self._has_been_there:
            self._lost.inc()
            log.error("queue_lost", service=self._topology.service, queue=self._topology.main.name)
        elif not is_there:
            log.warning("queue_is_new", service=self._topology.service, queue=self._topology.main.name)
        self._has_been_there = True


async def keep_bound(connection: AbstractConnection, topology: ServiceTopology, seconds: float) -> None:
    """Bind the queues anew every so often; where one is gone, its consumer hears of it and declares it."""
    while True:
        await asyncio.sleep(seconds)
        try:
            channel = await connection.channel()
            try:
                await bind(channel, topology)
            finally:
                if not channel.is_closed:
                    await channel.close()
        except BROKER_ERRORS as error:
            log.warning("bindings_wait", service=topology.service, error=repr(error))


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
