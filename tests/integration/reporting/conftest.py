"""The reporting service on a migrated database."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from uuid import UUID

import httpx
import pytest

from services.reporting.adapters.extracts import Extracts
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.consumers import SUBSCRIPTIONS
from services.reporting.main import create_app
from services.reporting.settings import ReportingSettings
from services.reporting.worker import CHECK_TASK, report_task, review_tasks, ship_reports
from shared.database import Database
from shared.errors import Refusal
from shared.identity import Caller
from shared.inbox import apply_once
from shared.jobs import Job
from shared.messaging.consumer import Apply
from tests.integration.service_callers import CURSOR_SECRET, PUBLIC_KEY, calling
from tests.provisions import DatabaseFactory

As = Callable[[Caller], AbstractAsyncContextManager[httpx.AsyncClient]]
ReportingService = tuple[As, Apply]
RunJob = Callable[[str], Awaitable[None]]


@pytest.fixture(scope="session")
async def database_url(worker_database: DatabaseFactory) -> str:
    return await worker_database("reporting")


@pytest.fixture(scope="session")
def reporting_settings(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> ReportingSettings:
    """Sources on this machine may be read, also without TLS."""
    return ReportingSettings(
        database_url=database_url,
        amqp_url="amqp://unused",
        internal_token_public_key=PUBLIC_KEY,
        cursor_secret=CURSOR_SECRET,
        source_folder=str(tmp_path_factory.mktemp("drop")),
        source_secret="a secret for credentials of tests",
        source_networks="127.0.0.0/8",
        source_plain_allowed=True,
    )


@pytest.fixture(scope="session")
async def service(reporting_settings: ReportingSettings) -> AsyncIterator[ReportingService]:
    """Call the API as somebody; apply events as the worker does."""
    app = create_app(reporting_settings)
    database = app.state.database
    yield (
        lambda caller: calling(app, "reporting", caller),
        apply_once("reporting", SUBSCRIPTIONS, lambda: UnitOfWork(database)),
    )
    await database.close()


@pytest.fixture(scope="session")
async def run_job(service: ReportingService, database_url: str) -> AsyncIterator[RunJob]:
    """Do a queued report or check as a worker does, by the id of its job; what comes with the system is there."""
    database = Database(database_url, application_name="test-worker")
    extracts = Extracts()
    await ship_reports(database, asyncio.Event())

    async def run(job_id: str) -> None:
        job = await Job.start(database.engine, UUID(job_id))
        assert job is not None
        try:
            task = CHECK_TASK if "submission_id" in job.payload else report_task(extracts)
            await task.run(database, job)
            await job.succeed()
        except Refusal as refusal:
            await job.fail(refusal)

    yield run
    extracts.close()
    await database.close()


@pytest.fixture(scope="session")
async def review_job(database_url: str, reporting_settings: ReportingSettings) -> AsyncIterator[RunJob]:
    """Take a queued snapshot as a worker does, by the id of its job."""
    database = Database(database_url, application_name="test-reviews")
    tasks = {task.name: task for task in review_tasks(reporting_settings.source_access())}

    async def run(job_id: str) -> None:
        job = await Job.start(database.engine, UUID(job_id))
        assert job is not None
        try:
            await tasks["take_snapshot"].run(database, job)
            await job.succeed()
        except Refusal as refusal:
            await job.fail(refusal)

    yield run
    await database.close()
