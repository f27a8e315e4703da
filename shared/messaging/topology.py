"""What we declare at the broker; valid on RabbitMQ 3.10 and on 4.x.

    salesops.events (topic) ──type──▶ salesops.<service>.inbox ──refused, or delivered too often──┐
                                                ▲                                                 │
    salesops.<service>.retries ──▶ salesops.<service>.postponed.<ms> ── after its time ──▶ back   │
    salesops.<service>.dead-letters ──▶ salesops.<service>.dead ◀─────────────────────────────────┘

Each service declares its own queues and exchanges and nobody else's: the broker compares names with rights, and so
nobody can put a message into another's queue (decision 0049). 3.10 has no delivery limit of its own and 4.x drops
what exceeds its limit and has nowhere to go, so every queue states both.

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
    main: Queue
    dead: Queue
    retries: tuple[Queue, ...]
    retry_delays_ms: tuple[int, ...]

    @property
    def exchanges(self) -> dict[str, str]:
        """Kinds of the exchanges by name; that of the events is everybody's."""
        own = (retries_exchange(self.service), dead_letters_exchange(self.service))
        return {EVENTS_EXCHANGE: "topic", **dict.fromkeys(own, "direct")}

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
    return ServiceTopology(
        service=service,
        main=Queue(
            f"{name}.inbox",
            _quorum(DELIVERIES_MAX, dead_letters_to=aside),
            (back, *((EVENTS_EXCHANGE, event.type_name) for event in events)),
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
    for name, kind in topology.exchanges.items():
        await channel.declare_exchange(name, kind, durable=True)
    for queue in topology.queues:
        await channel.declare_queue(queue.name, durable=True, arguments=dict(queue.arguments))
    await bind(channel, topology)


async def bind(channel: AbstractChannel, topology: ServiceTopology) -> None:
    """Feed the queues, which are there already; a binding that is there stays as it is."""
    for queue in topology.queues:
        there = await channel.get_queue(queue.name, ensure=False)
        for exchange, routing_key in queue.bindings:
            await there.bind(exchange, routing_key)


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
            {
                "source": exchange,
                "vhost": vhost,
                "destination": queue.name,
                "destination_type": "queue",
                "routing_key": routing_key,
                "arguments": {},
            }
            for queue in queues
            for exchange, routing_key in queue.bindings
        ],
    }


if __name__ == "__main__":
    sys.stdout.write(json.dumps(definitions(sys.argv[1:]), indent=2, sort_keys=True) + "\n")
