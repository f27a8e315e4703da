"""Asks the broker whether the bindings of a service are there, which AMQP has no question for: by probes.

A probe is a message that only the asking service can get: to its own exchange under the type of an event, and to the
exchange of all under its own key. One that the broker gives back says that the binding is missing; one that arrives is
ignored, as any event is that nobody here wants to know, also by workers of a former version.
"""

import asyncio
from datetime import UTC, datetime
from typing import Final
from uuid import uuid4

import msgspec
from aio_pika.abc import AbstractChannel, AbstractConnection, DeliveryMode
from aio_pika.exceptions import DeliveryError, PublishError
from aiormq.abc import AbstractChannel as WireChannel
from pamqp.commands import Basic

from shared.events.envelope import CONTENT_TYPE
from shared.messaging.topology import (
    EVENTS_EXCHANGE,
    ServiceTopology,
    declare_exchanges,
    probe_key,
    service_events_exchange,
)

# Instead of a type: nothing at all that is told comes to the service's exchange.
ALL_TYPES: Final = "all"
ANSWER_SECONDS: Final = 10.0


async def probing_channel(connection: AbstractConnection) -> AbstractChannel:
    return await connection.channel(publisher_confirms=True, on_return_raises=True)


async def missing_bindings(channel: AbstractChannel, topology: ServiceTopology) -> list[str]:
    """The event types that do not reach the queue of the service, sorted; ALL_TYPES for the way to its exchange.

    `channel` has to be one of `probing_channel`. Where the queue is full, none is missing. Raises ChannelNotFoundEntity if
    it is away.
    """
    key = probe_key(topology.service)
    await declare_exchanges(channel, topology)
    own = service_events_exchange(topology.service)
    # By itself it carries nothing: the probe of the way to the service's exchange has to arrive somewhere.
    await (await channel.get_queue(topology.main.name, ensure=False)).bind(own, key)
    ways = {event_type: (own, event_type) for event_type in topology.event_types}
    ways[ALL_TYPES] = (EVENTS_EXCHANGE, key)
    wire = await channel.get_underlay_channel()
    answers = await asyncio.gather(*(_is_taken(wire, *way, body=_probe(key)) for way in ways.values()))
    return sorted(name for name, is_taken in zip(ways, answers, strict=True) if not is_taken)


async def _is_taken(channel: WireChannel, exchange: str, routing_key: str, *, body: bytes) -> bool:
    properties = Basic.Properties(content_type=CONTENT_TYPE, delivery_mode=DeliveryMode.NOT_PERSISTENT)
    try:
        await channel.basic_publish(
            body,
            exchange=exchange,
            routing_key=routing_key,
            properties=properties,
            mandatory=True,
            timeout=ANSWER_SECONDS,
        )
    except PublishError:
        return False
    except DeliveryError:
        return True
    return True


def _probe(key: str) -> bytes:
    return msgspec.json.encode(
        {
            "specversion": "1.0",
            "id": uuid4(),
            "source": "binding-probe",
            "type": key,
            "time": datetime.now(UTC),
            "data": {},
        }
    )
