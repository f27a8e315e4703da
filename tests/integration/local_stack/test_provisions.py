"""The throwaway servers that tests stand on."""

from collections.abc import Callable

import aio_pika
import asyncpg
import pytest
from aiormq.exceptions import ChannelAccessRefused

from tests.provisions import DatabaseFactory


async def test_a_service_owns_its_database_and_is_no_superuser(empty_database: DatabaseFactory) -> None:
    connection = await asyncpg.connect(await empty_database("payments"))

    await connection.execute("CREATE TABLE receipt (id bigint PRIMARY KEY)")
    is_superuser = await connection.fetchval("SELECT rolsuper FROM pg_roles WHERE rolname = current_user")

    assert is_superuser is False
    await connection.close()


async def test_every_call_gives_another_database(empty_database: DatabaseFactory) -> None:
    assert await empty_database("payments") != await empty_database("payments")


async def test_a_confirmed_message_is_received(amqp_url: str) -> None:
    async with await aio_pika.connect(amqp_url) as connection, connection.channel() as channel:
        queue = await channel.declare_queue("", exclusive=True)

        await channel.default_exchange.publish(aio_pika.Message(b"fact"), routing_key=queue.name)
        message = await queue.get(timeout=60)

        assert message.body == b"fact"


async def test_a_service_may_not_declare_the_queue_of_another(broker_url: Callable[[str], str]) -> None:
    async with await aio_pika.connect(broker_url("partners")) as connection:
        channel = await connection.channel()

        with pytest.raises(ChannelAccessRefused):
            await channel.declare_queue("salesops.payments", durable=True)
