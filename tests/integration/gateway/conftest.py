import pytest

from tests.provisions import DatabaseFactory


@pytest.fixture(scope="session")
async def database_url(worker_database: DatabaseFactory) -> str:
    """The gateway's migrated database, shared by the tests of one worker."""
    return await worker_database("gateway")


@pytest.fixture
async def fresh_gateway_database(fresh_database: DatabaseFactory) -> str:
    """A migrated database that nobody used: addresses have all their quota."""
    return await fresh_database("gateway")
