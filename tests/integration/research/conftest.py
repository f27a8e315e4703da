"""The research service on a migrated database."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path

import httpx
import pytest

from services.research.adapters.dataset_store import DatasetStore
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.application.load_dataset import LoadParts
from services.research.consumers import SUBSCRIPTIONS
from services.research.main import create_app
from services.research.settings import ResearchSettings
from shared.database import Database
from shared.identity import Caller
from shared.inbox import apply_once
from shared.messaging.consumer import Apply
from shared.object_store import object_store_opener
from tests.integration.service_callers import CURSOR_SECRET, PUBLIC_KEY, calling
from tests.provisions import DatabaseFactory

As = Callable[[Caller], AbstractAsyncContextManager[httpx.AsyncClient]]
ResearchService = tuple[As, Apply]


@pytest.fixture(scope="session")
async def database_url(worker_database: DatabaseFactory) -> str:
    return await worker_database("research")


@pytest.fixture(scope="session")
def dataset_store_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("datasets")


@pytest.fixture
async def load_parts(
    database_url: str, dataset_store_folder: Path, tmp_path: Path
) -> AsyncIterator[LoadParts]:
    """What the worker loads files with."""
    database = Database(database_url, application_name="test-load")
    opener = object_store_opener(dataset_store_folder.as_uri())
    yield LoadParts(database, DatasetStore(opener), scratch=tmp_path)
    await database.close()


@pytest.fixture(scope="session")
async def service(database_url: str, dataset_store_folder: Path) -> AsyncIterator[ResearchService]:
    """Call the API as somebody; apply events as the worker does."""
    settings = ResearchSettings(
        database_url=database_url,
        amqp_url="amqp://unused",
        internal_token_public_key=PUBLIC_KEY,
        cursor_secret=CURSOR_SECRET,
        dataset_store=dataset_store_folder.as_uri(),
    )
    app = create_app(settings)
    database = app.state.database
    yield (
        lambda caller: calling(app, "research", caller),
        apply_once("research", SUBSCRIPTIONS, lambda: UnitOfWork(database)),
    )
    await database.close()
