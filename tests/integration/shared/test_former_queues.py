"""What waits in queues of the former version is applied by the workers of today, once, and nothing more goes there."""

import asyncio
from collections.abc import AsyncIterator

import aio_pika
import pytest
from aio_pika.abc import AbstractChannel, AbstractIncomingMessage, AbstractQueue
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.events.envelope import Envelope, Event, encode
from shared.messaging.publisher import Publisher
from shared.messaging.topology import EVENTS_EXCHANGE, declare_events_exchange
from tests.integration.shared.counted import CountedV1, counted
from tests.integration.shared.test_messaging import (
    consuming,
    effects,
    projection,
    publisher,
    send,
    until_effects,
)

__all__ = ["projection", "publisher"]

RETRIES, DEAD_LETTERS = "salesops.retries", "salesops.dead-letters"


async def former_queue(
    channel: AbstractChannel, name: str, dead_to: tuple[str, str], **more: int
) -> AbstractQueue:
    """A queue as the former version declared it."""
    arguments = {
        "x-queue-type": "quorum",
        "x-delivery-limit": 20,
        "x-dead-letter-exchange": dead_to[0],
        "x-dead-letter-routing-key": dead_to[1],
        "x-dead-letter-strategy": "at-least-once",
        "x-overflow": "reject-publish",
        "x-max-length": 1_000_000,
        **{f"x-{key.replace('_', '-')}": value for key, value in more.items()},
    }
    return await channel.declare_queue(name, durable=True, arguments=arguments)


@pytest.fixture
async def former(bare_broker_url: str) -> AsyncIterator[tuple[AbstractChannel, AbstractQueue]]:
    """The main queue of the former version, fed by the events, and what it leads to."""
    async with await aio_pika.connect(bare_broker_url) as connection:
        channel = await connection.channel()
        await declare_events_exchange(channel)
        for name in (RETRIES, DEAD_LETTERS):
            await channel.declare_exchange(name, "direct", durable=True)
        main = await former_queue(channel, "salesops.test", (DEAD_LETTERS, "test"))
        await main.bind(RETRIES, "test")
        await main.bind(EVENTS_EXCHANGE, CountedV1.type_name)
        waiting = await former_queue(
            channel, "salesops.test.retry.100", (RETRIES, "test"), message_ttl=60_000
        )
        await waiting.bind(RETRIES, "test.100")
        yield channel, main
        for name in (RETRIES, DEAD_LETTERS):
            await channel.exchange_delete(name)


def message(envelope: Envelope[Event], **headers: int) -> aio_pika.Message:
    names = {f"x-{key}": value for key, value in headers.items()}
    return aio_pika.Message(encode(envelope), message_id=str(envelope.id), type=envelope.type, headers=names)


async def test_messages_of_the_former_queues_are_applied_and_new_ones_go_elsewhere(
    projection: AsyncEngine,
    bare_broker_url: str,
    publisher: Publisher,
    former: tuple[AbstractChannel, AbstractQueue],
) -> None:
    """Also what a worker of the former version has in its hands, and gives back when it ends."""
    channel, main = former
    await send(publisher, [counted(number) for number in range(450)])
    retries = await channel.get_exchange(RETRIES, ensure=False)
    await retries.publish(message(counted(500), attempt=2), "test.100")
    other_worker = await aio_pika.connect(bare_broker_url)
    its_channel = await other_worker.channel()
    await its_channel.set_qos(prefetch_count=50)
    has_some = asyncio.Event()

    async def hold(_message: AbstractIncomingMessage) -> None:
        has_some.set()

    await (await its_channel.get_queue(main.name)).consume(hold)
    await has_some.wait()

    async with consuming(projection, bare_broker_url):
        await until_effects(projection, 401)
        await send(publisher, [counted(1000)])
        await until_effects(projection, 402)
        await other_worker.close()
        await until_effects(projection, 452)

    assert sorted(await effects(projection)) == [*range(450), 500, 1000]
    left = await channel.declare_queue(main.name, passive=True)
    assert left.declaration_result.message_count == 0
