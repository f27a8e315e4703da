"""Servers that die and come back keep address and data, and what is said through them takes effect once."""

import asyncio

import psycopg
from sqlalchemy.ext.asyncio import create_async_engine

from shared.inbox import event_consumer, on
from shared.inbox_table import create_inbox_sql
from shared.messaging.consumer import ConsumerLimits
from shared.messaging.publisher import Publisher
from shared.outbox import add_outbox_recipient_sql, create_outbox_sql
from shared.outbox.relay import OutboxRelay, RelayLimits
from shared.primary import database_url
from tests.faults.processes import FragileSystem
from tests.integration.shared.counted import CountedV1, counted, run_statements, write
from tests.integration.shared.projection import (
    CREATE_PROJECTION,
    Transaction,
    effects,
    project,
    until_effects,
)


def test_both_servers_come_back_on_the_same_addresses_with_their_data(system: FragileSystem) -> None:
    system.start()
    before = system.database_url("payments"), system.amqp_url("payments")
    with psycopg.connect(before[0]) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS id")

    system.kill("PostgreSQL", "RabbitMQ")
    assert not system.runs("PostgreSQL")
    system.start()

    assert (system.database_url("payments"), system.amqp_url("payments")) == before
    with psycopg.connect(before[0]) as connection:
        assert connection.execute("SELECT count(*) FROM kept").fetchone() == (1,)


def test_a_frozen_database_answers_again_when_thawed(system: FragileSystem) -> None:
    system.start()
    url = system.database_url("payments")

    with system.frozen("PostgreSQL"):
        assert system.runs("PostgreSQL")

    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)


async def test_every_event_takes_effect_once_though_the_broker_was_killed(system: FragileSystem) -> None:
    await asyncio.to_thread(system.start)
    engine = create_async_engine(database_url(system.database_url("payments"), driver="asyncpg"))
    await run_statements(
        engine, [*create_inbox_sql(), *create_outbox_sql(), *add_outbox_recipient_sql(), CREATE_PROJECTION]
    )
    stop = asyncio.Event()
    broker_url = system.amqp_url("payments")
    publisher = Publisher(broker_url, name="payments", confirm_timeout_seconds=3)
    relay = OutboxRelay(engine, publisher, limits=RelayLimits(outage_seconds=0.2))
    limits = ConsumerLimits(pause_seconds_max=0.5)
    subscriptions = [on(CountedV1, project)]
    consumer = event_consumer(
        broker_url, "payments", subscriptions, lambda: Transaction(engine), limits=limits
    )
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(consumer.run(stop))
        tasks.create_task(relay.run(stop))
        await write(engine, [counted(number, f"k{number % 5}") for number in range(200)])
        await until_effects(engine, 200)
        await asyncio.to_thread(system.rabbitmq.wait_until_queue_is_on_disk, "salesops.payments.inbox")

        await asyncio.to_thread(system.kill, "RabbitMQ")
        await write(engine, [counted(number, f"k{number % 5}") for number in range(200, 400)])
        await asyncio.to_thread(system.start)
        await write(engine, [counted(number, f"k{number % 5}") for number in range(400, 600)])
        await until_effects(engine, 600)
        stop.set()
    await publisher.close()
    taken = await effects(engine)
    await engine.dispose()

    assert sorted(taken) == list(range(600))
