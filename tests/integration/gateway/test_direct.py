"""The short way of small reads: taken once the token is remembered and a connection to the service is kept."""

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gateway.main import create_app
from tests.integration.gateway.running import access_token, raw_upstream, serving, settings_for

TOKEN = access_token("admin")
READ = f"GET /v1/receipts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {TOKEN}\r\n".encode()
SMALL = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nserver: inner\r\n\r\nok"


class Upstream:
    """Answers the first request of a run usually and the others as told; None keeps silent, '' hangs up."""

    def __init__(self, *replies: bytes | None) -> None:
        self.replies = [SMALL, *replies]
        self.targets: list[bytes] = []
        self.has_second_request = asyncio.Event()
        self.has_lost_a_caller = asyncio.Event()

    async def __call__(self, head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head:
            self.targets.append(head.split(b" ")[1])
            if len(self.targets) == 2:
                self.has_second_request.set()
            reply = self.replies.pop(0) if self.replies else SMALL
            if reply == b"":
                break
            writer.write(reply or b"")
            try:
                head = await reader.readuntil(b"\r\n\r\n")
            except (asyncio.IncompleteReadError, ConnectionResetError):
                self.has_lost_a_caller.set()
                break
        writer.transport.abort()


class Caller:
    """A keep-alive connection to the gateway."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    def send(self, data: bytes) -> None:
        self.writer.write(data)

    async def reply(self) -> tuple[int, dict[bytes, bytes], bytes]:
        """Return status, headers and body of the next reply."""
        async with asyncio.timeout(60):
            head = await self.reader.readuntil(b"\r\n\r\n")
            lines = head.split(b"\r\n")
            headers = dict(line.split(b": ", 1) for line in lines[1:] if line)
            if b"content-length" in headers:
                body = await self.reader.readexactly(int(headers[b"content-length"]))
            else:
                body = await self.reader.readuntil(b"0\r\n\r\n")
        return int(lines[0].split(b" ")[1]), headers, body


@asynccontextmanager
async def warm(upstream: Upstream, database_url: str, **changes: object) -> AsyncIterator[Caller]:
    """Yield a caller whose token is remembered, with one connection to the upstream kept."""
    async with raw_upstream(upstream) as address:
        settings = settings_for(database_url, address, **changes)
        async with serving(create_app(settings)) as url:
            host, port = url.removeprefix("http://").split(":")
            caller = Caller(*await asyncio.open_connection(host, int(port)))
            caller.send(READ + b"\r\n")
            assert (await caller.reply())[0] == 200
            yield caller
            caller.writer.close()


async def test_both_ways_answer_alike(database_url: str) -> None:
    async with warm(Upstream(), database_url) as caller:
        caller.send(READ + b"X-Request-Id: same\r\n\r\n")
        short = await caller.reply()
        caller.send(READ + b"X-Request-Id: same\r\nPrefer: wait=1\r\n\r\n")
        usual = await caller.reply()

    assert short[1].pop(b"date", b"")[:4] == usual[1].pop(b"date", b"")[:4]
    assert short[1].pop(b"ratelimit")[:8] == usual[1].pop(b"ratelimit")[:8] == b'"reads";'
    assert short == usual
    assert short[2] == b"ok"
    assert b"server" not in short[1]


async def test_reply_that_came_in_chunks_gets_its_length(database_url: str) -> None:
    chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n"

    async with warm(Upstream(chunked), database_url) as caller:
        caller.send(READ + b"\r\n")
        status, headers, body = await caller.reply()

    assert (status, headers[b"content-length"], body) == (200, b"3", b"abc")


@pytest.mark.parametrize("status", [204, 304])
async def test_reply_without_body_stays_without(database_url: str, status: int) -> None:
    async with warm(Upstream(b"HTTP/1.1 %d X\r\netag: a\r\n\r\n" % status), database_url) as caller:
        caller.send(READ + b"\r\n")
        head = await caller.reader.readuntil(b"\r\n\r\n")
        caller.send(READ + b"\r\n")
        following = await caller.reply()

    assert head.startswith(b"HTTP/1.1 %d " % status)
    assert b"content-length" not in head
    assert following[2] == b"ok"


async def test_long_reply_goes_on_as_a_stream(database_url: str) -> None:
    body = bytes(range(256)) * 16_384
    reply = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n" % len(body) + body

    async with warm(Upstream(reply), database_url) as caller:
        caller.send(READ + b"\r\n")
        received = await caller.reply()
        caller.send(READ + b"\r\n")
        following = await caller.reply()

    assert received[2] == body
    assert following[2] == b"ok"


async def test_requests_sent_ahead_are_answered_in_order(database_url: str) -> None:
    replies = [b"HTTP/1.1 200 OK\r\ncontent-length: 1\r\n\r\n%d" % number for number in range(4)]

    async with warm(Upstream(*replies), database_url) as caller:
        caller.send((READ + b"\r\n") * 4)
        bodies = [(await caller.reply())[2] for _ in range(4)]

    assert bodies == [b"0", b"1", b"2", b"3"]


async def test_connection_is_closed_when_the_caller_asks_for_it(database_url: str) -> None:
    async with warm(Upstream(), database_url) as caller:
        caller.send(READ + b"Connection: close\r\n\r\n")
        _, headers, _ = await caller.reply()
        rest = await caller.reader.read()

    assert (headers[b"connection"], rest) == (b"close", b"")


async def test_kept_connection_dropped_under_a_read_is_replaced(database_url: str) -> None:
    upstream = Upstream(b"")

    async with warm(upstream, database_url) as caller:
        caller.send(READ + b"\r\n")
        status, _, body = await caller.reply()

    assert (status, body) == (200, b"ok")
    assert len(upstream.targets) == 3


async def test_silent_service_is_a_504_problem(database_url: str) -> None:
    async with warm(Upstream(None), database_url, timeout_seconds=0.2) as caller:
        caller.send(READ + b"\r\n")
        status, headers, body = await caller.reply()

    assert (status, headers[b"content-type"]) == (504, b"application/problem+json")
    assert b"upstream_slow" in body


async def test_nonsense_from_the_service_is_a_502_problem(database_url: str) -> None:
    async with warm(Upstream(b"HTTP/1.1 200 OK\r\ncontent-length: x\r\n\r\n"), database_url) as caller:
        caller.send(READ + b"\r\n")
        status, _, body = await caller.reply()

    assert (status, b"upstream_broken" in body) == (502, True)


async def test_caller_that_hangs_up_stops_the_service(database_url: str) -> None:
    upstream = Upstream(None)

    async with warm(upstream, database_url) as caller:
        caller.send(READ + b"\r\n")
        await upstream.has_second_request.wait()
        caller.writer.transport.abort()
        async with asyncio.timeout(60):
            await upstream.has_lost_a_caller.wait()


@pytest.mark.parametrize(
    ("target", "status"),
    [
        (b"/v1/receipts/%2e%2e", 404),
        (b"/v1/receipts/..", 404),
        (b"/v1/receipts/", 404),
        (b"/v1/unheard-of", 404),
        (b"http://evil.test/v1/unheard-of", 404),
    ],
)
async def test_short_way_opens_nothing_that_is_closed(database_url: str, target: bytes, status: int) -> None:
    async with warm(Upstream(), database_url) as caller:
        caller.send(READ.replace(b"/v1/receipts", target, 1) + b"\r\n")
        answered, _, _ = await caller.reply()

    assert answered == status


async def test_identity_headers_are_stripped_on_the_short_way_too(database_url: str) -> None:
    heads: list[bytes] = []

    async def keep(head: bytes, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while head:
            heads.append(head)
            writer.write(SMALL)
            head = await reader.readuntil(b"\r\n\r\n") if len(heads) < 2 else b""
        writer.close()

    async with warm(keep, database_url) as caller:  # type: ignore[arg-type]
        caller.send(READ + b"X-User-Id: root\r\nX-Forwarded-For: 1.2.3.4\r\nCookie: a=b\r\n\r\n")
        await caller.reply()

    names = re.findall(rb"^([a-z0-9-]+): ", heads[1], re.MULTILINE)
    assert b"x-forwarded-for: 127.0.0.1" in heads[1]
    assert TOKEN.encode() not in heads[1]
    assert {b"x-user-id", b"cookie"} & set(names) == set()
    assert len(names) == len(set(names))
