"""Settings that name several servers: one that is gone, stands still or does not write is passed over for the next."""

import asyncio
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import psycopg
import pytest
import sqlalchemy as sa
from psycopg import sql
from sqlalchemy.engine import make_url

from deploy.local.ports import free_ports
from shared.database import Database
from shared.database_errors import DatabaseUnavailable, meaning_of
from shared.events.envelope import encode
from shared.messaging.publisher import Outcome, Outgoing, Publisher
from shared.primary import NoPrimary, connect_to_primary, conninfo_of
from tests.integration.shared.counted import counted
from tests.integration.shared.wire import Wire
from tests.provisions import DatabaseFactory


@asynccontextmanager
async def silent_server() -> AsyncIterator[str]:
    """It accepts and says nothing, as a server does that stands still."""

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(-1)
        writer.close()

    async with await asyncio.start_server(keep, "127.0.0.1", 0) as server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"


def of_servers(url: str, *servers: str) -> str:
    parts = urlsplit(url)
    account = parts.netloc.rpartition("@")[0]
    return urlunsplit(parts._replace(netloc=f"{account}@{','.join(servers)}"))


def server_of(url: str) -> str:
    return urlsplit(url).netloc.rpartition("@")[2]


def nobody() -> str:
    return f"127.0.0.1:{free_ports(1)[0]}"


async def publish(publisher: Publisher) -> list[Outcome]:
    event = counted(1)
    return await publisher.publish([Outgoing(event.id, event.type, encode(event), is_mandatory=False)])


async def test_a_node_that_is_lost_is_replaced_by_another(bare_broker_url: str) -> None:
    wires = Wire(bare_broker_url), Wire(bare_broker_url)
    listening = {wire: await wire.listen() for wire in wires}
    url = of_servers(bare_broker_url, *(server_of(wire.url) for wire in wires))

    async with Publisher(url, name="test", confirm_timeout_seconds=3) as publisher:
        before = await publish(publisher)
        lost = next(wire for wire in wires if wire.is_used)
        listening[lost].close()
        lost.cut()
        # What is sent on a connection whose loss was not heard of yet is unknown, and is sent again.
        after = [outcome for _ in range(3) for outcome in await publish(publisher)]

    for server in listening.values():
        server.close()
    assert before == [Outcome.CONFIRMED]
    assert after[-1] is Outcome.CONFIRMED


async def test_nodes_that_are_silent_or_gone_are_passed_over(bare_broker_url: str) -> None:
    async with silent_server() as silent:
        url = of_servers(bare_broker_url, silent, nobody(), server_of(bare_broker_url))
        for _ in range(3):  # the order is chance
            async with Publisher(url, name="test") as publisher:
                assert await publish(publisher) == [Outcome.CONFIRMED]


async def test_database_servers_that_are_silent_or_gone_are_passed_over(
    empty_database: DatabaseFactory,
) -> None:
    url = await empty_database("payments")
    async with silent_server() as silent:
        database = Database(of_servers(url, silent, nobody(), server_of(url)), application_name="tests")
        async with database.engine.begin() as connection:
            assert (await connection.execute(sa.text("SELECT 1"))).scalar() == 1
        await database.close()


async def test_a_server_that_does_not_write_is_refused_as_an_outage(
    empty_database: DatabaseFactory, postgres_admin_url: str
) -> None:
    url = await empty_database("payments")
    name = sql.Identifier(urlsplit(url).path.lstrip("/"))
    with psycopg.connect(postgres_admin_url, autocommit=True) as administrator:
        administrator.execute(
            sql.SQL("ALTER DATABASE {} SET default_transaction_read_only = on").format(name)
        )
    database = Database(of_servers(url, nobody(), server_of(url)), application_name="tests")

    with pytest.raises(NoPrimary) as refused:
        async with database.engine.connect():
            pass
    with pytest.raises(psycopg.OperationalError, match="read-only"):
        psycopg.connect(conninfo_of(url))
    await database.close()

    assert server_of(url) in str(refused.value)
    assert isinstance(meaning_of(refused.value), DatabaseUnavailable)


async def test_connections_notice_a_machine_that_is_gone_and_says_nothing(
    worker_database: DatabaseFactory,
) -> None:
    """Those of requests and those of jobs, which speak libpq; an exercise of faults shows it done."""
    url = await worker_database("payments")
    connection = await connect_to_primary(**asyncpg_options(url))
    with (
        psycopg.connect(conninfo_of(url)) as of_jobs,
        socket.socket(fileno=os.dup(of_jobs.fileno())) as theirs,
    ):
        ours = connection._transport.get_extra_info("socket")
        for one in (ours, theirs):
            noticing = [
                one.getsockopt(level, option)
                for level, option in (
                    (socket.SOL_SOCKET, socket.SO_KEEPALIVE),
                    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE),
                    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL),
                    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT),
                    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT),
                )
            ]
            assert noticing == [1, 5, 5, 2, 15_000]
    await connection.close()


def asyncpg_options(url: str) -> dict[str, Any]:
    parts = make_url(url)
    return {
        "host": parts.host, "port": parts.port, "user": parts.username, "password": parts.password,
        "database": parts.database,
    }  # fmt: skip
