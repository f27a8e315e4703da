"""What was revoked anywhere counts everywhere within seconds, also when the store of keys is away."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiohttp
import asyncpg
import pytest

from deploy.local.ports import free_ports
from gateway.adapters.revocation_watch import READ_EVERY_SECONDS, READ_SECONDS_MAX, RevocationWatch
from shared.database import Database
from tests.integration.gateway.keys import as_bearer, get, issued, person, post, until_answered
from tests.integration.gateway.running import (
    Seen,
    access_token,
    gateway_before,
    recording_app,
    serving,
    unused_url,
)
from tests.integration.gateway.test_process import answered, environment, gateway_process

ADMIN = person("admin", subject="boss")


@pytest.fixture
async def session(database_url: str) -> AsyncIterator[aiohttp.ClientSession]:
    async with (
        gateway_before(recording_app(Seen([])), database_url) as url,
        aiohttp.ClientSession(base_url=url) as session,
    ):
        yield session


async def test_a_revocation_in_one_process_counts_in_the_other(
    session: aiohttp.ClientSession, database_url: str
) -> None:
    port, metrics_port = free_ports(2)
    async with (
        serving(recording_app(Seen([]))) as upstream,
        gateway_process(environment(database_url, upstream, port, metrics_port)),
        aiohttp.ClientSession(base_url=f"http://127.0.0.1:{port}") as other,
    ):
        await answered(other, f"http://127.0.0.1:{port}/health/ready")
        key = await issued(session, ADMIN)
        headers = as_bearer(key["key"])
        before = [(await get(each, "/v1/receipts", headers))[0] for each in (session, other, other)]
        await post(session, f"/v1/api-keys/{key['id']}/revocation", {"reason": "It leaked"}, ADMIN)
        for each in (session, other):
            await until_answered(401, each, headers)

    assert before == [200, 200, 200]


async def test_a_revoked_token_is_refused_and_the_next_of_the_same_person_is_not(
    session: aiohttp.ClientSession,
) -> None:
    first = person("coordinator", subject="cora", jti="token-of-cora-1")
    second = person("coordinator", subject="cora", jti="token-of-cora-2")
    before, me = await get(session, "/v1/me", first)

    draft = {"token_id": me["credential_id"], "reason": "The laptop is gone"}
    status, body = await post(session, "/v1/token-revocations", draft, ADMIN)

    await until_answered(401, session, first)
    assert (before, status, body["by"]) == (200, 201, "boss")
    assert (await get(session, "/v1/receipts", second))[0] == 200


async def test_a_revoked_person_loses_tokens_and_keys_until_new_ones_are_issued(
    session: aiohttp.ClientSession,
) -> None:
    leaver = person("admin", subject="lea")
    key = as_bearer((await issued(session, leaver))["key"])
    before = [(await get(session, "/v1/receipts", headers))[0] for headers in (leaver, key)]

    draft = {"subject": "lea", "reason": "Left the company"}
    status, body = await post(session, "/v1/token-revocations", draft, ADMIN)

    await until_answered(401, session, leaver)
    await until_answered(401, session, key)
    _, listed = await get(session, "/v1/token-revocations", person("auditor"))
    assert (before, status) == ([200, 200], 201)
    assert body in listed["items"]
    assert (await get(session, "/v1/receipts", ADMIN))[0] == 200


@pytest.mark.parametrize(
    ("role", "draft", "status"),
    [
        ("auditor", {"subject": "x", "reason": "Not mine to do"}, 403),
        ("admin", {"reason": "Names nobody"}, 422),
        ("admin", {"subject": "x", "token_id": "y", "reason": "Names two"}, 422),
        ("admin", {"subject": "x"}, 422),
    ],
)
async def test_a_revocation_names_one_and_says_why(
    session: aiohttp.ClientSession, role: str, draft: dict[str, str], status: int
) -> None:
    assert (await post(session, "/v1/token-revocations", draft, person(role)))[0] == status


class Relay:
    """Stands before the database and can be cut, as a network can."""

    def __init__(self, target: str) -> None:
        host, _, port = target.rpartition("@")[2].partition("/")[0].partition(":")
        self._address = (host, int(port))
        self._open: set[asyncio.StreamWriter] = set()
        self._server: asyncio.Server | None = None

    async def start(self) -> int:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", 0)
        return int(self._server.sockets[0].getsockname()[1])

    def cut(self) -> None:
        assert self._server is not None
        self._server.close()
        for writer in self._open:
            writer.transport.abort()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        upstream = await asyncio.open_connection(*self._address)
        self._open |= {writer, upstream[1]}
        await asyncio.gather(_copy(reader, upstream[1]), _copy(upstream[0], writer))


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await reader.read(65536):
            writer.write(data)
            await writer.drain()
    writer.close()


async def test_without_the_store_keys_are_denied_and_tokens_go_on(database_url: str) -> None:
    relay = Relay(database_url)
    port = await relay.start()
    target = database_url.rpartition("@")[2].partition("/")[0]
    async with (
        gateway_before(recording_app(Seen([])), database_url.replace(target, f"127.0.0.1:{port}")) as url,
        aiohttp.ClientSession(base_url=url) as session,
    ):
        known = as_bearer((await issued(session, ADMIN))["key"])
        unseen = as_bearer((await issued(session, ADMIN))["key"])
        before, _ = await get(session, "/v1/receipts", known)
        relay.cut()
        fresh, problem = await get(session, "/v1/receipts", unseen)
        await until_answered(503, session, known)
        person_status, _ = await get(session, "/v1/receipts", ADMIN)

    assert before == 200
    assert (fresh, problem["code"]) == (503, "key_store_unavailable")
    assert person_status == 200


async def test_nobody_comes_in_before_the_revocations_were_read() -> None:
    nowhere = unused_url().replace("http://", "postgresql://nobody@") + "/nothing"
    async with (
        gateway_before(recording_app(Seen([])), nowhere) as url,
        aiohttp.ClientSession(base_url=url) as session,
    ):
        status, problem = await get(session, "/v1/receipts", as_bearer(access_token("admin")))

    assert (status, problem["code"]) == (503, "key_store_unavailable")


async def test_the_tables_name_either_a_token_or_a_person(database_url: str) -> None:
    connection = await asyncpg.connect(database_url)
    try:
        with pytest.raises(asyncpg.CheckViolationError):
            await connection.execute(
                "INSERT INTO token_revocations VALUES (gen_random_uuid(), NULL, NULL, now(), 'r', 'b', now(), now())"
            )
    finally:
        await connection.close()


async def test_what_was_read_is_trusted_for_at_most_ten_seconds(database_url: str) -> None:
    database, clock = Database(database_url, application_name="test"), [100.0]
    watch = RevocationWatch(database, now=lambda: clock[0])
    await watch.read()
    trusted = []
    for clock[0] in (100.0, 109.9, 110.0):
        trusted.append(watch.is_fresh)
    await database.close()

    assert trusted == [True, True, False]
    assert READ_EVERY_SECONDS + READ_SECONDS_MAX < 10  # one slow reading denies nobody
