"""What the gateway does while a service fails, is asked too much, or is partly away."""

import asyncio
import re
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from gateway.main import create_app
from tests.integration.gateway.running import (
    Seen,
    bearer,
    gateway_before,
    raw_upstream,
    recording_app,
    serving,
    settings_for,
    unused_url,
)


class Fickle:
    """Hangs up on every request while `is_down`, and counts them and the probes."""

    def __init__(self) -> None:
        self.is_down = True
        self.asked = 0
        self.probed = 0

    async def __call__(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if head.startswith(b"GET /health/"):
            self.probed += 1
        if head.startswith((b"GET /v1/", b"POST /v1/")):
            self.asked += 1
        if not self.is_down:
            writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok")
            await writer.drain()
        writer.close()


@asynccontextmanager
async def gateway_at(
    address: str, database_url: str, **changes: object
) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    connector = aiohttp.TCPConnector(limit=0)
    async with (
        serving(create_app(settings_for(database_url, address, **changes))) as url,
        aiohttp.ClientSession(connector=connector, headers=bearer()) as session,
    ):
        yield session, url


async def outcome(session: aiohttp.ClientSession, url: str, method: str = "GET") -> str:
    """Return '200', or the code of the problem."""
    async with session.request(method, url) as reply:
        if reply.status == 200:
            return "200"
        problem = await reply.json()
        if reply.status in (429, 503):
            assert int(reply.headers["Retry-After"]) >= 1
        return str(problem["code"])


async def metric(session: aiohttp.ClientSession, url: str, name: str) -> float:
    """Return the sum of a metric over its labels."""
    async with session.get(f"{url}/metrics") as reply:
        text = await reply.text()
    return sum(float(value) for value in re.findall(rf"^{name}(?:{{.*}})? (\S+)$", text, re.MULTILINE))


async def test_service_that_keeps_failing_is_left_alone_then_tried_and_used_again(database_url: str) -> None:
    fickle = Fickle()

    async with raw_upstream(fickle) as address, gateway_at(address, database_url) as (session, url):
        target = f"{url}/v1/receipts"
        failing = [await outcome(session, target) for _ in range(10)]
        asked = fickle.asked
        resting = [await outcome(session, target) for _ in range(20)]
        asked_while_resting = fickle.asked - asked
        other = await outcome(session, f"{url}/v1/me")
        is_open = await metric(session, url, "gateway_circuit_open")
        fickle.is_down = False
        async with asyncio.timeout(60):
            while await outcome(session, target) != "200":  # asking on costs nothing while it rests
                pass
            while await metric(session, url, "gateway_circuit_open"):
                await outcome(session, target)
        back = [await outcome(session, target) for _ in range(10)]

    assert Counter(failing) == {"upstream_broken": 10}
    assert (Counter(resting), asked_while_resting) == ({"circuit_open": 20}, 0)
    assert (other, is_open, back) == ("200", 1.0, ["200"] * 10)


async def test_hundred_clients_in_an_outage_send_at_most_a_tenth_more(database_url: str) -> None:
    fickle = Fickle()

    async with raw_upstream(fickle) as address, gateway_at(address, database_url) as (session, url):
        seen = Counter(await asyncio.gather(*(outcome(session, f"{url}/v1/receipts") for _ in range(100))))
        retried = await metric(session, url, "gateway_retries_total")

    sent_once = seen["upstream_broken"]
    assert seen["upstream_broken"] + seen["circuit_open"] + seen["overloaded"] == 100
    assert fickle.asked == sent_once + retried
    assert 1 <= retried <= 0.1 * 100 + 1


async def test_writes_that_a_service_may_have_read_are_never_sent_twice(database_url: str) -> None:
    fickle = Fickle()

    async with raw_upstream(fickle) as address, gateway_at(address, database_url) as (session, url):
        seen = [await outcome(session, f"{url}/v1/receipts", "POST") for _ in range(5)]

    assert (seen, fickle.asked) == (["upstream_broken"] * 5, 5)


class Stuck:
    """Answers nobody before it is let go, as a service that waits for a lock."""

    def __init__(self) -> None:
        self.let_go = asyncio.Event()
        self.plain = recording_app(Seen([]))
        self.most_inside = self.inside = 0

    async def __call__(self, scope, receive, send) -> None:
        if scope.get("path") != "/v1/receipts":
            return await self.plain(scope, receive, send)
        self.inside += 1
        self.most_inside = max(self.most_inside, self.inside)
        try:
            await self.let_go.wait()
            await self.plain(scope, receive, send)
        finally:
            self.inside -= 1
        return None


async def test_what_is_too_much_for_a_service_is_refused_quickly_and_the_rest_answered(
    database_url: str,
) -> None:
    stuck = Stuck()

    async with (
        gateway_before(stuck, database_url, upstream_connections_max=16) as url,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), headers=bearer()) as session,
    ):
        calls = [asyncio.create_task(outcome(session, f"{url}/v1/receipts")) for _ in range(400)]
        await asyncio.sleep(0)
        small = [  # answered before anybody stuck is let go
            await outcome(session, f"{url}{path}") for path in ("/v1/me", "/health/live", "/v1/partners")
        ]
        first, _ = await asyncio.wait(
            calls, return_when=asyncio.FIRST_COMPLETED
        )  # only a refusal can end now
        refused_first = {call.result() for call in first}
        stuck.let_go.set()
        seen = Counter(await asyncio.gather(*calls))
        shed = await metric(session, url, "gateway_shed_total")
        after = [await outcome(session, f"{url}/v1/receipts") for _ in range(5)]

    assert refused_first == {"overloaded"}
    assert seen["overloaded"] == shed == 400 - seen["200"] > 0
    assert 0 < stuck.most_inside <= min(16, seen["200"])  # who was inside is answered
    assert (small, after) == (["200"] * 3, ["200"] * 5)  # other services and own routes do not suffer


