"""A payments database as it was when its books were opened, again and again, in a few milliseconds."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit, urlunsplit

import asyncpg

from services.payments.adapters.orm import metadata
from shared.database import Database
from tests.factories.payments_books import PaymentsBooks

EmptiedBooks = Callable[[], Awaitable[PaymentsBooks]]
PAST_ITS_GUARDS: Final = {"session_replication_role": "replica"}


def superuser_of(database: Database, postgres_admin_url: str) -> Database:
    """The same database with the rights of one who can pass by its triggers."""
    return Database(_superusers_url(database, postgres_admin_url), application_name="tamper")


@asynccontextmanager
async def emptied_books(database: Database, postgres_admin_url: str) -> AsyncIterator[EmptiedBooks]:
    """Open books in a migrated database; what is yielded makes every table hold again what it holds then.

    Nearly every test begins with it, so it is one call of a function in the database: a statement for each of a hundred
    tables, or books opened by the use cases, took longer than most of the tests themselves.
    """
    books = PaymentsBooks(database)
    await books.open()
    connection = await asyncpg.connect(
        _superusers_url(database, postgres_admin_url), server_settings=PAST_ITS_GUARDS
    )
    await _remember(connection)

    async def empty() -> PaymentsBooks:
        await connection.execute("SELECT kept.empty_again()")
        return PaymentsBooks(database)

    yield empty
    await connection.close()


async def _remember(connection: asyncpg.Connection) -> None:
    """Copy what is in the tables, and write the function that puts it back. The copies are in a schema of their own,
    where no test of the service's own tables meets them."""
    names = [table.name for table in metadata.sorted_tables]
    filled = [name for name in names if await connection.fetchval(f"SELECT EXISTS (SELECT FROM {name})")]
    steps = [f"DELETE FROM {name};" for name in names]
    steps += [f"INSERT INTO {name} TABLE kept.{name};" for name in filled]
    copies = [f"CREATE TABLE kept.{name} AS TABLE {name};" for name in filled]
    await connection.execute(
        f"CREATE SCHEMA kept; {' '.join(copies)}"
        f" CREATE FUNCTION kept.empty_again() RETURNS void LANGUAGE plpgsql AS $$ BEGIN {' '.join(steps)} END $$"
    )


def _superusers_url(database: Database, postgres_admin_url: str) -> str:
    return urlunsplit(urlsplit(postgres_admin_url)._replace(path=urlsplit(database.url).path))
