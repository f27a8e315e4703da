"""A relay in a process of its own, for tests that kill it: `python -m … DATABASE_URL AMQP_URL`."""

import asyncio
import sys

from sqlalchemy.ext.asyncio import create_async_engine

from shared.messaging.publisher import Publisher
from shared.outbox.relay import OutboxRelay


async def main(database_url: str, broker_url: str) -> None:
    engine = create_async_engine(database_url)
    async with Publisher(broker_url, name="relay process") as publisher:
        await OutboxRelay(engine, publisher).drain()
    await engine.dispose()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
