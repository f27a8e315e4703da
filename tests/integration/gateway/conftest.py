from collections.abc import AsyncIterator

import httpx
import pytest
import sqlalchemy as sa

from shared.database import Database
from tests.integration.gateway.running import Seen, gateway_before, recording_app
from tests.integration.gateway.salesforce_senders import ORGANIZATIONS, TABLES
from tests.provisions import DatabaseFactory


@pytest.fixture(scope="session")
async def database_url(worker_database: DatabaseFactory) -> str:
    """The gateway's migrated database, shared by the tests of one worker."""
    return await worker_database("gateway")


@pytest.fixture
async def fresh_gateway_database(fresh_database: DatabaseFactory) -> str:
    """A migrated database that nobody used: addresses have all their quota."""
    return await fresh_database("gateway")


@pytest.fixture(scope="session")
async def salesforce_gateway_url(database_url: str) -> AsyncIterator[str]:
    """A gateway that takes in what two organizations of Salesforce send."""
    async with gateway_before(
        recording_app(Seen([])), database_url, salesforce_organizations=ORGANIZATIONS
    ) as url:
        yield url


@pytest.fixture
async def salesforce_database(database_url: str) -> AsyncIterator[Database]:
    """Nothing was told yet."""
    database = Database(database_url, application_name="tests", pool_size=4)
    async with database.engine.begin() as connection:
        await connection.execute(sa.text(f"TRUNCATE {TABLES}"))
    yield database
    await database.close()


@pytest.fixture
async def salesforce_client(
    salesforce_gateway_url: str, salesforce_database: Database
) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=salesforce_gateway_url, timeout=120) as client:
        yield client
