"""One trace goes through everything a request leads to: its events, what they lead to, and its jobs."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Final

import pytest
from sqlalchemy import text

from shared.database import Database, UnitOfWork
from shared.events.envelope import Envelope, decode
from shared.events.partners import PartnersChangedV1, PartnersRegisteredV1
from shared.inbox import apply_once, on
from shared.jobs import Job, JobRunner, JobTask, enqueue
from shared.tracing import continued_trace, current_trace
from tests.factories.event_samples import an_event
from tests.integration.shared.job_process import QUICK
from tests.provisions import DatabaseFactory

TRACE_ID: Final = "4bf92f3577b34da6a3ce929d0e0e4736"
CALLER: Final = f"00-{TRACE_ID}-00f067aa0ba902b7-01"


@pytest.fixture
async def database(fresh_database: DatabaseFactory) -> AsyncIterator[Database]:
    database = Database(await fresh_database("research"), application_name="test")
    yield database
    await database.close()


async def tell(work: UnitOfWork, event_class: type[PartnersRegisteredV1 | PartnersChangedV1]) -> None:
    work.publish(an_event(event_class), partition_key="D001")
    await work.commit()


async def told(database: Database) -> list[Envelope[PartnersRegisteredV1 | PartnersChangedV1]]:
    types = {kind.type_name: kind for kind in (PartnersRegisteredV1, PartnersChangedV1)}
    async with database.engine.connect() as connection:
        bodies = (await connection.execute(text("SELECT body FROM outbox ORDER BY position"))).scalars()
        return [envelope for body in bodies if (envelope := decode(body, types))]


async def test_an_event_goes_on_in_the_trace_of_its_request_and_so_does_what_it_leads_to(
    database: Database,
) -> None:
    with continued_trace(CALLER, "request", request_id="order-7") as request:
        async with UnitOfWork(database) as work:
            await tell(work, PartnersRegisteredV1)
    (first,) = await told(database)

    async def lead_on(work: UnitOfWork, _events: Sequence[Envelope[PartnersRegisteredV1]]) -> None:
        await tell(work, PartnersChangedV1)

    await apply_once("test", [on(PartnersRegisteredV1, lead_on)], lambda: UnitOfWork(database))([first])
    _, second = await told(database)

    assert first.cause.trace_parent == request.traceparent
    assert second.cause.trace_parent is not None
    assert second.cause.trace_parent.split("-")[1] == TRACE_ID
    assert second.cause.trace_parent != first.cause.trace_parent
    assert (second.cause.correlation_id, second.cause.causation_id) == ("order-7", str(first.id))
    assert current_trace() is None


async def test_a_job_runs_in_the_trace_of_who_asked_for_it(database: Database) -> None:
    seen: asyncio.Future[str] = asyncio.get_running_loop().create_future()

    async def look(_database: Database, _job: Job) -> None:
        trace = current_trace()
        seen.set_result(trace.trace_id if trace else "none")

    with continued_trace(CALLER, "request"):
        async with database.engine.begin() as connection:
            await enqueue(connection, "look", {}, created_by="test")
    stop = asyncio.Event()
    running = asyncio.create_task(
        JobRunner(database, [JobTask(name="look", run=look)], limits=QUICK).run(stop)
    )

    async with asyncio.timeout(60):
        assert await seen == TRACE_ID
    stop.set()
    await running
