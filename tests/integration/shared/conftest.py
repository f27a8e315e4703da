"""What the tests of messaging share: a database of their own, a broker without our queues, a wire to cut."""

import asyncio
from collections.abc import AsyncIterator

import aio_pika
import pytest
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared.primary import database_url as url_for
from tests.integration.shared.counted import COUNTED_QUEUE
from tests.integration.shared.wire import Wire
from tests.provisions import DatabaseFactory

SERVICE_QUEUES = tuple(
    f"salesops.test{suffix}"
    for suffix in (
        "",
        ".inbox",
        ".dead",
        *(
            f".{kind}.{delay}"
            for kind in ("retry", "postponed")
            for delay in (50, 100, 1_000, 10_000, 60_000)
        ),
    )
)


@pytest.fixture
async def database_url(empty_database: DatabaseFactory) -> str:
    return await empty_database("payments")


@pytest.fixture
async def engine(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(url_for(database_url, driver="asyncpg"), pool_size=10)
    yield engine
    await engine.dispose()


@pytest.fixture
async def bare_broker_url(amqp_url: str) -> AsyncIterator[str]:
    """A virtual host in which nobody wants our events yet."""
    yield amqp_url
    async with await aio_pika.connect(amqp_url) as connection:
        channel = await connection.channel()
        for name in (COUNTED_QUEUE, *SERVICE_QUEUES):
            await channel.queue_delete(name)


@pytest.fixture
async def wire(bare_broker_url: str) -> AsyncIterator[Wire]:
    """The way to the broker, for a part whose connections a test wants to cut."""
    wire = Wire(bare_broker_url)
    async with await wire.listen():
        yield wire
        wire.cut()
        await asyncio.sleep(0)
