"""What operators watch: every worker reads it from its database, and says when a connection is waited for."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from prometheus_client import REGISTRY, CollectorRegistry
from sqlalchemy import text
from sqlalchemy.exc import TimeoutError as PoolTimeout

from gateway.adapters.standing import GATEWAY_STANDING
from services.partners.adapters.standing import PARTNERS_STANDING
from services.payments.adapters.standing import PAYMENTS_STANDING
from services.reporting.adapters.standing import REPORTING_STANDING
from shared.database import Database
from shared.jobs import enqueue
from shared.jobs.standing import JOBS_STANDING
from shared.standing import Figure, Standing
from tests.provisions import DatabaseFactory

STANDINGS = {
    "payments": PAYMENTS_STANDING,
    "partners": PARTNERS_STANDING,
    "reporting": REPORTING_STANDING,
    "gateway": GATEWAY_STANDING,
}


@pytest.fixture
async def database(worker_database: DatabaseFactory) -> AsyncIterator[Database]:
    database = Database(await worker_database("payments"), application_name="test", pool_size=1)
    yield database
    await database.close()


@pytest.mark.parametrize("service", STANDINGS)
async def test_what_is_watched_of_a_service_can_be_read_from_its_database(
    service: str, worker_database: DatabaseFactory
) -> None:
    database = Database(await worker_database(service), application_name="test")

    await STANDINGS[service].read(database)

    await database.close()


async def test_a_job_that_waits_is_counted_with_its_age_until_somebody_takes_it(database: Database) -> None:
    kind = {"kind": "standing_test"}
    async with database.engine.begin() as connection:
        job = await enqueue(connection, kind["kind"], {}, created_by="somebody")
        await connection.execute(
            text("UPDATE jobs SET created_at = now() - interval '2 minutes' WHERE id = :id"), {"id": job}
        )
    await JOBS_STANDING.read(database)
    waited = REGISTRY.get_sample_value("jobs_oldest_seconds", kind)

    async with database.engine.begin() as connection:
        await connection.execute(
            text("UPDATE procrastinate_jobs SET status = 'doing' WHERE args ->> 'job_id' = :id"),
            {"id": str(job)},
        )
    await JOBS_STANDING.read(database)

    assert waited is not None
    assert 119 < waited < 180
    assert REGISTRY.get_sample_value("jobs_waiting", kind) == 0
    assert REGISTRY.get_sample_value("jobs_oldest_seconds", kind) == 0


async def test_a_figure_whose_rows_are_gone_is_zero_and_does_not_vanish(database: Database) -> None:
    registry = CollectorRegistry()
    of_jobs = (
        "SELECT 'kinds', kind, 1 FROM jobs WHERE created_by = 'the picker' UNION ALL SELECT 'pears', '', 3"
    )
    standing = Standing(of_jobs, [Figure("kinds", "by kind", "kind"), Figure("pears", "all")], registry)
    async with database.engine.connect() as connection:
        job = await enqueue(connection, "apple", {}, created_by="the picker")
        await connection.commit()
    await standing.read(database)
    before = registry.get_sample_value("kinds", {"kind": "apple"})

    async with database.engine.begin() as connection:
        await connection.execute(text("UPDATE jobs SET created_by = 'nobody' WHERE id = :id"), {"id": job})
    await standing.read(database)

    assert (before, registry.get_sample_value("kinds", {"kind": "apple"})) == (1, 0)
    assert registry.get_sample_value("pears") == 3


async def test_a_connection_that_is_held_is_in_use_and_the_next_to_want_it_waits(database: Database) -> None:
    registry = CollectorRegistry()
    registry.register(database.pool_use)

    async def want_one() -> float | None:
        async with database.engine.connect():
            return registry.get_sample_value("database_pool_waits_total")

    async with database.engine.connect():
        before = registry.get_sample_value("database_pool_waits_total") or 0
        waiting = asyncio.create_task(want_one())
        await asyncio.sleep(0.05)  # longer than what counts as waiting
        in_use = registry.get_sample_value("database_pool_in_use")
    waits = await waiting

    assert waits == before + 1
    assert (in_use, registry.get_sample_value("database_pool_in_use")) == (1, 0)


async def test_work_that_gets_no_connection_in_time_is_counted(worker_database: DatabaseFactory) -> None:
    registry = CollectorRegistry()
    database = Database(
        await worker_database("payments"), application_name="test", pool_size=1, wait_seconds=0.05
    )
    registry.register(database.pool_use)

    async with database.engine.connect():
        with pytest.raises(PoolTimeout):
            await database.engine.connect()

    await database.close()
    assert registry.get_sample_value("database_pool_timeouts_total") == 1
