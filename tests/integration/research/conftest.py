"""The research service on a migrated database."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager

import httpx
import pytest

from services.research.adapters.unit_of_work import UnitOfWork
from services.research.consumers import SUBSCRIPTIONS
from services.research.main import create_app
from services.research.settings import ResearchSettings
from shared.identity import Caller
from shared.inbox import apply_once
from shared.messaging.consumer import Apply
from tests.integration.service_callers import CURSOR_SECRET, PUBLIC_KEY, calling
from tests.provisions import DatabaseFactory

As = Callable[[Caller], AbstractAsyncContextManager[httpx.AsyncClient]]
ResearchService = tuple[As, Apply]


@pytest.fixture(scope="session")
async def database_url(worker_database: DatabaseFactory) -> str:
    return await worker_database("research")


@pytest.fixture(scope="session")
async def service(database_url: str) -> AsyncIterator[ResearchService]:
    """Call the API as somebody; apply events as the worker does."""
    settings = ResearchSettings(
        database_url=database_url,
        amqp_url="amqp://unused",
        internal_token_public_key=PUBLIC_KEY,
        cursor_secret=CURSOR_SECRET,
    )
    app = create_app(settings)
    database = app.state.database
    yield (
        lambda caller: calling(app, "research", caller),
        apply_once("research", SUBSCRIPTIONS, lambda: UnitOfWork(database)),
    )
    await database.close()
