"""Raw bytes on the socket: what no HTTP client would send."""

import asyncio

import pytest

from gateway.main import create_app
from tests.integration.gateway.running import (
    Seen,
    access_token,
    gateway_before,
    recording_app,
    serving,
    settings_for,
    unused_url,
)

SMUGGLED = b"GET /v1/exceptions HTTP/1.1\r\nHost: x\r\n\r\n"


async def exchange(url: str, data: bytes) -> bytes:
    host, port = url.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(data)
    async with asyncio.timeout(60):
        reply = await reader.read()
    writer.close()
    return reply


def request(*lines: bytes, body: bytes = b"", target: bytes = b"/v1/bank-accounts") -> bytes:
    token = access_token("admin").encode()
    head = [b"POST " + target + b" HTTP/1.1", b"Host: x", b"Authorization: Bearer " + token, *lines]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


@pytest.mark.parametrize("head", [b"", b"GET /v1/receipts HTTP/1.1\r\nHost:"], ids=["silence", "half a head"])
async def test_connection_that_never_completes_a_head_is_closed(database_url: str, head: bytes) -> None:
    async with serving(create_app(settings_for(database_url, unused_url())), keep_alive_seconds=1) as url:
        reply = await exchange(url, head)

    assert reply == b""


BAD = {
    "length and chunks": request(
        b"Content-Length: 4", b"Transfer-Encoding: chunked", body=b"0\r\n\r\n" + SMUGGLED
    ),
    "chunks and length": request(
        b"Transfer-Encoding: chunked", b"Content-Length: 4", body=b"0\r\n\r\n" + SMUGGLED
    ),
    "two lengths": request(b"Content-Length: 2", b"Content-Length: 40", body=b"{}" + SMUGGLED),
    "length with sign": request(b"Content-Length: +2", body=b"{}"),
    "length list": request(b"Content-Length: 2, 40", body=b"{}" + SMUGGLED),
    "two encodings": request(
        b"Transfer-Encoding: chunked", b"Transfer-Encoding: identity", body=b"0\r\n\r\n" + SMUGGLED
    ),
    "hidden encoding": request(b"Transfer-Encoding: xchunked", body=b"0\r\n\r\n" + SMUGGLED),
    "space before colon": request(b"Content-Length : 2", body=b"{}"),
    "bad chunk size": request(b"Transfer-Encoding: chunked", body=b"zz\r\n{}\r\n0\r\n\r\n"),
    "chunk size with sign": request(b"Transfer-Encoding: chunked", body=b"-2\r\n{}\r\n0\r\n\r\n"),
    "bare CR in a header": request(b"X-A: b\rX-User-Id: root"),
    "NUL in a header": request(b"X-A: b\0c"),
    "space in the target": request(target=b"/v1/bank-accounts /v1/me"),
    "two authorizations": request(b"Authorization: Bearer x", b"Connection: close"),
}


@pytest.mark.parametrize("name", list(BAD))
async def test_ambiguous_request_is_refused_and_the_connection_closed(database_url: str, name: str) -> None:
    seen = Seen([])

    async with gateway_before(recording_app(seen), database_url) as url:
        reply = await exchange(url, BAD[name])

    assert reply.startswith(b"HTTP/1.1 400 ")
    assert reply.count(b"HTTP/1.1") == 1
    assert seen.requests == []
