"""Rate limits at the sockets of real gateways, also of two processes that share one database."""

import asyncio
import itertools
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from uuid import uuid4

import aiohttp

from deploy.local.ports import free_ports
from gateway.adapters.rate_limiter import RateLimiter, Verdict
from gateway.domain.rate_limit import Quota
from shared.database import Database
from shared.observability import Metrics
from tests.integration.gateway.running import (
    Seen,
    access_token,
    gateway_before,
    recording_app,
    serving,
)
from tests.integration.gateway.test_process import answered, environment, gateway_process


def somebody(*roles: str, **claims: object) -> dict[str, str]:
    """Headers of a caller that no other test uses."""
    token = access_token(*(roles or ("admin",)), **{"sub": f"u-{uuid4()}", **claims})
    return {"Authorization": f"Bearer {token}"}


async def statuses(
    session: aiohttp.ClientSession, url: str, times: int, headers: dict[str, str], method: str = "GET"
) -> list[int]:
    """Call one after the other and return the statuses."""
    seen = []
    for _ in range(times):
        async with session.request(method, url, headers=headers) as reply:
            seen.append(reply.status)
    return seen


@asynccontextmanager
async def limited(database_url: str, **limits: object) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    async with (
        gateway_before(recording_app(Seen([])), database_url, **limits) as url,
        aiohttp.ClientSession() as session,
    ):
        yield session, url


async def test_used_up_quota_is_a_429_that_says_when_to_come_back(database_url: str) -> None:
    headers = somebody()

    async with limited(database_url, reads_per_minute=3) as (session, url):
        seen = await statuses(session, f"{url}/v1/receipts", 3, headers)
        async with session.get(f"{url}/v1/receipts", headers=headers) as reply:
            problem = await reply.json()

    assert (seen, reply.status) == ([200] * 3, 429)
    assert reply.headers["RateLimit-Policy"] == '"reads";q=3;w=60'
    assert reply.headers["RateLimit"].startswith('"reads";r=0;t=')
    assert 1 <= int(reply.headers["Retry-After"]) <= 20
    assert (problem["code"], problem["quota"]) == ("too_many_requests", "reads")
    assert problem["retry_after_seconds"] == int(reply.headers["Retry-After"])


async def test_every_reply_says_what_is_left(database_url: str) -> None:
    headers = somebody()

    async with limited(database_url, reads_per_minute=6) as (session, url):
        left = []
        for _ in range(4):  # the later ones take the short way
            async with session.get(f"{url}/v1/receipts", headers=headers) as reply:
                left.append(reply.headers["RateLimit"].split(";")[1])
        async with session.get(f"{url}/v1/me", headers=headers) as reply:
            left.append(reply.headers["RateLimit"].split(";")[1])

    assert left == ["r=5", "r=4", "r=3", "r=2", "r=1"]


async def test_reads_writes_and_imports_have_quotas_of_their_own(database_url: str) -> None:
    headers = somebody()

    async with limited(database_url, reads_per_minute=2, writes_per_minute=2, imports_per_minute=2) as (
        session,
        url,
    ):
        seen = {
            "reads": await statuses(session, f"{url}/v1/receipts", 3, headers),
            "writes": await statuses(session, f"{url}/v1/receipts", 3, headers, "POST"),
            "imports": await statuses(session, f"{url}/v1/bank-statements", 2, headers, "POST"),
            "batches": await statuses(session, f"{url}/v1/receipts/batch", 1, headers, "POST"),
        }

    assert seen == {
        "reads": [200, 200, 429],
        "writes": [200, 200, 429],
        "imports": [200, 200],
        "batches": [429],
    }


async def test_many_tokens_of_one_caller_count_together(database_url: str) -> None:
    subject = f"u-{uuid4()}"
    tokens = [somebody(sub=subject, jti=str(number)) for number in range(6)]

    async with limited(database_url, reads_per_minute=4) as (session, url):
        seen = [(await statuses(session, f"{url}/v1/receipts", 1, token))[0] for token in tokens]

    assert len({token["Authorization"] for token in tokens}) == 6
    assert seen == [200] * 4 + [429] * 2


async def test_what_one_caller_uses_is_not_taken_from_another(database_url: str) -> None:
    async with limited(database_url, reads_per_minute=2) as (session, url):
        first = await statuses(session, f"{url}/v1/receipts", 3, somebody())
        second = await statuses(session, f"{url}/v1/receipts", 2, somebody())

    assert (first, second) == ([200, 200, 429], [200, 200])


async def test_importing_three_hundred_files_does_not_trip(database_url: str) -> None:
    headers = somebody("coordinator")

    async with limited(database_url) as (session, url):
        seen = await statuses(session, f"{url}/v1/bank-statements", 300, headers, "POST")

    assert Counter(seen) == {200: 300}


async def test_address_is_limited_whoever_calls_from_it(fresh_gateway_database: str) -> None:
    async with limited(fresh_gateway_database, requests_per_minute=5) as (session, url):
        seen = [(await statuses(session, f"{url}/v1/receipts", 1, somebody()))[0] for _ in range(6)]
        anonymous = await statuses(session, f"{url}/openapi.json", 1, {})
        health = await statuses(session, f"{url}/health/live", 3, {})

    assert seen == [200] * 5 + [429]
    assert (anonymous, health) == ([429], [200] * 3)


async def test_inventing_forwarded_addresses_does_not_help(fresh_gateway_database: str) -> None:
    async with limited(fresh_gateway_database, requests_per_minute=5) as (session, url):
        seen = [
            (await statuses(session, f"{url}/", 1, {"X-Forwarded-For": f"198.51.100.{number}"}))[0]
            for number in range(7)
        ]

    assert seen == [200] * 5 + [429] * 2


