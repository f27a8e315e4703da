"""What we declare at the broker; valid on RabbitMQ 3.10 and on 4.x.

    salesops.events (topic) ──everything──▶ salesops.<service>.events (topic)
                                                │ type
                                                ▼
                            salesops.<service>.inbox ──refused, or delivered too often──┐
                                                ▲                                       │
    salesops.<service>.retries ──▶ salesops.<service>.postponed.<ms> ── later ──▶ back  │
    salesops.<service>.dead-letters ──▶ salesops.<service>.dead ◀───────────────────────┘

Each service declares its own queues and exchanges and nobody else's: the broker compares names with rights, and so
nobody can put a message into another's queue (decision 0049). 3.10 has no delivery limit of its own and 4.x drops
what exceeds its limit and has nowhere to go, so every queue states both. Events come by an exchange of the service's own,
as only there it can ask whether a binding is there without telling others anything (decision 0099).

`python -m shared.messaging.topology payments partners` prints the same as RabbitMQ definitions.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass

from aio_pika.abc import AbstractChannel
from pydantic import JsonValue

from shared.events.catalogue import consumed_by
from shared.events.envelope import Event

EVENTS_EXCHANGE = "salesops.events"
EVERYTHING = "#"

RETRY_DELAYS_MS = (1_000, 10_000, 60_000)
DELIVERIES_MAX = 20
DEAD_DELIVERIES_MAX = 1_000_000
LENGTH_MAX = 1_000_000

Arguments = dict[str, str | int]


@dataclass(frozen=True, slots=True)
class Queue:
    """A durable quorum queue and the (exchange, routing key) pairs that feed it."""

    name: str
    arguments: Arguments
    bindings: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class ServiceTopology:
    service: str
    event_types: tuple[str, ...]
    main: Queue
    dead: Queue
    retries: tuple[Queue, ...]
    retry_delays_ms: tuple[int, ...]

    @property
    def exchanges(self) -> dict[str, str]:
        """Kinds of the exchanges by name; that of the events is everybody's."""
        own = (retries_exchange(self.service), dead_letters_exchange(self.service))
        topics = (EVENTS_EXCHANGE, service_events_exchange(self.service))
        return {**dict.fromkeys(topics, "topic"), **dict.fromkeys(own, "direct")}

    @property
    def former(self) -> tuple[tuple[str, str], ...]:
        """Queues of former versions, and under which key of `retries_exchange` their messages go on."""
        name = f"salesops.{self.service}"
        waiting = ((f"{name}.retry.{delay}", f"{self.service}.{delay}") for delay in self.retry_delays_ms)
        return (*waiting, (name, self.service))

    @property
    def queues(self) -> tuple[Queue, ...]:
        # The main queue comes last: once it is fed, what it needs for refusals exists.
        return (self.dead, *self.retries, self.main)

    def retry_key(self, attempt: int) -> str:
        """Where the `attempt`-th failure (from 1) waits; the last delay repeats."""
        delay = self.retry_delays_ms[min(attempt, len(self.retry_delays_ms)) - 1]
        return f"{self.service}.{delay}"


def service_topology(
    service: str, events: Sequence[type[Event]], *, retry_delays_ms: tuple[int, ...] = RETRY_DELAYS_MS
) -> ServiceTopology:
    name = f"salesops.{service}"
    back = (retries_exchange(service), service)
    aside = (dead_letters_exchange(service), service)
    events_come_by = service_events_exchange(service)
    event_types = tuple(event.type_name for event in events)
    return ServiceTopology(
        service=service,
        event_types=event_types,
        main=Queue(
            f"{name}.inbox",
            _quorum(DELIVERIES_MAX, dead_letters_to=aside),
            (back, *((events_come_by, key) for key in (*event_types, probe_key(service)))),
        ),
        dead=Queue(
            dead_letter_queue(service),
            {"x-queue-type": "quorum", "x-delivery-limit": DEAD_DELIVERIES_MAX},
            (aside,),
        ),
        retries=tuple(
            Queue(
                f"{name}.postponed.{delay}",
                {**_quorum(DELIVERIES_MAX, dead_letters_to=back), "x-message-ttl": delay},
                ((retries_exchange(service), f"{service}.{delay}"),),
            )
            for delay in retry_delays_ms
        ),
        retry_delays_ms=retry_delays_ms,
    )


