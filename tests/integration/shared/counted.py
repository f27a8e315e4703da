"""Events for these tests, and the ways to write and read them."""

from collections.abc import Sequence
from typing import ClassVar

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractQueue
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.events.envelope import Envelope, Event, decode, envelope_of
from shared.messaging.topology import EVENTS_EXCHANGE, declare_events_exchange
from shared.outbox import write_outbox


class CountedV1(Event):
    type_name: ClassVar[str] = "salesops.payments.counted.v1"
    source: ClassVar[str] = "payments"

    number: int


class RecountedV1(Event):
    type_name: ClassVar[str] = "salesops.payments.recounted.v1"
    source: ClassVar[str] = "payments"

    number: int


COUNTED_QUEUE = "salesops.counted"
TYPES = {CountedV1.type_name: CountedV1}


def counted(number: int, key: str = "k") -> Envelope[Event]:
    return envelope_of(CountedV1(number=number), subject=key, partition_key=key)


def recounted(number: int, key: str = "k") -> Envelope[Event]:
    return envelope_of(RecountedV1(number=number), subject=key, partition_key=key)


async def run_statements(engine: AsyncEngine, statements: Sequence[str]) -> None:
    async with engine.begin() as connection:
        for statement in statements:
            await connection.execute(text(statement))


async def write(engine: AsyncEngine, envelopes: Sequence[Envelope[Event]]) -> None:
    async with engine.begin() as connection:
        await write_outbox(connection, envelopes)


async def declare_counted_queue(channel: AbstractChannel) -> AbstractQueue:
    await declare_events_exchange(channel)
    queue = await channel.declare_queue(COUNTED_QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
    await queue.bind(EVENTS_EXCHANGE, CountedV1.type_name)
    return queue


async def told(broker_url: str, queue_name: str = COUNTED_QUEUE) -> list[Envelope[CountedV1]]:
    """Takes what the queue holds."""
    envelopes = []
    async with await aio_pika.connect(broker_url) as connection:
        queue = await (await connection.channel()).get_queue(queue_name)
        while message := await queue.get(fail=False, no_ack=True):
            envelope = decode(message.body, TYPES)
            assert envelope is not None
            envelopes.append(envelope)
    return envelopes


async def untold(engine: AsyncEngine) -> list[tuple[int, str | None]]:
    """(attempts, last error) of what the outbox still holds back."""
    async with engine.connect() as connection:
        rows = await connection.execute(
            text("SELECT attempts, last_error FROM outbox WHERE published_at IS NULL ORDER BY position")
        )
        return [(row.attempts, row.last_error) for row in rows]
