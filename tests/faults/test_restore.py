"""Books are brought back as they were between two payments, and what follows is told as if nothing had happened."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from deploy.local.backups import Backups
from deploy.local.child import Guard
from deploy.local.errors import StackError
from deploy.local.ports import free_ports
from deploy.local.postgres import PostgresPlace, PostgresServer, create_service_database
from deploy.tell_again import retell
from shared.database import Database
from shared.migrations.runner import upgrade
from tests.factories.payments import receipt
from tests.factories.payments_books import PaymentsBooks


@pytest.fixture
def server() -> Iterator[PostgresServer]:
    """Durable, as in production, with a migrated payments database."""
    folder, guard = Path(tempfile.mkdtemp(prefix="salesops-test-")), Guard()
    folder.chmod(0o711)
    place = PostgresPlace(folder / "postgres", free_ports(1)[0], folder / "postgres.log", "secret")
    server = PostgresServer(place, guard)
    server.start()
    create_service_database(place.url(), name="payments", password="payments")
    upgrade("payments", url_of(server))
    yield server
    server.stop()
    guard.close()
    shutil.rmtree(folder, ignore_errors=True)


def url_of(server: PostgresServer) -> str:
    return server.place.url("payments", user="payments", password="payments")


@asynccontextmanager
async def books_of(server: PostgresServer) -> AsyncIterator[PaymentsBooks]:
    database = Database(url_of(server), application_name="test")
    yield PaymentsBooks(database)
    await database.close()


def moment_of(server: PostgresServer) -> datetime:
    """The server's own clock, which stamps commits."""
    with psycopg.connect(server.place.url()) as connection:
        row = connection.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    return row[0]


async def booked(books: PaymentsBooks) -> set[str]:
    return {row.reference for row in await books.rows("SELECT reference FROM receipts")}


async def test_books_come_back_as_they_were_between_two_payments(server: PostgresServer) -> None:
    backups = Backups(server.place)
    first, second, third = (
        receipt(on_account_minor=10_000 * number, reference=f"UTR{number}") for number in (1, 2, 3)
    )
    async with books_of(server) as books:
        await books.open()
        taken = backups.take(keep=7)
        await books.book(first)
        between = await asyncio.to_thread(moment_of, server)
        await books.book(second)
        await books.write("UPDATE outbox SET published_at = now()")
    server.stop()

    before = backups.restore(server, between, lambda _words: None)

    async with books_of(server) as books:
        assert await booked(books) == {"UTR1"}
        assert (await books.verify()).is_intact
        assert await books.value("SELECT sum(amount_minor) FROM journal_lines") == 0
        told = await retell(url_of(server), between - timedelta(days=1))
        await books.book(second, third)
        assert await booked(books) == {"UTR1", "UTR2", "UTR3"}
        assert (await books.verify()).is_intact
    assert told == 0  # the outbox came back too, and had told nothing then
    assert (before / "PG_VERSION").exists()
    assert [one.folder for one in backups.known()] == [taken.folder]
    with pytest.raises(StackError, match="the oldest backup ended at"):
        backups.restore(server, taken.ended_at - timedelta(seconds=1), lambda _words: None)
    server.stop()
    with pytest.raises(StackError, match="recovery target"):
        backups.restore(server, datetime.now(UTC) + timedelta(days=1), lambda _words: None)
    server.start()
    async with books_of(server) as books:
        assert await booked(books) == {"UTR1", "UTR2", "UTR3"}
