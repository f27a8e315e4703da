"""Books on an event loop of their own, because stateful tests are synchronous and empty the books many times."""

import asyncio
from collections.abc import Callable, Iterator

import pytest

from shared.database import Database
from tests.factories.emptied_database import emptied_books, superuser_of
from tests.integration.payments.ledger.ledger_bench import LedgerBench
from tests.provisions import ThrowawayDatabases

NewBench = Callable[[], LedgerBench]


@pytest.fixture(scope="session")
def own_loop() -> Iterator[asyncio.Runner]:
    with asyncio.Runner(loop_factory=asyncio.new_event_loop) as runner:
        yield runner


@pytest.fixture(scope="session")
def own_database(own_loop: asyncio.Runner, throwaway_databases: ThrowawayDatabases) -> Iterator[Database]:
    database = Database(throwaway_databases.migrated("payments"), application_name="ledger")
    yield database
    own_loop.run(database.close())


@pytest.fixture(scope="session")
def own_superuser(
    own_loop: asyncio.Runner, own_database: Database, postgres_admin_url: str
) -> Iterator[Database]:
    database = superuser_of(own_database, postgres_admin_url)
    yield database
    own_loop.run(database.close())


@pytest.fixture(scope="session")
def new_bench(
    own_loop: asyncio.Runner, own_database: Database, postgres_admin_url: str
) -> Iterator[NewBench]:
    """Empty books and an empty model, each time it is called; the ones before are gone."""
    opened = emptied_books(own_database, postgres_admin_url)
    emptied = own_loop.run(opened.__aenter__())
    yield lambda: LedgerBench(own_loop, emptied)
    own_loop.run(opened.__aexit__(None, None, None))
