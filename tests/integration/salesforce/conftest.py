"""A simulated Salesforce organisation on a real socket, for each test its own."""

from collections.abc import AsyncIterator

import pytest
import sqlalchemy as sa

from shared.database import Database
from tests.provisions import DatabaseFactory
from tests.salesforce.simulator import Line, Org, Salesforce, sending, serving


@pytest.fixture(scope="session")
async def line() -> AsyncIterator[tuple[Line, str]]:
    line = Line()
    async with serving(line) as address:
        yield line, address


@pytest.fixture
def quiet_org(line: tuple[Line, str]) -> Org:
    """It sends messages only when it is told to."""
    salesforce = Salesforce()
    line[0].app = salesforce.application()
    return Org(salesforce, line[1])


@pytest.fixture
async def org(quiet_org: Org) -> AsyncIterator[Org]:
    async with sending(quiet_org.salesforce):
        yield quiet_org


@pytest.fixture(scope="session")
async def gateway_database(fresh_database: DatabaseFactory) -> AsyncIterator[Database]:
    database = Database(await fresh_database("gateway"), application_name="test", pool_size=8)
    yield database
    await database.close()


@pytest.fixture(scope="session")
async def mappings_at_first(gateway_database: Database) -> str:
    """The mappings that the migration puts in."""
    async with gateway_database.reading() as connection:
        statement = sa.text("SELECT json_agg(m)::text FROM salesforce_write_mappings m")
        return str(await connection.scalar(statement))


@pytest.fixture
async def database(gateway_database: Database, mappings_at_first: str) -> Database:
    """The gateway's database as the migrations left it."""
    async with gateway_database.engine.begin() as connection:
        await connection.execute(
            sa.text(
                "TRUNCATE salesforce_writes, salesforce_write_mappings, salesforce_open_items, salesforce_partners,"
                " salesforce_watermarks, salesforce_records, salesforce_object_gaps, salesforce_notification_replays,"
                " salesforce_notifications,"
                " salesforce_messages, outbox"
            )
        )
        await connection.execute(
            sa.text(
                "INSERT INTO salesforce_write_mappings"
                " SELECT * FROM json_populate_recordset(NULL::salesforce_write_mappings, CAST(:rows AS json))"
            ),
            {"rows": mappings_at_first},
        )
    return gateway_database
