"""P8: applying events to a projection, each once, against bare consuming.

The bare consumer acknowledges message by message; ours acknowledges a batch after its commit.
"""

import asyncio
from collections.abc import Sequence
from typing import Final

import aio_pika
from aio_pika.abc import AbstractIncomingMessage
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.database import Database, UnitOfWork
from shared.events.envelope import Envelope, Event, encode
from shared.events.payments import ReceiptsBookedV1
from shared.inbox import event_consumer, on
from shared.messaging.consumer import ConsumerLimits
from shared.messaging.publisher import Outgoing, Publisher
from shared.messaging.topology import EVENTS_EXCHANGE, declare, service_topology
from tests.benchmarks.ratios import REPETITIONS, Ratio, seconds_of
from tests.benchmarks.receipt_events import AMOUNT_MINOR, receipt_events

EVENTS: Final = 5_000
WINDOW: Final = 500
BARE_QUEUE: Final = "salesops.payments.bench"
TOPOLOGY: Final = service_topology("payments", [ReceiptsBookedV1])


async def measure(database_url: str, broker_url: str) -> Ratio:
    """`database_url` is a migrated payments database."""
    database = Database(database_url, application_name="bench")
    async with database.engine.begin() as connection:
        await connection.execute(
            text(
                "CREATE TABLE bench_collections (partner_code text PRIMARY KEY, amount_minor bigint NOT NULL)"
            )
        )
    await _declare(broker_url)
    ratios = []
    async with Publisher(broker_url, name="bench") as publisher:
        for repetition in range(REPETITIONS + 1):  # the first one warms up
            await _send(publisher, receipt_events(EVENTS))  # into both queues
            bare = await seconds_of(lambda: _consume_bare(broker_url))
            wanted = (repetition + 1) * EVENTS
            applied = await seconds_of(lambda: _apply(database, broker_url, wanted))  # noqa: B023 -- awaited within
            if repetition:
                ratios.append(bare / applied)
                print(
                    f"P8 {repetition}: {EVENTS / applied:,.0f} events/s applied, {EVENTS / bare:,.0f}/s bare"
                )
    await _delete(broker_url)
    await database.close()
    return Ratio(
        "P8", "events applied to a projection", "bare consume, each acknowledged", 0.30, 0.60, tuple(ratios)
    )


async def _declare(broker_url: str) -> None:
    async with await aio_pika.connect(broker_url) as connection:
        channel = await connection.channel()
        await declare(channel, TOPOLOGY)
        queue = await channel.declare_queue(BARE_QUEUE, durable=True, arguments={"x-queue-type": "quorum"})
        await queue.bind(EVENTS_EXCHANGE, ReceiptsBookedV1.type_name)


async def _delete(broker_url: str) -> None:
    async with await aio_pika.connect(broker_url) as connection:
        channel = await connection.channel()
        for name in (BARE_QUEUE, *(queue.name for queue in TOPOLOGY.queues)):
            await channel.queue_delete(name)


async def _send(publisher: Publisher, events: list[Envelope[Event]]) -> None:
    for start in range(0, len(events), WINDOW):
        window = events[start : start + WINDOW]
        await publisher.publish([Outgoing(event.id, event.type, encode(event)) for event in window])


async def _consume_bare(broker_url: str) -> None:
    left, done = EVENTS, asyncio.Event()

    async def acknowledge(message: AbstractIncomingMessage) -> None:
        nonlocal left
        await message.ack()
        left -= 1
        if left == 0:
            done.set()

    async with await aio_pika.connect(broker_url) as connection:
        channel = await connection.channel()
        await channel.set_qos(prefetch_count=ConsumerLimits().prefetch)
        await (await channel.get_queue(BARE_QUEUE)).consume(acknowledge)
        await done.wait()


async def _apply(database: Database, broker_url: str, wanted: int) -> None:
    stop = asyncio.Event()
    consumer = event_consumer(
        broker_url, "payments", [on(ReceiptsBookedV1, _collect)], lambda: UnitOfWork(database)
    )
    running = asyncio.create_task(consumer.run(stop))
    while await _applied(database.engine) < wanted:  # noqa: ASYNC110 - the database is asked
        await asyncio.sleep(0.01)
    stop.set()
    await running


async def _collect(work: UnitOfWork, envelopes: Sequence[Envelope[ReceiptsBookedV1]]) -> None:
    """What a projection does: one set-based statement for the whole batch."""
    receipts = [receipt for envelope in envelopes for receipt in envelope.data.receipts]
    await work.connection.execute(
        text(
            "INSERT INTO bench_collections (partner_code, amount_minor) "
            "SELECT partner_code, sum(amount_minor) "
            "FROM unnest(CAST(:codes AS text[]), CAST(:amounts AS bigint[])) AS r (partner_code, amount_minor) "
            "GROUP BY 1 ORDER BY 1 ON CONFLICT (partner_code) "
            "DO UPDATE SET amount_minor = bench_collections.amount_minor + EXCLUDED.amount_minor"
        ),
        {
            "codes": [receipt.partner_code for receipt in receipts],
            "amounts": [receipt.amount_minor for receipt in receipts],
        },
    )


async def _applied(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        total = await connection.execute(text("SELECT COALESCE(sum(amount_minor), 0) FROM bench_collections"))
        return int(total.scalar_one()) // AMOUNT_MINOR
