"""Carries one request to a service and its reply back, both as streams."""

import asyncio
import time
from collections.abc import Sequence
from enum import Enum
from typing import Final

from starlette.types import Message, Receive, Scope, Send

from gateway.adapters.upstream import Upstream
from gateway.adapters.upstream_addresses import Address
from gateway.adapters.upstream_connection import UpstreamConnection
from gateway.adapters.upstream_pool import Exchange
from gateway.api.paced_body import PacedBody
from gateway.domain.errors import BodyTooSlow, UpstreamBroken, UpstreamUnreachable
from gateway.domain.headers import Header, reply_headers, request_headers
from gateway.domain.routing import Route
from shared.asked_method import ASKED_METHOD_HEADER
from shared.errors import Malformed, TooLarge
from shared.trace import Trace

REPLY_IDLE_SECONDS: Final = 120.0
CALLER_IDLE_SECONDS: Final = 600.0
REPEATABLE_BODY_BYTES_MAX: Final = 64 * 1024
HEAD_DRAIN_BYTES_MAX: Final = 64 * 1024
_ASKED_AS_HEAD: Final = b"%b: HEAD\r\n" % ASKED_METHOD_HEADER


class CallerGone(Exception):
    """The caller hung up; there is nobody left to answer."""


class Repeats(Enum):
    """When a request may be sent a second time: not at all, or where a kept connection had been closed under it, so that
    nobody read it, and within the retry budget where a new connection cannot be had or breaks."""

    NEVER = "never"
    SAFE = "safe"


class Passage:
    """One request on its way. `has_begun` tells whether the caller has seen a part of the reply already."""

    __slots__ = (
        "_body",
        "_marks",
        "_pool",
        "_route",
        "_scope",
        "_send",
        "_token",
        "_trace",
        "_upstream",
        "_watcher",
        "address",
        "has_begun",
        "reply_seconds",
        "status",
    )

    def __init__(
        self,
        *,
        scope: Scope,
        receive: Receive,
        send: Send,
        upstream: Upstream,
        route: Route,
        token: str,
        trace: Trace,
        marks: Sequence[Header],
    ) -> None:
        self._scope, self._send = scope, send
        self._body = PacedBody(receive, route)
        self._upstream, self._pool = upstream, upstream.pool
        self._route = route
        self._token = token
        self._trace = trace
        self._marks = marks
        self._watcher: asyncio.Task[None] | None = None
        # Who was asked last.
        self.address: Address | None = None
        self.has_begun = False
        self.reply_seconds: float | None = None
        self.status = 0

    async def run(self, headers: dict[bytes, bytes], timeout_seconds: float) -> None:
        """Send, then relay; raises refusals and faults, of which `has_begun` says if they can be answered."""
        declared = _declared_length(headers)
        if declared == 0:
            is_read = self._scope["method"] in ("GET", "HEAD")
            repeats = Repeats.SAFE if is_read else Repeats.NEVER
            await self._run_whole(self._head(b""), timeout_seconds, repeats)
            return
        if declared is not None and declared > self._route.body_bytes_max:
            raise self._body.too_large()
        first = await self._received()
        body: bytes = first.get("body", b"")
        if first.get("more_body"):
            await self._run_streamed(first, declared, timeout_seconds)
            return
        # A key makes a write safe: what was done already is answered again and not done twice.
        is_keyed = len(body) <= REPEATABLE_BODY_BYTES_MAX and b"idempotency-key" in headers
        data = self._head(b"content-length: %d\r\n" % len(body)) + body
        await self._run_whole(data, timeout_seconds, Repeats.SAFE if is_keyed else Repeats.NEVER)

    async def resume(self, exchange: Exchange, timeout_seconds: float) -> None:
        """Go on with a read that was sent already."""
        await self._run_whole(self._head(b""), timeout_seconds, Repeats.SAFE, asked=exchange)

    async def _run_whole(
        self, data: bytes, timeout_seconds: float, repeats: "Repeats", *, asked: Exchange | None = None
    ) -> None:
        lent = asked or self._pool.lend_idle(timeout_seconds)
        exchange = lent or await self._lent_new(timeout_seconds, repeats)
        try:
            try:
                await self._answered(exchange, b"" if asked else data)
            except UpstreamBroken:
                if not await self._is_repeated(exchange.connection, repeats):
                    raise
                self._pool.give_back(exchange)
                exchange = await self._lent_elsewhere(exchange.connection, timeout_seconds)
                await self._answered(exchange, data)
            await self._relay(exchange.connection)
        finally:
            if self._watcher is not None:
                self._watcher.cancel()
            self._pool.give_back(exchange)

    async def _lent_elsewhere(self, broken: UpstreamConnection, timeout_seconds: float) -> Exchange:
        """The request is sent once more, to another address where there is one: then the first has failed it."""
        if len(self._pool.addresses) > 1 and not broken.may_be_repeated():
            self._upstream.failed(broken.address)
        self.address = None
        return await self._pool.lend_new(timeout_seconds)

    async def _lent_new(self, timeout_seconds: float, repeats: "Repeats") -> Exchange:
        try:
            return await self._pool.lend_new(timeout_seconds)
        except UpstreamUnreachable:
            if repeats is Repeats.NEVER or not await self._upstream.may_retry():
                raise
            return await self._pool.lend_new(timeout_seconds)

    async def _is_repeated(self, connection: UpstreamConnection, repeats: "Repeats") -> bool:
        """Tell whether a request is sent once more after its connection broke before any byte of a reply."""
        if repeats is Repeats.NEVER:
            return False
        if connection.may_be_repeated():
            return True
        return not connection.has_answered and await self._upstream.may_retry()

    async def _answered(self, exchange: Exchange, data: bytes) -> None:
        exchange.on_slow = lambda: self._watch(exchange.connection)
        self.address = exchange.connection.address
        if data:
            exchange.connection.send(data)
        await exchange.connection.head()

    async def _run_streamed(self, first: Message, declared: int | None, timeout_seconds: float) -> None:
        is_chunked = declared is None
        framing = (
            b"transfer-encoding: chunked\r\n" if is_chunked else b"content-length: %d\r\n" % (declared or 0)
        )
        exchange = self._pool.lend_idle(timeout_seconds) or await self._pool.lend_new(timeout_seconds)
        connection = exchange.connection
        self.address = connection.address
        connection.send(self._head(framing))
        pump = asyncio.get_running_loop().create_task(self._pump(exchange, first, is_chunked=is_chunked))
        try:
            await connection.head()
            await self._relay(connection)
        finally:
            if not pump.done():
                # The service answered before it had read everything; what is left has nobody to read it.
                connection.close()
                pump.cancel()
            if self._watcher is not None:
                self._watcher.cancel()
            self._pool.give_back(exchange)

    async def _pump(self, exchange: Exchange, first: Message, *, is_chunked: bool) -> None:
        connection, message = exchange.connection, first
        try:
            while True:
                body = message.get("body", b"")
                if body:
                    connection.send(b"%x\r\n%b\r\n" % (len(body), body) if is_chunked else body)
                if not message.get("more_body"):
                    break
                await connection.drained()
                message = await self._received()
        except (CallerGone, BodyTooSlow, TooLarge, UpstreamBroken) as error:
            connection.close(error)
            return
        if is_chunked:
            connection.send(b"0\r\n\r\n")
        exchange.on_slow = lambda: self._watch(connection)

    async def _relay(self, connection: UpstreamConnection) -> None:
        headers = reply_headers(
            connection.headers, origin=self._pool.origin, request_id=self._trace.request_id.encode("ascii")
        )
        self.status = connection.status
        self.reply_seconds = time.monotonic() - connection.started_at
        send = self._send
        self.has_begun = True
        headers += self._marks
        await send({"type": "http.response.start", "status": connection.status, "headers": headers})
        if self._scope["method"] == "HEAD":
            await self._drop_body(connection)
            return
        body = connection.take()
        while not connection.is_complete:
            if body:
                connection.deadline = time.monotonic() + CALLER_IDLE_SECONDS
                await send({"type": "http.response.body", "body": body, "more_body": True})
            connection.deadline = time.monotonic() + REPLY_IDLE_SECONDS
            await connection.more()
            body = connection.take()
        await send({"type": "http.response.body", "body": body})

    async def _drop_body(self, connection: UpstreamConnection) -> None:
        """Services answer GET only: HEAD is asked as GET, and a long body is not read to its end."""
        dropped = len(connection.take())
        while not connection.is_complete and dropped < HEAD_DRAIN_BYTES_MAX:
            await connection.more()
            dropped += len(connection.take())
        await self._send({"type": "http.response.body", "body": b""})

    def _head(self, framing: bytes) -> bytes:
        asked = _ASKED_AS_HEAD if self._scope["method"] == "HEAD" else b""
        return request_head(
            self._scope, self._pool.authority, self._token, self._trace, framing=framing + asked
        )

    async def _received(self) -> Message:
        message = await self._body()
        if message["type"] == "http.disconnect":
            raise CallerGone
        return message

    def _watch(self, connection: UpstreamConnection) -> None:
        async def watch() -> None:
            while (await self._body())["type"] != "http.disconnect":
                pass
            connection.close(CallerGone())

        self._watcher = asyncio.get_running_loop().create_task(watch())


