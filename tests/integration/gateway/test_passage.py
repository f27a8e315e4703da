import asyncio
import contextlib
import io
import os
from collections.abc import AsyncIterator

import aiohttp
import psutil
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

MEBIBYTE = 1024 * 1024
BIG = 64 * MEBIBYTE


async def call(url: str, method: str = "GET", path: str = "/v1/receipts", **options: object):
    """Return (status, headers, body) of one call as admin."""
    headers = {**bearer(), **options.pop("headers", {})}
    async with (
        aiohttp.ClientSession() as session,
        session.request(method, url + path, headers=headers, **options) as reply,
    ):
        return reply.status, reply.headers, await reply.read()


async def pieces(total: int) -> AsyncIterator[bytes]:
    for _ in range(total // 65536):
        yield bytes(65536)


@pytest.mark.parametrize("is_chunked", [True, False], ids=["chunked", "with length"])
async def test_large_upload_streams_through_bounded_memory(database_url: str, is_chunked: bool) -> None:
    seen = Seen([])
    headers = {"Content-Type": "application/xml"} | ({} if is_chunked else {"Content-Length": str(BIG)})
    before = psutil.Process(os.getpid()).memory_info().rss

    async with gateway_before(recording_app(seen), database_url) as url:
        status, _, _ = await call(url, "POST", "/v1/bank-statements", data=pieces(BIG), headers=headers)
        growth = psutil.Process(os.getpid()).memory_info().rss - before

    assert (status, seen.requests[0]["size"]) == (200, BIG)
    assert growth < 24 * MEBIBYTE


async def test_large_reply_streams_through_bounded_memory_to_a_slow_reader(database_url: str) -> None:
    sent = 0

    async def app(scope, receive, send) -> None:
        nonlocal sent
        if scope.get("path") != "/v1/receipts":
            return await recording_app(Seen([]))(scope, receive, send)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        for _ in range(BIG // 65536):
            await send({"type": "http.response.body", "body": bytes(65536), "more_body": True})
            sent += 65536
        await send({"type": "http.response.body", "body": b""})
        return None

    async with (
        gateway_before(app, database_url) as url,
        aiohttp.ClientSession() as session,
        session.get(f"{url}/v1/receipts", headers=bearer()) as reply,
    ):
        received = len(await reply.content.readexactly(100_000))
        before = -1
        while sent != before:  # until everything between the service and the reader is full
            before = sent
            await asyncio.sleep(0.05)
        ahead_of_the_reader = sent
        async for piece in reply.content.iter_any():
            received += len(piece)

    assert received == BIG
    assert ahead_of_the_reader < 24 * MEBIBYTE


async def test_reply_passes_status_headers_and_body_untouched(database_url: str) -> None:
    async with gateway_before(
        recording_app(Seen([]), reply=b'{"a": "\xc3\xa4"}', status=409), database_url
    ) as url:
        status, headers, body = await call(url)

    assert (status, body) == (409, b'{"a": "\xc3\xa4"}')
    assert headers["Content-Type"] == "application/json"
    assert "Server" not in headers


async def test_query_and_encoded_path_reach_the_service_as_sent(database_url: str) -> None:
    seen = Seen([])

    async with gateway_before(recording_app(seen), database_url) as url, aiohttp.ClientSession() as session:
        target = aiohttp.client.URL(f"{url}/v1/accounts/CP%20%C3%A4/open-items?a=1&a=%2F&b=", encoded=True)
        async with session.get(target, headers=bearer()) as reply:
            assert reply.status == 200

    assert seen.requests[0]["raw_path"] == b"/v1/accounts/CP%20%C3%A4/open-items"
    assert seen.requests[0]["query_string"] == b"a=1&a=%2F&b="


async def test_service_sees_the_gateways_identity_and_none_of_the_callers_claims(database_url: str) -> None:
    seen = Seen([])
    spoofed = {
        "X-User-Id": "root",
        "X-Internal-Token": "t",
        "X-Forwarded-For": "1.2.3.4",
        "X-Forwarded-Proto": "https",
        "Forwarded": "for=1.2.3.4",
        "X-Hop": "1",
        "Connection": "keep-alive, X-Hop",
        "Cookie": "a=b",
        "X-Kept": "yes",
        "X-Request-Id": "call-7",
    }

    async with gateway_before(recording_app(seen), database_url) as url:
        _, reply_headers, _ = await call(url, headers=spoofed)

    headers = dict(seen.requests[0]["headers"])
    assert headers[b"authorization"] != bearer()["Authorization"].encode()
    assert headers.keys() & {b"x-user-id", b"x-internal-token", b"forwarded", b"x-hop", b"cookie"} == set()
    assert (headers[b"x-forwarded-for"], headers[b"x-forwarded-proto"]) == (b"127.0.0.1", b"http")
    assert (headers[b"x-kept"], headers[b"x-request-id"]) == (b"yes", b"call-7")
    assert reply_headers["X-Request-Id"] == "call-7"


async def test_head_is_answered_with_the_headers_of_get(database_url: str) -> None:
    seen = Seen([])

    async with gateway_before(recording_app(seen, reply=b"x" * 1000), database_url) as url:
        status, headers, body = await call(url, "HEAD")
        await call(url, "GET", headers={"X-Asked-Method": "HEAD"})

    assert (status, headers["Content-Length"], body) == (200, "1000", b"")
    assert [one["method"] for one in seen.requests] == ["GET", "GET"]
    said = [dict(one["headers"]).get(b"x-asked-method") for one in seen.requests]
    assert said == [b"HEAD", None]


async def test_service_that_is_not_there_is_a_503_with_retry_after(database_url: str) -> None:
    async with serving(create_app(settings_for(database_url, unused_url()))) as url:
        status, headers, body = await call(url, headers={"traceparent": f"00-{'a' * 32}-{'b' * 16}-01"})

    assert (status, headers["Retry-After"]) == (503, "2")
    assert b'"code":"upstream_unreachable"' in body
    assert b'"trace_id":"' + b"a" * 32 in body


async def test_service_that_is_too_slow_is_a_504(database_url: str) -> None:
    async def never(_head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with raw_upstream(never) as upstream:
        settings = settings_for(database_url, upstream, timeout_seconds=0.2)
        async with serving(create_app(settings)) as url:
            status, _, body = await call(url)

    assert (status, b'"code":"upstream_slow"' in body) == (504, True)


async def test_prefer_wait_extends_the_time_a_reply_may_take(database_url: str) -> None:
    async def slow(scope, receive, send) -> None:
        if scope.get("path") == "/v1/receipts":
            await asyncio.sleep(0.5)
        await recording_app(Seen([]))(scope, receive, send)

    async with gateway_before(slow, database_url, timeout_seconds=0.2) as url:
        status, _, _ = await call(url, headers={"Prefer": "wait=5"})

    assert status == 200


@pytest.mark.parametrize(
    "reply",
    [b"", b"HTTP/1.1 200", b"HTTP/1.1 200 OK\r\ncontent-length: a\r\n\r\n", b"220 smtp ready\r\n"],
    ids=["nothing", "half a line", "bad length", "another protocol"],
)
async def test_service_that_breaks_off_before_its_reply_is_a_502(database_url: str, reply: bytes) -> None:
    async def broken(_head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(reply)
        writer.close()

    async with (
        raw_upstream(broken) as upstream,
        serving(create_app(settings_for(database_url, upstream))) as url,
    ):
        status, _, body = await call(url)

    assert (status, b'"code":"upstream_broken"' in body) == (502, True)


@pytest.mark.parametrize(
    "start",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 1000\r\n\r\nabc",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\n",
    ],
    ids=["with length", "chunked"],
)
async def test_reply_cut_short_by_the_service_never_looks_whole(database_url: str, start: bytes) -> None:
    async def dying(_head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(start)
        await writer.drain()
        writer.transport.abort()

    async with (
        raw_upstream(dying) as upstream,
        serving(create_app(settings_for(database_url, upstream))) as url,
    ):
        try:
            status, _, _ = await call(url)
        except aiohttp.ClientError:
            status = 502

    assert status == 502  # either the break was seen before the reply began, or the caller saw it itself


async def test_caller_that_hangs_up_stops_the_services_work(database_url: str) -> None:
    started, stopped = asyncio.Event(), asyncio.Event()

    async def working(_head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        started.set()
        with contextlib.suppress(ConnectionResetError):
            await reader.read()
        stopped.set()
        writer.close()

    async with (
        raw_upstream(working) as upstream,
        serving(create_app(settings_for(database_url, upstream))) as url,
    ):
        calling = asyncio.create_task(call(url))
        await started.wait()
        calling.cancel()
        async with asyncio.timeout(60):
            await stopped.wait()


class ClosingAfterFirst:
    """Answers one request per connection, keeps it open, and drops it when a second one arrives."""

    def __init__(self) -> None:
        self.answered = 0

    async def __call__(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if b"content-length: 2" in head:
            await reader.readexactly(2)
        self.answered += 1
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        await writer.drain()
        with contextlib.suppress(asyncio.IncompleteReadError):
            await reader.readuntil(b"\r\n\r\n")
        writer.transport.abort()


@pytest.mark.parametrize(
    ("method", "path", "headers", "statuses"),
    [
        ("GET", "/v1/receipts", {}, [200, 200]),
        ("POST", "/v1/bank-accounts", {"Idempotency-Key": "k"}, [200, 200]),
        ("POST", "/v1/bank-accounts", {}, [200, 502]),
    ],
    ids=["reading", "keyed write", "write without key"],
)
async def test_kept_connection_that_was_dropped_is_retried_only_when_that_is_safe(
    database_url: str, method: str, path: str, headers: dict[str, str], statuses: list[int]
) -> None:
    upstream = ClosingAfterFirst()
    body = b"{}" if method == "POST" else None

    async with (
        raw_upstream(upstream) as address,
        serving(create_app(settings_for(database_url, address))) as url,
    ):
        seen = [(await call(url, method, path, data=body, headers=headers))[0] for _ in range(2)]

    assert seen == statuses
    assert upstream.answered == statuses.count(200)


async def test_body_that_declares_too_much_is_refused_unread(database_url: str) -> None:
    seen = Seen([])

    async with gateway_before(recording_app(seen), database_url) as url:
        status, headers, body = await call(
            url, "POST", "/v1/bank-accounts", data=io.BytesIO(bytes(2 * MEBIBYTE)), expect100=True
        )

    assert (status, headers["Connection"]) == (413, "close")
    assert b'"limit_bytes":1048576' in body
    assert seen.requests == []


async def test_chunked_body_is_cut_where_it_becomes_too_large(database_url: str) -> None:
    async with gateway_before(recording_app(Seen([])), database_url) as url:
        try:
            status, _, _ = await call(url, "POST", "/v1/bank-accounts", data=pieces(8 * MEBIBYTE))
        except aiohttp.ClientConnectionError:
            status = 413  # the refusal came while the body was still being sent, and the sender did not look

    assert status == 413


async def test_many_calls_at_once_share_the_kept_connections(database_url: str) -> None:
    seen = Seen([])

    async def status(session: aiohttp.ClientSession, url: str) -> int:
        async with session.get(f"{url}/v1/receipts") as reply:
            return reply.status

    async with (
        gateway_before(recording_app(seen), database_url, upstream_connections_max=4) as url,
        aiohttp.ClientSession(headers=bearer()) as session,
    ):
        statuses = await asyncio.gather(*(status(session, url) for _ in range(100)))

    assert statuses == [200] * 100
    assert len({request["client"] for request in seen.requests}) <= 4
