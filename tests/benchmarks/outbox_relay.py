"""P7: relaying events from the outbox, against bare confirmed publishing into the same queue with the same window."""

import asyncio
from typing import Final

import aio_pika
from aio_pika.abc import AbstractChannel, AbstractQueue
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.database import Database
from shared.events.envelope import Envelope, Event, encode
from shared.events.payments import ReceiptsBookedV1
from shared.messaging.publisher import Publisher
from shared.messaging.topology import EVENTS_EXCHANGE, declare_events_exchange
from shared.outbox import write_outbox
from shared.outbox.relay import OutboxRelay, RelayLimits
from tests.benchmarks.ratios import REPETITIONS, Ratio, seconds_of
from tests.benchmarks.receipt_events import receipt_events

EVENTS: Final = 5_000
WINDOW: Final = 500
QUEUE: Final = "salesops.payments.bench"


async def measure(database_url: str, broker_url: str) -> Ratio:
    """`database_url` is a migrated payments database."""
    database = Database(database_url, application_name="bench")
    ratios = []
    async with (
        await aio_pika.connect(broker_url) as connection,
        Publisher(broker_url, name="bench") as publisher,
    ):
        channel = await connection.channel(publisher_confirms=True)
        queue = await _queue(channel)
        for repetition in range(REPETITIONS + 1):  # the first one warms up
            events = receipt_events(EVENTS)
            bare = await seconds_of(lambda: _publish_bare(channel, events))  # noqa: B023 -- awaited within the loop
            await _fill(database.engine, events)
            relayed = await seconds_of(lambda: _relay(database.engine, publisher))
            assert await _emptied(queue) == 2 * EVENTS
            if repetition:
                ratios.append(bare / relayed)
                print(
                    f"P7 {repetition}: {EVENTS / relayed:,.0f} events/s relayed, {EVENTS / bare:,.0f}/s bare"
                )
        await channel.queue_delete(QUEUE)
    await database.close()
    return Ratio("P7", "outbox relay", "bare confirmed publishing, window 500", 0.60, 0.85, tuple(ratios))


async def _queue(channel: AbstractChannel) -> AbstractQueue:
    await declare_events_exchange(channel)
    queue = await channel.declare_queue(QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
    await queue.bind(EVENTS_EXCHANGE, ReceiptsBookedV1.type_name)
    return queue


async def _publish_bare(channel: AbstractChannel, events: list[Envelope[Event]]) -> None:
    bodies = [encode(event) for event in events]
    exchange = await channel.get_exchange(EVENTS_EXCHANGE, ensure=False)
    for start in range(0, len(bodies), WINDOW):
        await asyncio.gather(
            *(
                exchange.publish(
                    aio_pika.Message(body, delivery_mode=aio_pika.DeliveryMode.PERSISTENT),
                    ReceiptsBookedV1.type_name,
                )
                for body in bodies[start : start + WINDOW]
            )
        )


async def _fill(engine: AsyncEngine, events: list[Envelope[Event]]) -> None:
    for start in range(0, len(events), WINDOW):
        async with engine.begin() as connection:
            await write_outbox(connection, events[start : start + WINDOW])


async def _relay(engine: AsyncEngine, publisher: Publisher) -> None:
    stop = asyncio.Event()
    running = asyncio.create_task(OutboxRelay(engine, publisher, limits=RelayLimits(window=WINDOW)).run(stop))
    while await _are_pending(engine):  # noqa: ASYNC110 - the database is asked
        await asyncio.sleep(0.01)
    stop.set()
    await running


async def _are_pending(engine: AsyncEngine) -> bool:
    async with engine.connect() as connection:
        return bool(
            (
                await connection.execute(
                    text("SELECT EXISTS (SELECT FROM outbox WHERE published_at IS NULL)")
                )
            ).scalar()
        )


async def _emptied(queue: AbstractQueue) -> int:
    return (await queue.purge()).message_count or 0
