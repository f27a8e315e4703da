"""What stays shut, and what every reply carries: methods, origins, hidden routes, faults, heads without end."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest

from gateway.main import create_app
from tests.integration.gateway.running import (
    Seen,
    access_token,
    bearer,
    gateway_before,
    raw_upstream,
    recording_app,
    serving,
    settings_for,
    unused_url,
)
from tests.integration.gateway.test_smuggling import exchange

APP = "https://app.example.com"
NOWHERE = "postgresql://nobody:x@127.0.0.1:9/none"


@asynccontextmanager
async def door(database_url: str, **changes: object) -> AsyncIterator[tuple[aiohttp.ClientSession, str]]:
    async with (
        gateway_before(recording_app(Seen([])), database_url, **changes) as url,
        aiohttp.ClientSession() as session,
    ):
        yield session, url


# Methods


@pytest.mark.parametrize("method", ["PUT", "PATCH", "DELETE", "TRACE", "OPTIONS"])
async def test_method_that_a_path_does_not_answer_is_a_405_that_names_those_it_does(
    database_url: str, method: str
) -> None:
    async with (
        door(database_url) as (session, url),
        session.request(method, f"{url}/v1/receipts", headers=bearer()) as reply,
    ):
        problem = await reply.json()

    assert (reply.status, reply.headers["Allow"]) == (405, "GET, HEAD, POST")
    assert problem["code"] == "method_not_allowed"


async def test_nobody_reads_a_request_back_by_trace(database_url: str) -> None:
    request = (
        f"TRACE /v1/receipts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {access_token('admin')}\r\n"
        "X-Secret: mirror\r\nConnection: close\r\n\r\n"
    )

    async with door(database_url) as (_, url):
        reply = await exchange(url, request.encode())

    assert reply.startswith(b"HTTP/1.1 405 ")
    assert b"mirror" not in reply


# Routes that nobody documented


@pytest.mark.parametrize(
    "path",
    [
        "/docs",
        "/redoc",
        "/metrics",
        "/debug",
        "/admin",
        "/v2/receipts",
        "/.env",
        "/server-status",
        "/v1",
        "/v1/",
    ],
)
async def test_undocumented_path_is_a_404_in_production(database_url: str, path: str) -> None:
    async with (
        door(database_url, environment="production") as (session, url),
        session.get(f"{url}{path}", headers=bearer()) as reply,
    ):
        assert reply.status == 404


# Browsers


async def test_known_origin_may_read_the_headers_that_a_client_needs(database_url: str) -> None:
    async with (
        door(database_url, cors_origins=(APP,)) as (session, url),
        session.get(f"{url}/v1/receipts", headers={**bearer(), "Origin": APP}) as reply,
    ):
        exposed = {name.strip() for name in reply.headers["Access-Control-Expose-Headers"].split(",")}

    assert reply.headers["Access-Control-Allow-Origin"] == APP
    assert "Access-Control-Allow-Credentials" not in reply.headers
    assert exposed >= {
        "ETag",
        "Idempotency-Replayed",
        "Link",
        "Location",
        "RateLimit",
        "RateLimit-Policy",
        "Retry-After",
        "X-Request-Id",
    }


async def test_refusals_can_be_read_across_origins_too(database_url: str) -> None:
    async with (
        door(database_url, cors_origins=(APP,)) as (session, url),
        session.get(f"{url}/v1/receipts", headers={"Origin": APP}) as reply,
    ):
        assert (reply.status, reply.headers["Access-Control-Allow-Origin"]) == (401, APP)


@pytest.mark.parametrize(
    "origin", ["https://evil.test", "https://app.example.com.evil.test", "null", "http://app.example.com"]
)
async def test_other_origins_may_read_nothing_and_ask_for_nothing(database_url: str, origin: str) -> None:
    asking = {"Origin": origin, "Access-Control-Request-Method": "POST"}

    async with door(database_url, cors_origins=(APP,)) as (session, url):
        async with session.get(f"{url}/v1/receipts", headers={**bearer(), "Origin": origin}) as reply:
            read = dict(reply.headers)
        async with session.options(f"{url}/v1/receipts", headers=asking) as reply:
            preflight = reply.status

    assert not [name for name in read if name.startswith("Access-Control")]
    assert preflight == 403


@pytest.mark.parametrize("path", ["/", "/v1/me", "/v1/receipts", "/v1/unheard-of", "/health/live"])
async def test_every_reply_tells_browsers_to_be_careful(database_url: str, path: str) -> None:
    async with (
        door(database_url) as (session, url),
        session.get(f"{url}{path}", headers=bearer()) as reply,
    ):
        headers = reply.headers

    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "no-referrer"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Strict-Transport-Security"].startswith("max-age=")
    assert "Cache-Control" in headers
    assert "Set-Cookie" not in headers


# Heads


@pytest.mark.parametrize(
    "head",
    [
        b"GET /v1/receipts HTTP/1.1\r\nX-A: " + b"a" * 200_000,
        b"GET /" + b"a" * 200_000,
        b"GET /v1/receipts HTTP/1.1\r\n" + b"X-A: aaaaaaaaaaaaaaaa\r\n" * 10_000,
    ],
    ids=["header without end", "target without end", "headers without end"],
)
async def test_head_without_end_is_cut_off(database_url: str, head: bytes) -> None:
    async with door(database_url) as (_, url):
        try:
            reply = await exchange(url, head)
        except ConnectionResetError:
            reply = b"HTTP/1.1 431 "  # it was closed while the head was still being sent, and the reply lost

    assert reply.startswith((b"HTTP/1.1 431 ", b"HTTP/1.1 400 "))


@pytest.mark.parametrize(
    "line",
    ["X-A: " + "a" * 20_000, "\r\n".join(f"X-{number}: a" for number in range(150))],
    ids=["long", "many"],
)
async def test_large_but_whole_head_is_answered(database_url: str, line: str) -> None:
    request = f"GET /v1/receipts HTTP/1.1\r\nHost: x\r\n{line}\r\nConnection: close\r\n\r\n"

    async with door(database_url) as (_, url):
        reply = await exchange(url, request.encode())

    assert reply.startswith((b"HTTP/1.1 401 ", b"HTTP/1.1 400 "))


@pytest.mark.parametrize(
    "endless",
    [b"X-A: " + b"a" * 65536, b"X-A: a\r\n" * 4096, b"HTTP/1.1 100 Continue\r\n\r\n" * 4096],
    ids=["one header", "headers", "interim replies"],
)
async def test_service_whose_head_has_no_end_is_a_502_in_bounded_memory(
    database_url: str, endless: bytes
) -> None:
    sent = 0

    async def answer(_head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        nonlocal sent
        writer.write(b"" if endless.startswith(b"HTTP") else b"HTTP/1.1 200 OK\r\n")
        try:
            for _ in range(1000):
                writer.write(endless)
                sent += len(endless)
                await writer.drain()
        except ConnectionError:
            pass
        writer.close()

    async with (
        raw_upstream(answer) as upstream,
        serving(create_app(settings_for(database_url, upstream))) as url,
        aiohttp.ClientSession() as session,
        session.get(f"{url}/v1/receipts", headers=bearer()) as reply,
    ):
        problem = await reply.json()

    assert (reply.status, problem["code"]) == (502, "upstream_broken")
    assert sent < 16 * 1024 * 1024


# Faults


async def test_bug_in_the_gateway_is_a_500_that_shows_only_the_trace_id(database_url: str) -> None:
    app = create_app(settings_for(database_url, unused_url()))

    class Broken:
        @property
        def merged(self) -> object:
            raise RuntimeError("SELECT secret FROM keys")

    app.edge.own.state.documents = Broken()
    async with serving(app) as url, aiohttp.ClientSession() as session:
        trace = {"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"}
        async with session.get(f"{url}/problems/busy", headers=trace) as reply:
            text = await reply.text()
            problem = await reply.json()
        async with session.get(f"{url}/health/live") as following:
            assert following.status == 200

    assert (reply.status, problem["code"], problem["trace_id"]) == (500, "fault", "a" * 32)
    assert "secret" not in text
    assert "Traceback" not in text


async def test_nobody_is_let_in_while_it_cannot_be_known_whose_token_was_withdrawn() -> None:
    async with (
        door(NOWHERE) as (session, url),
        session.get(f"{url}/v1/receipts", headers=bearer()) as reply,
    ):
        problem = await reply.json()

    assert (reply.status, problem["code"]) == (503, "key_store_unavailable")
