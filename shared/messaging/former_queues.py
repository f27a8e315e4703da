"""Moves what waits in queues of a former version into those of today: a quorum queue's arguments never change.

Until version 0.1.0 all services shared two exchanges for postponed and dead messages, and each had a main queue and retry
queues that led to them. Messages told before an upgrade, and what workers of the former version give back when they end,
go on from here. Nothing is deleted: docs/runbook.md says how the empty queues go.
"""

import asyncio
from typing import Final

import structlog
from aio_pika.abc import AbstractChannel, AbstractConnection, AbstractIncomingMessage, AbstractQueue
from aio_pika.exceptions import ChannelNotFoundEntity, QueueEmpty

from shared.messaging.connection import BROKER_ERRORS
from shared.messaging.intake import ATTEMPT_HEADER, copy_of, failures_of
from shared.messaging.topology import EVENTS_EXCHANGE, ServiceTopology, retries_exchange

ROUND_SECONDS: Final = 2.0
AT_ONCE: Final = 200
ANSWER_SECONDS: Final = 30

log = structlog.get_logger()


async def empty_former_queues(connection: AbstractConnection, topology: ServiceTopology) -> None:
    """Move messages until each queue is away, or empty with nobody of the former version at it."""
    while True:
        try:
            states = [await _moved(connection, topology, *former) for former in topology.former]
        except BROKER_ERRORS as error:
            log.warning("former_queues_wait", service=topology.service, error=repr(error))
        else:
            if all(states):
                return
        await asyncio.sleep(ROUND_SECONDS)


async def _moved(connection: AbstractConnection, topology: ServiceTopology, name: str, key: str) -> bool:
    """Move what waits now; tell whether nothing more can come."""
    channel = await connection.channel(publisher_confirms=True, on_return_raises=True)
    try:
        queue = await channel.declare_queue(name, passive=True)
        for event_type in topology.event_types:
            await queue.unbind(EVENTS_EXCHANGE, event_type)
        count = 0
        while batch := await _taken(queue):
            await _passed_on(channel, topology, key, batch)
            count += len(batch)
        if count:
            log.info("former_queue_emptied", service=topology.service, queue=name, messages=count)
        left = await channel.declare_queue(name, passive=True)
        return not (left.declaration_result.message_count or left.declaration_result.consumer_count)
    except ChannelNotFoundEntity:
        return True
    finally:
        if not channel.is_closed:
            await channel.close()


async def _taken(queue: AbstractQueue) -> list[AbstractIncomingMessage]:
    taken: list[AbstractIncomingMessage] = []
    try:
        while len(taken) < AT_ONCE:
            taken.append(await queue.get(timeout=ANSWER_SECONDS))
    except QueueEmpty:
        pass
    return taken


async def _passed_on(
    channel: AbstractChannel, topology: ServiceTopology, key: str, batch: list[AbstractIncomingMessage]
) -> None:
    """Acknowledged once the broker holds every copy. What is copied twice, the inbox drops."""
    retries = await channel.get_exchange(retries_exchange(topology.service), ensure=False)
    # Of the headers only ours: the broker wrote the others, and takes some of them ill from a publisher.
    copies = (copy_of(message, {ATTEMPT_HEADER: failures_of(message)}) for message in batch)
    await asyncio.gather(*(retries.publish(copy, key, timeout=ANSWER_SECONDS) for copy in copies))
    await batch[-1].ack(multiple=True)
