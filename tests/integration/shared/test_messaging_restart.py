"""A broker that dies and comes back, with a relay and a consumer running."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from shared.inbox import create_inbox_sql, event_consumer, on
from shared.messaging.consumer import ConsumerLimits
from shared.messaging.publisher import Publisher
from shared.outbox import create_outbox_sql
from shared.outbox.relay import OutboxRelay, RelayLimits
from tests.integration.shared.conftest import Broker
from tests.integration.shared.counted import CountedV1, counted, run_statements, write
from tests.integration.shared.projection import (
    CREATE_PROJECTION,
    Transaction,
    effects,
    project,
    until_effects,
)


@pytest.fixture
async def own_broker(tmp_path: Path, broker: Broker) -> AsyncIterator[Broker]:
    node = Broker(tmp_path)
    await node.start()
    yield node
    node.kill()
    node.end_port_mapper()


async def test_every_event_takes_effect_once_though_the_broker_was_killed(
    engine: AsyncEngine, own_broker: Broker
) -> None:
    await run_statements(engine, [*create_inbox_sql(), *create_outbox_sql(), CREATE_PROJECTION])
    stop = asyncio.Event()
    publisher = Publisher(own_broker.url, name="relay", confirm_timeout_seconds=3)
    relay = OutboxRelay(engine, publisher, limits=RelayLimits(outage_seconds=0.2))
    consumer = event_consumer(
        own_broker.url,
        "test",
        [on(CountedV1, project)],
        lambda: Transaction(engine),
        limits=ConsumerLimits(pause_seconds_max=0.5),
    )
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(consumer.run(stop))
        tasks.create_task(relay.run(stop))
        await write(engine, [counted(number, f"k{number % 5}") for number in range(200)])
        await until_effects(engine, 200)

        own_broker.kill()
        await write(engine, [counted(number, f"k{number % 5}") for number in range(200, 400)])
        await own_broker.start()
        await write(engine, [counted(number, f"k{number % 5}") for number in range(400, 600)])
        await until_effects(engine, 600)
        stop.set()
    await publisher.close()

    assert sorted(await effects(engine)) == list(range(600))