def service_events_exchange(service: str) -> str:
    """Gets all that is told, and gives the service what it wants to know."""
    return f"salesops.{service}.events"


def probe_key(service: str) -> str:
    """Under which the service asks whether it gets what is told; nobody else wants to know."""
    return f"salesops.{service}.binding_probe.v1"


def retries_exchange(service: str) -> str:
    """Leads back to the service alone. The gateway replays dead letters by it."""
    return f"salesops.{service}.retries"


def dead_letters_exchange(service: str) -> str:
    return f"salesops.{service}.dead-letters"


def dead_letter_queue(service: str) -> str:
    """The gateway's worker reads it; the name is all it has to know of another service's queues."""
    return f"salesops.{service}.dead"


def _quorum(delivery_limit: int, *, dead_letters_to: tuple[str, str]) -> Arguments:
    exchange, routing_key = dead_letters_to
    return {
        "x-queue-type": "quorum",
        "x-delivery-limit": delivery_limit,
        "x-dead-letter-exchange": exchange,
        "x-dead-letter-routing-key": routing_key,
        # Dead-lettering is confirmed hop by hop; the broker asks for both of the others with it.
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        "x-max-length": LENGTH_MAX,
    }


async def declare_events_exchange(channel: AbstractChannel) -> None:
    await channel.declare_exchange(EVENTS_EXCHANGE, "topic", durable=True)


async def declare(channel: AbstractChannel, topology: ServiceTopology) -> None:
    await declare_exchanges(channel, topology)
    for queue in topology.queues:
        await channel.declare_queue(queue.name, durable=True, arguments=dict(queue.arguments))
    await bind(channel, topology)
    await _unbind_former(channel, topology)


async def declare_exchanges(channel: AbstractChannel, topology: ServiceTopology) -> None:
    for name, kind in topology.exchanges.items():
        await channel.declare_exchange(name, kind, durable=True)


async def bind(channel: AbstractChannel, topology: ServiceTopology) -> None:
    """Feed the queues, which are there already; a binding that is there stays as it is."""
    for queue in topology.queues:
        there = await channel.get_queue(queue.name, ensure=False)
        for exchange, routing_key in queue.bindings:
            await there.bind(exchange, routing_key)
    fed = await channel.get_exchange(service_events_exchange(topology.service), ensure=False)
    await fed.bind(EVENTS_EXCHANGE, EVERYTHING)


async def _unbind_former(channel: AbstractChannel, topology: ServiceTopology) -> None:
    """The queue was bound to the exchange of all itself (until decision 0099); what comes both ways comes once."""
    there = await channel.get_queue(topology.main.name, ensure=False)
    for event_type in topology.event_types:
        await there.unbind(EVENTS_EXCHANGE, event_type)


def definitions(services: Sequence[str], vhost: str = "/") -> dict[str, JsonValue]:
    """RabbitMQ's own definitions format, for brokers that are prepared before the services start."""
    topologies = [service_topology(service, consumed_by(service)) for service in services]
    queues = [queue for topology in topologies for queue in topology.queues]
    exchanges = {name: kind for topology in topologies for name, kind in topology.exchanges.items()}
    return {
        "exchanges": [
            {
                "name": name,
                "vhost": vhost,
                "type": kind,
                "durable": True,
                "auto_delete": False,
                "internal": False,
                "arguments": {},
            }
            for name, kind in exchanges.items()
        ],
        "queues": [
            {
                "name": queue.name,
                "vhost": vhost,
                "durable": True,
                "auto_delete": False,
                "arguments": dict(queue.arguments),
            }
            for queue in queues
        ],
        "bindings": [
            *(
                _binding(vhost, exchange, (queue.name, "queue"), routing_key)
                for queue in queues
                for exchange, routing_key in queue.bindings
            ),
            *(
                _binding(vhost, EVENTS_EXCHANGE, (service_events_exchange(service), "exchange"), EVERYTHING)
                for service in services
            ),
        ],
    }


def _binding(vhost: str, source: str, destination: tuple[str, str], routing_key: str) -> dict[str, JsonValue]:
    name, kind = destination
    return {
        "source": source,
        "vhost": vhost,
        "destination": name,
        "destination_type": kind,
        "routing_key": routing_key,
        "arguments": {},
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(definitions(sys.argv[1:]), indent=2, sort_keys=True) + "\n")