async def test_callers_behind_a_trusted_proxy_count_one_by_one(fresh_gateway_database: str) -> None:
    limits = {"requests_per_minute": 2, "trusted_proxies": ("127.0.0.1",)}
    seen = {}

    async with limited(fresh_gateway_database, **limits) as (session, url):
        for client, invented in itertools.product(("203.0.113.1", "203.0.113.2"), ("9.9.9.1", "9.9.9.2")):
            forwarded = {"X-Forwarded-For": f"{invented}, {client}"}
            seen[client] = seen.get(client, []) + await statuses(session, f"{url}/", 1, forwarded)
            seen[client] += await statuses(session, f"{url}/", 1, forwarded)

    assert seen == {client: [200, 200, 429, 429] for client in ("203.0.113.1", "203.0.113.2")}


async def test_guessing_tokens_is_stopped_and_known_ones_go_on(fresh_gateway_database: str) -> None:
    known, new = somebody(), somebody()

    async with limited(fresh_gateway_database, failures_per_minute=3) as (session, url):
        before = await statuses(session, f"{url}/v1/me", 1, known)
        guesses = [
            (await statuses(session, f"{url}/v1/me", 1, {"Authorization": f"Bearer a.b{number}.c"}))[0]
            for number in range(5)
        ]
        after = await statuses(session, f"{url}/v1/me", 1, known)
        unseen = await statuses(session, f"{url}/v1/me", 1, new)

    assert guesses == [401, 401, 401, 429, 429]
    assert (before, after) == ([200], [200])
    assert unseen == [429]  # or a guess that hits would show itself


async def test_two_processes_share_one_quota(fresh_gateway_database: str) -> None:
    quota, headers = 400, somebody()
    ports = free_ports(4)

    async with AsyncExitStack() as stack:
        upstream = await stack.enter_async_context(serving(recording_app(Seen([]))))
        session = await stack.enter_async_context(aiohttp.ClientSession())
        for port, metrics_port in (ports[:2], ports[2:]):
            variables = environment(fresh_gateway_database, upstream, port, metrics_port)
            variables["GATEWAY_READS_PER_MINUTE"] = str(quota)
            await stack.enter_async_context(gateway_process(variables))
        urls = [f"http://127.0.0.1:{port}" for port in (ports[0], ports[2])]
        for url in urls:
            await answered(session, f"{url}/health/ready")
        started = asyncio.get_running_loop().time()
        seen = await asyncio.gather(
            *(statuses(session, f"{url}/v1/receipts", 60, headers) for url in urls for _ in range(8))
        )
        seconds = asyncio.get_running_loop().time() - started
        async with session.get(f"{urls[0]}/v1/limits", headers=headers) as reply:
            limits = await reply.json()

    admitted = Counter(itertools.chain(*seen))[200]
    # Beyond the quota and what came back meanwhile: what one process may use before it has told the other.
    assert quota <= admitted <= quota + seconds * quota / 60 + quota // 8 + 1
    assert limits["items"][0]["remaining"] <= 1 + seconds * quota / 60


async def test_what_one_process_counted_is_known_to_the_next(fresh_gateway_database: str) -> None:
    headers = somebody()

    async with limited(fresh_gateway_database, reads_per_minute=3) as (session, url):
        await statuses(session, f"{url}/v1/receipts", 3, headers)
    async with limited(fresh_gateway_database, reads_per_minute=3) as (session, url):
        seen = await statuses(session, f"{url}/v1/receipts", 3, headers)

    assert 429 in seen
    assert seen.count(200) <= 1  # untold, a process may use one eighth of a quota, and one at least


async def test_limits_hold_in_each_process_while_the_database_is_away() -> None:
    database = Database("postgresql://nobody:x@127.0.0.1:9/none", application_name="test")
    limiter = RateLimiter(database, Metrics("test"))
    cell = limiter.cell(Quota("reads", 16), "u-1")

    before = [limiter.take(cell) for _ in range(2)]
    await limiter.tell()
    verdicts = [limiter.take(cell) for _ in range(15)]
    await database.close()

    assert before == [Verdict.ADMITTED] * 2
    assert verdicts == [Verdict.ADMITTED] * 14 + [Verdict.REFUSED]


async def test_clients_that_see_no_headers_read_their_limits_in_a_body(database_url: str) -> None:
    headers = somebody("partner", partner_code="CP1", sub=(subject := f"u-{uuid4()}"))

    async with (
        limited(database_url, reads_per_minute=100, writes_per_minute=50) as (session, url),
        session.get(f"{url}/v1/limits", headers=headers) as reply,
    ):
        limits = await reply.json()

    assert limits["subject"] == subject
    assert [item["name"] for item in limits["items"]] == ["reads", "writes", "imports"]
    assert limits["items"][0] == {
        "name": "reads",
        "requests": 100,
        "window_seconds": 60,
        "remaining": 100,
        "resets_in_seconds": 0,
    }


async def test_a_flood_of_callers_takes_bounded_memory(database_url: str) -> None:
    database, quota = Database(database_url, application_name="test"), Quota("reads", 10)
    limiter = RateLimiter(database, Metrics("test"), cells_max=50)
    cells = [limiter.cell(quota, f"u-{number}") for number in range(500)]

    verdicts = {limiter.take(cell) for cell in cells}
    await limiter.tell()
    await database.close()

    assert verdicts == {Verdict.ADMITTED}
    assert limiter.remembered <= 50
