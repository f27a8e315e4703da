"""One payments database for the tests of a worker, emptied for each test, with partners and a bank account in it."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from urllib.parse import urlsplit, urlunsplit

import httpx
import pytest
import sqlalchemy as sa
from fastapi import FastAPI

from services.payments.adapters.orm import metadata
from services.payments.main import create_app
from services.payments.settings import PaymentsSettings
from shared.database import Database
from shared.identity import Caller
from tests.factories.payments_books import PaymentsBooks
from tests.integration.service_callers import CURSOR_SECRET, PUBLIC_KEY, calling
from tests.provisions import DatabaseFactory

CallAs = Callable[[Caller], AbstractAsyncContextManager[httpx.AsyncClient]]


@pytest.fixture(scope="session")
async def payments_database(fresh_database: DatabaseFactory) -> AsyncIterator[Database]:
    database = Database(await fresh_database("payments"), application_name="test", pool_size=12)
    yield database
    await database.close()


@pytest.fixture(scope="session")
async def superuser(payments_database: Database, postgres_admin_url: str) -> AsyncIterator[Database]:
    """The same database with the rights of one who can pass by its triggers."""
    name = urlsplit(payments_database.url).path
    admin = Database(urlunsplit(urlsplit(postgres_admin_url)._replace(path=name)), application_name="tamper")
    yield admin
    await admin.close()


@pytest.fixture(scope="session")
async def seeds(payments_database: Database) -> dict[str, str]:
    """What the migrations themselves put in, as JSON by table: rules as data that every installation begins with."""
    found: dict[str, str] = {}
    async with payments_database.reading() as connection:
        for table in metadata.sorted_tables:
            rows = await connection.scalar(sa.text(f"SELECT json_agg(t)::text FROM {table.name} t"))
            if rows is not None:
                found[table.name] = rows
    return found


@pytest.fixture(scope="session")
def emptied(
    payments_database: Database, superuser: Database, seeds: dict[str, str]
) -> Callable[[], Awaitable[PaymentsBooks]]:
    """Empty the database past its guards, which takes a twentieth of the time that a new one takes."""

    async def empty() -> PaymentsBooks:
        async with superuser.engine.begin() as connection:
            await connection.execute(sa.text("SET LOCAL session_replication_role = replica"))
            for table in metadata.sorted_tables:
                await connection.execute(table.delete())
            for name, rows in seeds.items():
                await connection.execute(
                    sa.text(
                        f"INSERT INTO {name} SELECT * FROM json_populate_recordset(NULL::{name}, CAST(:rows AS json))"
                    ),
                    {"rows": rows},
                )
        books = PaymentsBooks(payments_database)
        await books.open()
        return books

    return empty


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
async def books(emptied: Callable[[], Awaitable[PaymentsBooks]]) -> PaymentsBooks:
    return await emptied()
