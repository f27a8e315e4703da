"""The transaction of a request is committed before the reply, or the reply is an error and nothing is kept."""

from collections.abc import AsyncIterator
from typing import Annotated

import httpx
import pytest
import sqlalchemy as sa
from fastapi import Depends, FastAPI, Response

from deploy.local.ports import free_ports
from shared.database import Database, UnitOfWork
from shared.dependencies import Work, unit_of_work
from shared.idempotency import Attempt, IdempotencyKey, once
from shared.idempotency_table import create_idempotency_sql
from shared.problem_details import install_problem_handlers
from tests.provisions import DatabaseFactory

# A check at commit that the statement itself passes: two rows of the same name.
TABLE = "CREATE TABLE things (name text, CONSTRAINT unique_name UNIQUE (name) DEFERRABLE INITIALLY DEFERRED)"
DefaultScopeWork = Annotated[UnitOfWork, Depends(unit_of_work)]


@pytest.fixture(scope="module")
async def database(empty_database: DatabaseFactory) -> AsyncIterator[Database]:
    database = Database(await empty_database("payments"), application_name="tests")
    async with database.engine.begin() as connection:
        for statement in (TABLE, *create_idempotency_sql()):
            await connection.execute(sa.text(statement))
    yield database
    await database.close()


@pytest.fixture
async def client(database: Database) -> AsyncIterator[httpx.AsyncClient]:
    app = FastAPI()
    app.state.database = database
    install_problem_handlers(app)

    @app.post("/things/{name}", status_code=201)
    async def add(name: str, work: Work) -> str:
        return await insert(work, name)

    @app.get("/things")
    async def everything(work: Work) -> list[list[str | None]]:
        return [list(row) for row in await work.connection.execute(sa.text("SELECT * FROM things"))]

    @app.post("/late/{name}", status_code=201)
    async def add_late(name: str, work: DefaultScopeWork) -> str:
        return await insert(work, name)

    @app.post("/impatient/{name}", status_code=201)
    async def add_at_once(name: str, work: Work) -> str:
        await work.connection.execute(sa.text("SET LOCAL lock_timeout = '100ms'"))
        return await insert(work, name)

    @app.post("/once/{name}", status_code=201)
    async def add_once(name: str, work: Work, key: IdempotencyKey = None, caller: str = "tests") -> Response:
        async def perform() -> Response:
            return Response(await insert(work, name), status_code=201, media_type="text/plain")

        return await once(work.connection, Attempt(caller, key, name.encode()) if key else None, perform)

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        yield client


async def insert(work: UnitOfWork, name: str) -> str:
    await work.connection.execute(sa.text("INSERT INTO things VALUES (:name)"), {"name": name})
    return name


async def names_like(database: Database, pattern: str) -> int:
    async with database.reading() as connection:
        statement = sa.text("SELECT count(*) FROM things WHERE name LIKE :pattern")
        return int(await connection.scalar(statement, {"pattern": pattern}) or 0)


async def test_what_was_answered_is_committed(client: httpx.AsyncClient, database: Database) -> None:
    assert (await client.post("/things/kept")).status_code == 201
    assert await names_like(database, "kept") == 1


async def test_a_commit_that_fails_answers_a_server_error_and_keeps_nothing(
    client: httpx.AsyncClient, database: Database
) -> None:
    await client.post("/things/double")

    reply = await client.post("/things/double")

    assert reply.status_code == 500
    assert reply.json()["code"] == "fault"
    assert await names_like(database, "double") == 1


async def test_with_the_default_scope_the_same_failure_would_answer_success(
    client: httpx.AsyncClient, database: Database
) -> None:
    """The negative control: this is what `scope="function"` is for."""
    await client.post("/late/late")

    reply = await client.post("/late/late")

    assert reply.status_code == 201
    assert await names_like(database, "late") == 1


async def test_a_request_repeated_with_its_key_is_done_once(
    client: httpx.AsyncClient, database: Database
) -> None:
    key = {"Idempotency-Key": "first"}

    first, again = await client.post("/once/one", headers=key), await client.post("/once/one", headers=key)

    assert (first.status_code, first.content) == (again.status_code, again.content) == (201, b"one")
    assert again.headers["idempotency-replayed"] == "true"
    assert await names_like(database, "one") == 1


