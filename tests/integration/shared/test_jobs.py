"""Jobs: enqueued with their fact, run once, tried again, taken over, cancelled, and visible meanwhile."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import Row, text
from uuid_utils.compat import uuid7

from shared.database import Database
from shared.errors import Conflict, FieldProblem
from shared.jobs import Job, JobRunner, JobTask, Timer, create_jobs_sql, enqueue, name_job_home_sql
from shared.jobs.api import jobs_router
from shared.jobs.job import JobGivenUp
from shared.jobs.table import cancel
from shared.problem_details import install_problem_handlers
from tests.integration.shared.counted import run_statements
from tests.integration.shared.job_process import CREATE_RUNS, QUICK, note
from tests.integration.shared.waiting import until


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, application_name="test")
    await run_statements(database.engine, [*create_jobs_sql(), *name_job_home_sql("payments"), CREATE_RUNS])
    yield database
    await database.close()


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.state.database = database
    app.include_router(jobs_router())
    install_problem_handlers(app)
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


@asynccontextmanager
async def working(database: Database, *tasks: JobTask, timers: tuple[Timer, ...] = ()) -> AsyncIterator[None]:
    stop = asyncio.Event()
    running = asyncio.create_task(JobRunner(database, tasks, timers, limits=QUICK).run(stop))
    try:
        yield
    finally:
        stop.set()
        async with asyncio.timeout(60):
            await running


async def ask(database: Database, task: str, **facts: str) -> UUID:
    async with database.engine.begin() as connection:
        return await enqueue(connection, task, {"name": task}, created_by="test", **facts)


async def row_of(database: Database, job_id: UUID) -> Row[tuple[object, ...]]:
    async with database.engine.connect() as connection:
        return (await connection.execute(text("SELECT * FROM jobs WHERE id = :id"), {"id": job_id})).one()


async def runs(database: Database) -> list[str]:
    async with database.engine.connect() as connection:
        return list((await connection.execute(text("SELECT name FROM runs ORDER BY place"))).scalars())


async def until_state(database: Database, job_id: UUID, state: str) -> Row[tuple[object, ...]]:
    async def is_there() -> bool:
        return bool((await row_of(database, job_id)).state == state)

    await until(is_there, seconds_max=20)
    return await row_of(database, job_id)


def task_of(
    run: Callable[[Database, Job], Awaitable[None]], name: str = "task", attempts_max: int = 5
) -> JobTask:
    return JobTask(name=name, run=run, attempts_max=attempts_max)


async def note_run(database: Database, job: Job) -> None:
    await note(database, str(job.payload["name"]))


async def test_job_runs_after_the_commit_of_its_fact(database: Database) -> None:
    async with working(database, task_of(note_run)):
        job_id = await ask(database, "task")
        row = await until_state(database, job_id, "succeeded")

    assert await runs(database) == ["task"]
    assert (row.percent, row.created_by, row.run) == (100, "test", 1)


async def test_job_of_a_rolled_back_fact_never_runs(database: Database) -> None:
    async with database.engine.connect() as connection:
        await enqueue(connection, "task", {"name": "never"}, created_by="test")
        await connection.rollback()

    async with working(database, task_of(note_run)):
        await until_state(database, await ask(database, "task"), "succeeded")

    assert await runs(database) == ["task"]


async def test_three_workers_run_every_job_once(database: Database) -> None:
    task = task_of(note_run)

    async with working(database, task), working(database, task), working(database, task):
        ids = [await ask(database, "task") for _ in range(30)]
        for job_id in ids:
            await until_state(database, job_id, "succeeded")

    assert len(await runs(database)) == 30


async def test_jobs_with_the_same_lock_run_one_at_a_time_in_their_order(database: Database) -> None:
    async def note_both_ends(database: Database, job: Job) -> None:
        await note(database, f"{job.id} starts")
        await note(database, f"{job.id} ends")

    ids = [await ask(database, "task", lock="file-7") for _ in range(6)]
    task = task_of(note_both_ends)

    async with working(database, task), working(database, task):
        await until_state(database, ids[-1], "succeeded")

    assert await runs(database) == [f"{job_id} {end}" for job_id in ids for end in ("starts", "ends")]


async def test_progress_is_visible_while_the_job_runs(database: Database) -> None:
    go_on = asyncio.Event()

    async def work(database: Database, job: Job) -> None:
        problem = FieldProblem("line 3", "no amount")
        await job.progress(message="half", counts={"lines": 5}, percent=50, errors=[problem])
        await go_on.wait()
        await job.progress(message="nearly", errors=[FieldProblem("line 9", "no date")])

    async with working(database, task_of(work)):
        job_id = await ask(database, "task")

        async def is_half_way() -> bool:
            return bool((await row_of(database, job_id)).percent == 50)

        await until(is_half_way)
        meanwhile = await row_of(database, job_id)
        go_on.set()
        end = await until_state(database, job_id, "succeeded")

    assert (meanwhile.state, meanwhile.message, meanwhile.counts) == ("running", "half", {"lines": 5})
    assert end.counts == {"lines": 5}
    assert [error["pointer"] for error in end.errors] == ["line 3", "line 9"]


async def test_refusal_fails_the_job_at_once_with_its_reason(database: Database) -> None:
    async def refuse(database: Database, job: Job) -> None:
        await note(database, "run")
        raise Conflict("this month is closed", problems=[FieldProblem("line 1", "closed")])

    async with working(database, task_of(refuse)):
        row = await until_state(database, await ask(database, "task"), "failed")

    assert (row.failure_code, row.message) == ("conflict", "this month is closed")
    assert row.errors == [{"pointer": "line 1", "detail": "closed"}]
    assert await runs(database) == ["run"]


async def test_fault_is_tried_again_and_may_succeed(database: Database) -> None:
    async def fail_at_first(database: Database, job: Job) -> None:
        await note(database, "run")
        if job.failures == 0:
            raise ZeroDivisionError

    async with working(database, task_of(fail_at_first)):
        row = await until_state(database, await ask(database, "task"), "succeeded")

    assert (row.failures, row.run) == (1, 2)


async def test_fault_that_stays_fails_the_job_without_showing_its_inside(database: Database) -> None:
    async def fail(database: Database, job: Job) -> None:
        raise ZeroDivisionError("password=hunter2")

    async with working(database, task_of(fail, attempts_max=2)):
        row = await until_state(database, await ask(database, "task"), "failed")

    assert (row.failures, row.failure_code) == (2, "fault")
    assert "hunter2" not in row.message


async def test_job_of_a_killed_worker_is_taken_over_within_seconds(database: Database) -> None:
    job_id = await ask(database, "task")
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.shared.job_process", database.url
    )

    async def has_started() -> bool:
        return "run" in await runs(database)

    await until(has_started)
    process.send_signal(signal.SIGKILL)
    await process.wait()

    async with working(database, task_of(note_run)):
        row = await until_state(database, job_id, "succeeded")

    assert row.failures == 1


async def test_job_that_kills_every_worker_ends_as_failed(database: Database) -> None:
    job_id = await ask(database, "task")
    async with database.engine.begin() as connection:
        for _ in range(2):
            await connection.execute(text("UPDATE procrastinate_jobs SET status = 'doing', worker_id = NULL"))
            await connection.execute(text("UPDATE jobs SET state = 'running', failures = 4"))

    async with working(database, task_of(note_run)):
        row = await until_state(database, job_id, "failed")

    assert (row.failures, row.failure_code) == (5, "fault")


async def test_run_that_was_given_up_for_dead_cannot_write_any_more(database: Database) -> None:
    job_id = await ask(database, "task")
    slow = await Job.start(database.engine, job_id)
    quick = await Job.start(database.engine, job_id)
    assert slow is not None
    assert quick is not None
    await quick.progress(message="mine")

    with pytest.raises(JobGivenUp):
        await slow.progress(message="no, mine")

    assert (await row_of(database, job_id)).message == "mine"


async def test_stopping_worker_gives_its_job_back_without_counting_a_failure(database: Database) -> None:
    async def hang(database: Database, job: Job) -> None:
        await note(database, "run")
        await asyncio.Event().wait()

    async with working(database, task_of(hang)):
        job_id = await ask(database, "task")

        async def has_started() -> bool:
            return bool(await runs(database))

        await until(has_started)
    stopped = await row_of(database, job_id)
    async with working(database, task_of(note_run)):
        await until_state(database, job_id, "succeeded")

    assert (stopped.state, stopped.failures) == ("queued", 0)


async def test_worker_goes_on_after_it_lost_its_database_connections(database: Database) -> None:
    async with working(database, task_of(note_run)):
        await until_state(database, await ask(database, "task"), "succeeded")
        async with database.engine.begin() as connection:
            await connection.execute(
                text(
                    "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity "
                    "WHERE datname = current_database() AND pid <> pg_backend_pid()"
                )
            )

        await until_state(database, await ask(database, "task"), "succeeded")

    assert len(await runs(database)) == 2


async def tick(database: Database) -> None:
    await note(database, "tick")


async def test_timer_fires_once_however_many_workers_there_are(database: Database) -> None:
    timers = (Timer(name="tick", cron="* * * * * *", run=tick),)

    async def has_ticked_often() -> bool:
        return len(await runs(database)) >= 3

    async with (
        working(database, timers=timers),
        working(database, timers=timers),
        working(database, timers=timers),
    ):
        await until(has_ticked_often)

    async with database.engine.connect() as connection:
        seconds = await connection.execute(text("SELECT round(extract(epoch FROM at)) FROM runs"))
        ticks = list(seconds.scalars())
    assert len(ticks) - len(set(ticks)) == 0


async def test_cancelled_job_never_starts(database: Database, client: httpx.AsyncClient) -> None:
    job_id = await ask(database, "task")

    reply = await client.delete(f"/v1/jobs/{job_id}")
    again = await client.delete(f"/v1/jobs/{job_id}")
    async with working(database, task_of(note_run)):
        await until_state(database, await ask(database, "task"), "succeeded")

    assert (reply.status_code, again.status_code) == (204, 204)
    assert (await row_of(database, job_id)).state == "cancelled"
    assert len(await runs(database)) == 1


async def test_running_job_is_stopped_where_it_waits_when_it_is_cancelled(database: Database) -> None:
    stopped = asyncio.Event()

    async def hang(database: Database, job: Job) -> None:
        await job.progress(message="hanging")
        try:
            await asyncio.Event().wait()
        finally:
            stopped.set()

    async with working(database, task_of(hang)):
        job_id = await ask(database, "task")
        await until_state(database, job_id, "running")
        async with database.engine.begin() as connection:
            assert await cancel(connection, job_id)

        async with asyncio.timeout(60):
            await stopped.wait()

    row = await row_of(database, job_id)
    assert (row.state, row.failures) == ("cancelled", 0)


async def test_job_can_be_read_while_it_waits_and_when_it_has_ended(
    database: Database, client: httpx.AsyncClient
) -> None:
    job_id = await ask(database, "task", result_url="/v1/things/7")
    queued = await client.get(f"/v1/jobs/{job_id}")

    async with working(database, task_of(note_run)):
        ended = await client.get(f"/v1/jobs/{job_id}", headers={"Prefer": "wait=15"})

    assert (queued.json()["state"], queued.headers["Retry-After"]) == ("queued", "1")
    assert (ended.json()["state"], ended.json()["result_url"]) == ("succeeded", "/v1/things/7")
    assert "Retry-After" not in ended.headers


async def test_ended_job_cannot_be_cancelled(database: Database, client: httpx.AsyncClient) -> None:
    async with working(database, task_of(note_run)):
        job_id = await ask(database, "task")
        await until_state(database, job_id, "succeeded")

    reply = await client.delete(f"/v1/jobs/{job_id}")

    assert (reply.status_code, reply.json()["code"]) == (409, "job_ended")


async def test_unknown_job_is_not_found(client: httpx.AsyncClient) -> None:
    replies = [await client.get(f"/v1/jobs/{uuid7()}"), await client.delete(f"/v1/jobs/{uuid7()}")]

    assert {reply.status_code for reply in replies} == {404}
