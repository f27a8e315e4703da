"""A primary dies under writes: what was acknowledged is on the standby, and the same pool goes on there."""

import asyncio
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from deploy.local.backing import postgres_place
from deploy.local.child import Guard
from deploy.local.folder import Memory, StackFolder
from deploy.local.postgres import PostgresServer, create_service_database
from shared.database import Database
from shared.database_errors import meaning_of
from tests.faults.cluster.databases import DatabasePair, is_standby, set_server
from tests.integration.shared.waiting import until

PASSWORD = "throwaway"
INSERT = sa.text("INSERT INTO booked VALUES (:number)")


@pytest.fixture
def databases() -> Iterator[DatabasePair]:
    folder = Path(tempfile.mkdtemp(prefix="salesops-test-"))
    folder.chmod(0o711)
    guard, memory = Guard(), Memory(StackFolder(folder))
    place = postgres_place(StackFolder(folder), memory, memory.port("PostgreSQL"))
    pair = DatabasePair(PostgresServer(place, guard), memory, guard)
    try:
        pair.start()
        create_service_database(place.url(), name="payments", password=PASSWORD)
        yield pair
    finally:
        for server in (pair.first, pair.second):
            server.kill()
        guard.close()
        shutil.rmtree(folder, ignore_errors=True)


async def test_nothing_acknowledged_is_lost_and_nothing_goes_to_the_standby(databases: DatabasePair) -> None:
    url = databases.url(databases.first.place.url("payments", user="payments", password=PASSWORD))
    database = Database(url, application_name="tests")
    async with database.engine.begin() as connection:
        await connection.execute(sa.text("CREATE TABLE booked (number int PRIMARY KEY)"))
    for name, value in {"log_statement": "all", "log_connections": "on"}.items():
        set_server(databases.standby.place, name, value)
    acknowledged: set[int] = set()

    async def book(number: int) -> bool:
        try:
            async with database.engine.begin() as connection:
                await connection.execute(INSERT, {"number": number})
        except Exception as error:
            if meaning_of(error) is None:
                raise  # nothing but an outage is to be expected
            return False
        acknowledged.add(number)
        return True

    for number in range(50):
        assert await book(number)
    on_standby = databases.statements_on_standby(0)
    control = asked_directly(databases)
    lost = databases.primary
    await asyncio.to_thread(lost.kill)
    assert not await book(1000)
    databases.fence()
    await asyncio.to_thread(databases.promote)
    numbers = iter(range(2000, 9000))
    await until(lambda: book(next(numbers)))
    await asyncio.to_thread(databases.follow)
    assert await book(9000)
    await database.close()

    with psycopg.connect(databases.primary.place.url("payments")) as connection:
        kept = {row[0] for row in connection.execute("SELECT number FROM booked").fetchall()}
    assert acknowledged <= kept
    assert on_standby == (0, 0)
    assert control == (1, 1)
    assert is_standby(lost.place)
    assert not is_standby(databases.primary.place)


def asked_directly(databases: DatabasePair) -> tuple[int, int]:
    """What the count says when somebody does ask the standby: it would notice."""
    place = databases.standby.place
    with psycopg.connect(
        place.url("payments", user="payments", password=PASSWORD), autocommit=True
    ) as connection:
        connection.execute("SELECT 1")
    return databases.statements_on_standby(0)