async def test_a_key_is_its_callers_and_replays_nothing_to_another(
    client: httpx.AsyncClient, database: Database
) -> None:
    key = {"Idempotency-Key": "shared"}

    replies = [await client.post(f"/once/of-{who}?caller={who}", headers=key) for who in ("asha", "ravi")]

    assert [reply.content for reply in replies] == [b"of-asha", b"of-ravi"]
    assert not any("idempotency-replayed" in reply.headers for reply in replies)
    assert await names_like(database, "of-%") == 2


async def test_a_key_used_for_another_request_is_refused(
    client: httpx.AsyncClient, database: Database
) -> None:
    key = {"Idempotency-Key": "second"}
    await client.post("/once/two", headers=key)

    reply = await client.post("/once/three", headers=key)

    assert (reply.status_code, reply.json()["code"]) == (422, "idempotency_key_reused")
    assert await names_like(database, "three") == 0


async def test_a_request_whose_commit_failed_is_not_remembered(
    client: httpx.AsyncClient, database: Database
) -> None:
    await client.post("/things/taken")

    failed = await client.post("/once/taken", headers={"Idempotency-Key": "third"})

    assert failed.status_code == 500
    async with database.reading() as connection:
        statement = sa.text("SELECT count(*) FROM idempotency_keys WHERE key = 'third'")
        assert await connection.scalar(statement) == 0


async def test_a_request_still_running_is_not_done_a_second_time(
    client: httpx.AsyncClient, database: Database
) -> None:
    async with UnitOfWork(database) as first:

        async def perform() -> Response:
            return Response(await insert(first, "slow"), status_code=201)

        await once(first.connection, Attempt("tests", "fourth", b"slow"), perform)

        reply = await client.post("/once/slow", headers={"Idempotency-Key": "fourth"})

        assert (reply.status_code, reply.json()["code"]) == (409, "request_still_running")
        await first.commit()
    assert await names_like(database, "slow") == 1


async def test_waiting_too_long_for_a_lock_asks_to_try_again(
    client: httpx.AsyncClient, database: Database
) -> None:
    async with UnitOfWork(database) as holder:
        await holder.connection.execute(sa.text("LOCK TABLE things IN ACCESS EXCLUSIVE MODE"))
        reply = await client.post("/impatient/never")

    assert (reply.status_code, reply.json()["code"]) == (503, "busy")
    assert reply.headers["retry-after"]


async def test_connections_that_the_server_ended_are_replaced_before_anybody_asks_with_them(
    client: httpx.AsyncClient, database: Database
) -> None:
    async with database.engine.connect() as one, database.engine.connect() as two:  # both are kept afterwards
        ended = [await connection.scalar(sa.text("SELECT pg_backend_pid()")) for connection in (one, two)]
    other = Database(database.url, application_name="operator")
    async with other.engine.begin() as connection:
        await connection.execute(
            sa.text("SELECT pg_terminate_backend(pid, 5000) FROM unnest(CAST(:ended AS int[])) AS pid"),
            {"ended": ended},
        )
    await other.close()

    replies = [await client.post(f"/things/after-{number}") for number in range(2)]

    assert [reply.status_code for reply in replies] == [201, 201]


async def test_a_schema_that_was_widened_meanwhile_is_a_reason_to_try_again_and_no_fault(
    client: httpx.AsyncClient, database: Database
) -> None:
    """Connections know statements by what they answered before; each learns of the change by one that is refused."""
    await client.post("/things/WIDENED")
    assert (await client.get("/things")).status_code == 200
    async with UnitOfWork(database) as stranger:
        await (await stranger.connection.get_raw_connection()).driver_connection.execute(
            "ALTER TABLE things ADD COLUMN kind text"
        )

    refused, repeated = await client.get("/things"), await client.get("/things")

    assert (refused.status_code, refused.json()["code"]) == (503, "busy")
    assert (repeated.status_code, len(repeated.json()[0])) == (200, 2)


async def test_a_server_that_refuses_connections_is_an_outage_and_no_fault() -> None:
    """The driver raises what the system said, which no wrapper makes an error of the database."""
    (port,) = free_ports(1)
    app = FastAPI()
    app.state.database = Database(f"postgresql://nobody:x@127.0.0.1:{port}/nothing", application_name="tests")
    install_problem_handlers(app)

    @app.get("/things")
    async def read(work: Work) -> list[str]:
        return [str(row) for row in await work.connection.execute(sa.text("SELECT 1"))]

    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://service") as client:
        reply = await client.get("/things")

    assert (reply.status_code, reply.json()["code"]) == (503, "database_unavailable")
    await app.state.database.close()
