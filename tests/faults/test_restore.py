"""Books are brought back as they were between two payments, all services or one, and what follows is told once more."""

import asyncio
import json
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest
import sqlalchemy as sa

from deploy.local.backups import Backups
from deploy.local.child import Guard
from deploy.local.errors import StackError
from deploy.local.ports import free_ports
from deploy.local.postgres import PostgresPlace, PostgresServer, create_service_database
from deploy.local.restore_service import restore_service
from deploy.tell_again import retell
from services.partners.application.register_partners import register_partners
from services.partners.consumers import SUBSCRIPTIONS
from services.partners.domain.partner import PartnerDetails, Registration
from shared.database import Database, UnitOfWork
from shared.events.envelope import decode
from shared.inbox import apply_once
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
    add_database(server, "payments")
    yield server
    server.stop()
    guard.close()
    shutil.rmtree(folder, ignore_errors=True)


def add_database(server: PostgresServer, owner: str) -> None:
    create_service_database(server.place.url(), name=owner, password=owner)
    upgrade(owner, url_of(server, owner))


def url_of(server: PostgresServer, owner: str = "payments") -> str:
    return server.place.url(owner, user=owner, password=owner)


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


EVENTS = {one.event_class.type_name: one.event_class for one in SUBSCRIPTIONS}


async def tell(books: PaymentsBooks, partners: Database) -> None:
    """What the relay, the broker and the worker do: what payments has not told reaches partners, as often as it is told."""
    rows = await books.rows("SELECT body FROM outbox WHERE published_at IS NULL ORDER BY position")
    heard = [envelope for row in rows if (envelope := decode(row.body, EVENTS)) is not None]
    await apply_once("partners", SUBSCRIPTIONS, lambda: UnitOfWork(partners))(heard)
    await books.write("UPDATE outbox SET published_at = now() WHERE published_at IS NULL")


async def sheet_of(partners: Database) -> list[tuple[str, int]]:
    async with partners.reading() as connection:
        query = sa.text("SELECT reference, amount_minor FROM sheet_receipts ORDER BY reference")
        return [(row.reference, row.amount_minor) for row in await connection.execute(query)]


async def register(partners: Database, code: str) -> None:
    async with UnitOfWork(partners) as work:
        await register_partners(
            work,
            [Registration(details=PartnerDetails(code=code, name=f"{code} Works", zone="West"))],
            actor="tests",
            at=datetime.now(UTC),
        )
        await work.commit()


async def test_one_service_comes_back_alone_hears_again_what_it_missed_and_says_what_it_forgot(
    server: PostgresServer,
) -> None:
    backups = Backups(server.place)
    first, second = (receipt(on_account_minor=10_000 * n, reference=f"UTR{n}") for n in (1, 2))
    await asyncio.to_thread(add_database, server, "partners")
    urls = {owner: url_of(server, owner) for owner in ("payments", "partners")}
    partners = Database(urls["partners"], application_name="test")
    async with books_of(server) as books:
        await books.open()
        await asyncio.to_thread(backups.take, keep=7)
        await books.book(first)
        await tell(books, partners)
        await register(partners, "CPKEPT")
        between = await asyncio.to_thread(moment_of, server)
        await register(partners, "CPLOST")
        await books.book(second)
        await tell(books, partners)
        was = await sheet_of(partners)

        found = await asyncio.to_thread(restore_service, server.place, "partners", between, urls)

        assert await sheet_of(partners) == was[:1]
        await tell(books, partners)
        assert await sheet_of(partners) == was == [("UTR1", 10_000), ("UTR2", 20_000)]
        assert await booked(books) == {"UTR1", "UTR2"}
        (forgotten,) = [json.loads(line) for line in found.list_of_forgotten.read_text().splitlines()]
        assert "CPLOST" in json.dumps(forgotten["body"])
        with psycopg.connect(server.place.url(found.before)) as connection:
            assert connection.execute("SELECT count(*) FROM sheet_receipts").fetchone() == (2,)
        await register(partners, "CPLOST")
    await partners.close()