def _declared_length(headers: dict[bytes, bytes]) -> int | None:
    """Return the body's length, 0 when there is none and None when it is not known before it ends."""
    if b"transfer-encoding" in headers:
        return None
    length = headers.get(b"content-length", b"0")
    if not length.isdigit() or len(length) > 15:
        raise Malformed("Content-Length is not a number")
    return int(length)


def request_head(scope: Scope, authority: bytes, token: str, trace: Trace, *, framing: bytes = b"") -> bytes:
    """Return a request's head for a service; Malformed when a header would forge another one."""
    method = b"GET" if scope["method"] == "HEAD" else scope["method"].encode("ascii")
    query = scope["query_string"]
    client = scope.get("client")
    passed = request_headers(scope["headers"])
    head = b"%b %b%b HTTP/1.1\r\nhost: %b\r\n%bx-forwarded-for: %b\r\nx-forwarded-proto: %b\r\n" % (
        method,
        scope["raw_path"],
        b"?" + query if query else b"",
        authority,
        b"".join(passed),
        (client[0] if client else "unknown").encode("ascii"),
        scope["scheme"].encode("ascii"),
    ) + (
        f"authorization: Bearer {token}\r\ntraceparent: 00-{trace.trace_id}-{trace.span_id}-{trace.flags}\r\n"
        f"x-request-id: {trace.request_id}\r\n"
    ).encode("ascii")
    # Each header passed on is four parts and one line; a line break inside a value would make one more.
    if head.count(b"\n") != len(passed) // 4 + 7 or b"\0" in head:
        raise Malformed("A header holds a control character")
    return head + framing + b"\r\n"