async def test_small_requests_do_not_wait_behind_long_ones(database_url: str) -> None:
    may_end, all_held, plain = asyncio.Event(), asyncio.Event(), recording_app(Seen([]))
    held = 0

    async def app(scope, receive, send) -> None:
        nonlocal held
        if scope.get("path") == "/v1/bank-statements":
            held += 1
            if held == 64:
                all_held.set()
            await may_end.wait()
        await plain(scope, receive, send)

    async with (
        gateway_before(app, database_url) as url,
        aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0), headers=bearer()) as session,
    ):
        target = f"{url}/v1/bank-statements"
        imports = [asyncio.create_task(outcome(session, target, "POST")) for _ in range(70)]
        await all_held.wait()
        small = [await outcome(session, f"{url}/v1/receipts") for _ in range(20)]
        may_end.set()
        seen = Counter(await asyncio.gather(*imports))

    assert small == ["200"] * 20
    assert seen["200"] >= 64
    assert seen["200"] + seen["overloaded"] == 70


async def test_callers_that_hang_up_leave_no_place_taken(database_url: str) -> None:
    async def never(_head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with raw_upstream(never) as address, gateway_at(address, database_url) as (session, url):
        calls = [asyncio.create_task(outcome(session, f"{url}/v1/receipts")) for _ in range(30)]
        while await metric(session, url, "gateway_in_flight") < 30:
            pass
        for call in calls:
            call.cancel()
        await asyncio.gather(*calls, return_exceptions=True)
        async with asyncio.timeout(60):
            while await metric(session, url, "gateway_in_flight"):
                pass


@pytest.mark.parametrize("position", [0, 1])
async def test_service_with_two_addresses_is_served_by_the_one_that_is_there(
    database_url: str, position: int
) -> None:
    async with serving(recording_app(Seen([]))) as there:
        addresses = [unused_url()]
        addresses.insert(position, there)
        async with gateway_at(",".join(addresses), database_url) as (session, url):
            seen = await asyncio.gather(*(outcome(session, f"{url}/v1/receipts") for _ in range(30)))
            writes = await asyncio.gather(
                *(outcome(session, f"{url}/v1/receipts", "POST") for _ in range(10))
            )
            async with session.get(f"{url}/health/ready") as reply:
                health = await reply.json()

    assert (set(seen), set(writes)) == ({"200"}, {"200"})
    assert health["parts"]["payments"] == "ready"
