"""Replies to callers that can unpack them, on the short way and on the usual one."""

import asyncio
import gzip
import json
import zlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from tests.integration.gateway.running import bearer, gateway_before

LONG = json.dumps({"items": [{"number": f"INV/26-27/{number:06}"} for number in range(400)]}).encode()
SHORT = b'{"items":[]}'


def replying(body: bytes, *headers: tuple[bytes, bytes], status: int = 200) -> Any:
    """Return an upstream that answers every request so."""

    async def app(scope, receive, send) -> None:
        if scope["type"] != "http":
            for step in ("startup", "shutdown"):
                await receive()
                await send({"type": f"lifespan.{step}.complete"})
            return
        usual = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
        names = {name for name, _ in headers}
        whole = [*(header for header in usual if header[0] not in names), *headers]
        await send({"type": "http.response.start", "status": status, "headers": whole})
        await send({"type": "http.response.body", "body": body})

    return app


@asynccontextmanager
async def called(
    upstream: Any, database_url: str, *, accepts: str = "gzip", **headers: str
) -> AsyncIterator[list[tuple[aiohttp.ClientResponse, bytes]]]:
    """Yield the reply of the usual way and that of the short one, with the bytes as they came."""
    replies = []
    async with (
        gateway_before(upstream, database_url) as url,
        aiohttp.ClientSession(auto_decompress=False, headers=bearer()) as session,
    ):
        for _ in range(2):
            sent = {"Accept-Encoding": accepts, **headers}
            async with session.get(f"{url}/v1/receipts", headers=sent) as reply:
                replies.append((reply, await reply.read()))
        yield replies


async def test_long_json_is_compressed_on_both_ways(database_url: str) -> None:
    async with called(replying(LONG, (b"etag", b'"7"')), database_url) as replies:
        for reply, body in replies:
            assert (reply.headers["Content-Encoding"], reply.headers["Vary"]) == ("gzip", "Accept-Encoding")
            assert reply.headers["ETag"] == 'W/"7"'
            assert gzip.decompress(body) == LONG
            assert len(body) < len(LONG) / 4


@pytest.mark.parametrize(
    ("upstream", "accepts"),
    [
        (replying(LONG), "identity"),
        (replying(SHORT), "gzip"),
        (replying(LONG, (b"content-type", b"application/pdf")), "gzip"),
        (replying(LONG, (b"cache-control", b"no-transform")), "gzip"),
    ],
    ids=["not accepted", "too short", "no text", "forbidden"],
)
async def test_what_is_not_to_be_compressed_passes_as_it_is(
    database_url: str, upstream: Any, accepts: str
) -> None:
    async with called(upstream, database_url, accepts=accepts) as replies:
        for reply, body in replies:
            assert "Content-Encoding" not in reply.headers
            assert body in (LONG, SHORT)
            assert int(reply.headers["Content-Length"]) == len(body)


async def test_what_the_service_compressed_is_not_compressed_again(database_url: str) -> None:
    packed = gzip.compress(LONG)

    async with called(replying(packed, (b"content-encoding", b"gzip")), database_url) as replies:
        assert [body for _, body in replies] == [packed, packed]


async def test_unchanged_reply_has_the_etag_that_the_caller_knows(database_url: str) -> None:
    upstream = replying(b"", (b"etag", b'"7"'), (b"content-length", b"0"), status=304)

    async with called(upstream, database_url, **{"If-None-Match": 'W/"7"'}) as replies:
        assert [(reply.status, reply.headers["ETag"]) for reply, _ in replies] == [(304, 'W/"7"')] * 2


async def test_each_piece_of_a_stream_can_be_read_when_it_came(database_url: str) -> None:
    may_end = asyncio.Event()

    async def app(scope, receive, send) -> None:
        if scope.get("path") != "/v1/receipts":
            return await replying(SHORT)(scope, receive, send)
        headers = [(b"content-type", b"application/x-ndjson")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"n":1}\n' * 200, "more_body": True})
        await may_end.wait()
        await send({"type": "http.response.body", "body": b'{"n":2}\n'})
        return None

    async with (
        gateway_before(app, database_url) as url,
        aiohttp.ClientSession(auto_decompress=False, headers=bearer()) as session,
        session.get(f"{url}/v1/receipts", headers={"Accept-Encoding": "gzip"}) as reply,
    ):
        unpacking, text = zlib.decompressobj(31), b""
        async with asyncio.timeout(60):
            while len(text) < 1600:
                text += unpacking.decompress(await reply.content.readany())
        may_end.set()
        text += unpacking.decompress(await reply.read())

    assert text == b'{"n":1}\n' * 200 + b'{"n":2}\n'


async def test_the_gateways_own_document_is_compressed(database_url: str) -> None:
    async with (
        gateway_before(replying(SHORT), database_url) as url,
        aiohttp.ClientSession() as session,
        session.get(f"{url}/openapi.json", headers={"Accept-Encoding": "gzip"}) as reply,
    ):
        document = await reply.json()

    assert reply.headers["Content-Encoding"] == "gzip"
    assert "/v1/me" in document["paths"]


async def test_head_tells_the_length_of_the_plain_reply(database_url: str) -> None:
    async with (
        gateway_before(replying(LONG), database_url) as url,
        aiohttp.ClientSession(headers=bearer()) as session,
        session.head(f"{url}/v1/receipts", headers={"Accept-Encoding": "gzip"}) as reply,
    ):
        assert int(reply.headers["Content-Length"]) == len(LONG)
