"""Our own PostgreSQL keeps what it confirmed, also when killed; RabbitMQ lets each service do its own work only."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from uuid import uuid4

import aio_pika
import psycopg
import pytest
from aiormq.exceptions import ChannelAccessRefused

from deploy.local.broker_users import EVENTS_EXCHANGE
from deploy.local.child import Guard
from deploy.local.ports import free_ports
from deploy.local.postgres import PostgresPlace, PostgresServer, create_service_database
from shared.messaging.publisher import Outgoing, Publisher
from shared.messaging.topology import declare, declare_events_exchange, service_topology


@pytest.fixture(scope="module")
def guard() -> Iterator[Guard]:
    guard = Guard()
    yield guard
    guard.close()


@pytest.fixture(scope="module")
def server(open_folder: Path, guard: Guard) -> Iterator[PostgresServer]:
    place = PostgresPlace(open_folder / "postgres", free_ports(1)[0], open_folder / "postgres.log", "secret")
    server = PostgresServer(place, guard)
    server.start()
    yield server
    server.stop()


def test_committed_rows_survive_the_death_of_every_postgres_process(server: PostgresServer) -> None:
    with psycopg.connect(server.place.url()) as connection:
        connection.execute("CREATE TABLE receipt AS SELECT 7 AS amount_minor")

    server.kill()
    server.start()

    with psycopg.connect(server.place.url()) as connection:
        assert connection.execute("SELECT amount_minor FROM receipt").fetchone() == (7,)


def test_a_pid_file_that_names_a_stranger_does_not_keep_postgres_from_starting(
    server: PostgresServer,
) -> None:
    server.kill()
    pid_file = server.place.folder / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    pid_file.write_text("\n".join([str(os.getpid()), *lines[1:]]) + "\n")

    server.start()

    psycopg.connect(server.place.url()).close()


def test_data_is_durable_unless_asked_otherwise(server: PostgresServer) -> None:
    with psycopg.connect(server.place.url()) as connection:
        settings = connection.execute(
            "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)",
            (["fsync", "synchronous_commit", "full_page_writes", "data_checksums"],),
        ).fetchall()

    assert {setting for _, setting in settings} == {"on"}


def test_a_role_cannot_connect_to_the_database_of_another(server: PostgresServer) -> None:
    for name in ("payments", "partners"):
        create_service_database(server.place.url(), name=name, password=name)

    with pytest.raises(psycopg.OperationalError, match="permission denied for database"):
        psycopg.connect(server.place.url("payments", user="partners", password="partners"))


async def test_a_service_cannot_publish_the_event_of_another(
    amqp_url: str, broker_url: Callable[[str], str]
) -> None:
    async with await aio_pika.connect(amqp_url) as connection, connection.channel() as channel:
        await declare_events_exchange(channel)

    async with await aio_pika.connect(broker_url("partners")) as connection:
        channel = await connection.channel()
        exchange = await channel.get_exchange(EVENTS_EXCHANGE)
        with pytest.raises(ChannelAccessRefused):
            await exchange.publish(aio_pika.Message(b"forged"), "salesops.payments.receipts_booked.v1")


async def test_a_service_cannot_put_a_message_into_the_queue_of_another(
    amqp_url: str, broker_url: Callable[[str], str]
) -> None:
    """Neither by its exchanges, nor at its queues, nor by a queue of its own whose messages die into them."""
    topology = service_topology("payments", [])
    ways: list[tuple[str, str]] = [
        *(pair for queue in topology.queues for pair in queue.bindings if pair[0] != EVENTS_EXCHANGE),
        *(("", queue.name) for queue in topology.queues),
    ]
    async with await aio_pika.connect(amqp_url) as connection, connection.channel() as channel:
        await declare(channel, topology)
        for queue in topology.queues:
            await (await channel.get_queue(queue.name)).purge()

    async with await aio_pika.connect(broker_url("partners")) as connection:
        for exchange_name, key in ways:
            channel = await connection.channel()
            exchange = await channel.get_exchange(exchange_name, ensure=False)
            with pytest.raises(ChannelAccessRefused):
                await exchange.publish(aio_pika.Message(b"forged"), key)
        for arguments in (
            {"x-dead-letter-exchange": name} for name in topology.exchanges if name != EVENTS_EXCHANGE
        ):
            channel = await connection.channel()
            with pytest.raises(ChannelAccessRefused):
                await channel.declare_queue("salesops.partners.trap", arguments=dict(arguments))
        channel = await connection.channel()
        with pytest.raises(ChannelAccessRefused):
            await channel.declare_queue(topology.main.name, durable=True)

    async with await aio_pika.connect(amqp_url) as connection, connection.channel() as channel:
        for queue in topology.queues:
            declared = await channel.declare_queue(queue.name, passive=True)
            assert declared.declaration_result.message_count == 0, queue.name


async def test_the_gateway_gives_a_message_back_to_one_service(
    amqp_url: str, broker_url: Callable[[str], str]
) -> None:
    topology = service_topology("reporting", [])
    async with await aio_pika.connect(amqp_url) as connection, connection.channel() as channel:
        await declare(channel, topology)
        inbox = await channel.get_queue(topology.main.name)
        await inbox.purge()

        async with Publisher(broker_url("gateway"), name="gateway") as publisher:
            replayed = Outgoing(
                uuid4(), "salesops.payments.receipts_booked.v1", b"again", recipient="reporting"
            )
            assert await publisher.publish([replayed]) == ["confirmed"]

        message = await inbox.get(no_ack=True)
    assert message is not None
    assert message.body == b"again"
