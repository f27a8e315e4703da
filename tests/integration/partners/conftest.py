"""The partners service on a migrated database."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import httpx
import pytest
from fastapi import FastAPI

from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.consumers import SUBSCRIPTIONS
from services.partners.main import create_app
from services.partners.settings import PartnersSettings
from shared.database import Database
from shared.identity import Caller
from shared.inbox import apply_once
from shared.messaging.consumer import Apply
from tests.integration.partners.schedule_desk import Desk
from tests.integration.service_callers import CURSOR_SECRET, PUBLIC_KEY, calling
from tests.provisions import DatabaseFactory

As = Callable[[Caller], AbstractAsyncContextManager[httpx.AsyncClient]]
PartnersService = tuple[As, Apply]


@pytest.fixture(scope="session")
async def database_url(worker_database: DatabaseFactory) -> str:
    return await worker_database("partners")


@pytest.fixture(scope="session")
async def app(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> FastAPI:
    """The application, its documents in a folder of the run."""
    settings = PartnersSettings(
        database_url=database_url,
        amqp_url="amqp://unused",
        internal_token_public_key=PUBLIC_KEY,
        cursor_secret=CURSOR_SECRET,
        webhook_secret="a webhook secret of tests only",
        webhook_networks="127.0.0.0/8",
        webhook_http_allowed=True,
        portal_url="https://api.example.com",
        document_store=tmp_path_factory.mktemp("documents").as_uri(),
    )
    return create_app(settings)


@pytest.fixture(scope="session")
async def service(app: FastAPI) -> AsyncIterator[PartnersService]:
    """Call the API as somebody; apply events as the worker does."""
    database = app.state.database
    yield (
        lambda caller: calling(app, "partners", caller),
        apply_once("partners", SUBSCRIPTIONS, lambda: UnitOfWork(database)),
    )
    await database.close()


@pytest.fixture(scope="session")
async def database(database_url: str) -> AsyncIterator[Database]:
    """A second pool, as a worker has one of its own."""
    pool = Database(database_url, application_name="test")
    yield pool
    await pool.close()


@pytest.fixture
def desk(service: PartnersService, database: Database) -> Desk:
    return Desk(service, database)
