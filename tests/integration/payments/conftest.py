"""One payments database for the tests of a worker, emptied for each test, with partners and a bank account in it."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime

import httpx
import pytest
from fastapi import FastAPI

from services.payments.adapters.journal_months import keep_journal_months
from services.payments.main import create_app
from services.payments.settings import PaymentsSettings
from shared.database import Database
from shared.identity import Caller
from shared.month_partitions import month_start
from tests.factories.emptied_database import EmptiedBooks, emptied_books, superuser_of
from tests.factories.payments_books import PaymentsBooks
from tests.integration.service_callers import CURSOR_SECRET, PUBLIC_KEY, calling
from tests.provisions import DatabaseFactory

CallAs = Callable[[Caller], AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture(scope="session")
async def payments_database(fresh_database: DatabaseFactory) -> AsyncIterator[Database]:
    # Tests of races have two hundred wait for twelve connections: on a busy machine that is no fault.
    database = Database(
        await fresh_database("payments"), application_name="test", pool_size=12, wait_seconds=120
    )
    yield database
    await database.close()


@pytest.fixture(scope="session")
async def superuser(payments_database: Database, postgres_admin_url: str) -> AsyncIterator[Database]:
    """The same database with the rights of one who can pass by its triggers."""
    admin = superuser_of(payments_database, postgres_admin_url)
    yield admin
    await admin.close()


@pytest.fixture(scope="session")
async def emptied(payments_database: Database, postgres_admin_url: str) -> AsyncIterator[EmptiedBooks]:
    async with emptied_books(payments_database, postgres_admin_url) as emptied:
        yield emptied


@pytest.fixture(scope="session")
def payments_app(payments_database: Database) -> FastAPI:
    settings = PaymentsSettings(
        database_url=payments_database.url,
        amqp_url="amqp://unused",
        internal_token_public_key=PUBLIC_KEY,
        cursor_secret=CURSOR_SECRET,
    )
    return create_app(settings)


@pytest.fixture(scope="session")
async def calling_payments(payments_app: FastAPI) -> AsyncIterator[CallAs]:
    """Call the API of the same database as somebody."""
    yield lambda caller: calling(payments_app, "payments", caller)
    await payments_app.state.database.close()


@pytest.fixture
async def books(emptied: EmptiedBooks) -> PaymentsBooks:
    """Opened books in which nothing was booked."""
    return await emptied()


@pytest.fixture
async def months_ahead(fresh_database: DatabaseFactory) -> AsyncIterator[Database]:
    """A database of its own with months of the journal for half a year to come."""
    database = Database(await fresh_database("payments"), application_name="tests", pool_size=4)
    async with database.engine.begin() as connection:
        await keep_journal_months(connection, month_start(datetime.now(UTC), 3))
    yield database
    await database.close()
