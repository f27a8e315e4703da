"""A consumer in a process of its own, for tests that kill it: `python -m … DATABASE_URL AMQP_URL`."""

import asyncio
import sys

from sqlalchemy.ext.asyncio import create_async_engine

from shared.inbox import event_consumer, on
from tests.integration.shared.counted import CountedV1
from tests.integration.shared.projection import Transaction, project


async def main(database_url: str, broker_url: str) -> None:
    engine = create_async_engine(database_url)
    consumer = event_consumer(broker_url, "test", [on(CountedV1, project)], lambda: Transaction(engine))
    await consumer.run(asyncio.Event())


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
