"""One HTTP/1.1 connection to a service, parsed by llhttp, with bounded memory in both directions.

General clients cost more per request than the whole rest of the gateway; this one speaks only what the services
speak and copies nothing it need not look at.
"""

import asyncio
from collections.abc import Callable
from typing import Final, cast

import httptools

from gateway.adapters.upstream_addresses import Address
from gateway.domain.errors import UpstreamBroken
from gateway.domain.headers import Header

# Reading stops while this much of a reply waits for a slow caller.
BUFFERED_BYTES_MAX: Final = 256 * 1024
REPLY_HEADERS_MAX: Final = 200
REPLY_HEAD_BYTES_MAX: Final = 256 * 1024
KNOWN_REPLIES_MAX: Final = 256
KNOWN_HEAD_BYTES_MAX: Final = 2048


class KnownReplies:
    """Heads of replies that came whole before, parsed: a part of the system says the same again and again.

    Only heads with a length are remembered: the body then shows whether the reply is whole. At most 256 are.
    """

    def __init__(self) -> None:
        self._heads: dict[bytes, KnownReply] = {}

    def get(self, head: bytes) -> "KnownReply | None":
        return self._heads.get(head)

    def remember(self, head: bytes, known: "KnownReply") -> None:
        if len(self._heads) >= KNOWN_REPLIES_MAX:
            self._heads.clear()
        self._heads[head] = known


class KnownReply:
    """Status, headers and length of a reply; `lines` is how it looks for callers, once somebody made that."""

    __slots__ = ("headers", "length", "lines", "status")

    def __init__(self, status: int, headers: list[Header], length: int) -> None:
        self.status, self.headers, self.length = status, headers, length
        self.lines: bytes | None = None


class UpstreamConnection(asyncio.Protocol):
    """Carries one request at a time: `send` bytes, await `head`, then `take` what has arrived until `is_complete`."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, service: str, replies: KnownReplies | None = None
    ) -> None:
        self.service = service
        self._replies = replies or KnownReplies()
        self.known: KnownReply | None = None
        self.opened_at = 0.0
        self.idle_since = 0.0
        self.deadline = 0.0
        self.started_at = 0.0
        self.is_reused = False
        self.is_closed = False
        self.is_complete = True
        # The service said that this reply is the last one on the connection: its process may be about to end.
        self.is_last = False
        self.address: Address | None = None
        self.status = 0
        self.headers: list[Header] = []
        self.has_head = False
        # Called instead of waking `head` and `more`, for who waits without a task.
        self.listener: Callable[[], None] | None = None
        self._loop = loop
        self._transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._error: Exception | None = None
        self._bytes_seen = 0
        self._buffer: list[bytes] = []
        self._buffered = 0
        self._is_reading = True
        self._reader: asyncio.Future[None] | None = None
        self._writer: asyncio.Future[None] | None = None
        self._may_write = True

    # What the proxy calls

    def begin(self) -> None:
        """Make ready for the next request."""
        self.is_complete = self.has_head = False
        self.status = self._bytes_seen = 0
        self.headers = []
        self.known = None
        self.listener = None

    def send(self, data: bytes) -> None:
        """Write bytes of the request; `drained` says when it is time for more."""
        assert self._transport is not None
        self._transport.write(data)

    async def drained(self) -> None:
        """Wait until the service reads; raises what broke the connection."""
        while not self._may_write and self._error is None:
            self._writer = self._loop.create_future()
            await self._writer
        if self._error is not None:
            raise self._error

    async def head(self) -> None:
        """Wait until status and headers are there; raises what broke the connection."""
        while not self.has_head:
            if self._error is not None:
                raise self._error
            await self._arrival()

    def take(self) -> bytes:
        """Return what has arrived of the body and let the service send on."""
        buffer = self._buffer
        if not buffer:
            return b""
        data = buffer[0] if len(buffer) == 1 else b"".join(buffer)
        buffer.clear()
        self._buffered = 0
        if not self._is_reading and self._transport is not None:
            self._is_reading = True
            self._transport.resume_reading()
        return data

    async def more(self) -> None:
        """Wait until more of the body has arrived or it is complete; raises what broke the connection."""
        while not self._buffer and not self.is_complete:
            if self._error is not None:
                raise self._error
            await self._arrival()

    def close(self, error: Exception | None = None) -> None:
        """Drop the connection at once; whoever waits for it gets the error."""
        self._fail(error or UpstreamBroken("The connection was dropped", part=self.service))
        if self._transport is not None:
            self._transport.abort()

    def may_be_reused(self) -> bool:
        return self.is_complete and not self.is_closed and not self._buffer

    @property
    def has_answered(self) -> bool:
        """Tell whether any byte of a reply came."""
        return self._bytes_seen > 0

    def may_be_repeated(self) -> bool:
        """A connection that was kept and broke before any byte of the reply: its service had closed it meanwhile."""
        return self.is_reused and self._bytes_seen == 0

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)
        self._transport.set_write_buffer_limits(high=BUFFERED_BYTES_MAX)

    def connection_lost(self, exc: Exception | None) -> None:
        if exc is None and self.has_head and not self.is_complete and not self._is_framed():
            self.is_complete = True  # a body without length ends with its connection
        self._fail(
            UpstreamBroken(
                "The service closed the connection before its reply was complete", part=self.service
            )
        )

    def pause_writing(self) -> None:
        self._may_write = False

    def resume_writing(self) -> None:
        self._may_write = True
        self._wake_writer()

    def data_received(self, data: bytes) -> None:
        if self.is_complete:
            self.close()  # bytes that nobody asked for
            return
        is_first = self._bytes_seen == 0
        self._bytes_seen += len(data)
        if is_first and self._take_known(data):
            return
        try:
            self._parser.feed_data(data)
        except (httptools.HttpParserError, httptools.HttpParserUpgrade):
            self.close(UpstreamBroken("The service's reply is not HTTP", part=self.service))
            return
        if is_first and self.is_complete and not self.is_closed:
            self._remember(data)
        if not self.has_head and self._bytes_seen > REPLY_HEAD_BYTES_MAX:
            self.close(UpstreamBroken("The service's reply has no end to its head", part=self.service))
            return
        if self._buffered > BUFFERED_BYTES_MAX and self._is_reading and self._transport is not None:
            self._is_reading = False
            self._transport.pause_reading()
        self._wake_reader()

    def _take_known(self, data: bytes) -> bool:
        """Take a whole reply whose head came before; the parser, which stands between two replies, need not see it."""
        head, _, body = data.partition(b"\r\n\r\n")
        known = self._replies.get(head)
        if known is None or len(body) != known.length:
            return False
        self.known, self.status, self.headers = known, known.status, known.headers
        if body:
            self._buffer.append(body)
            self._buffered = len(body)
        self.has_head = self.is_complete = True
        self._wake_reader()
        return True

    def _remember(self, data: bytes) -> None:
        """Remember the head of a reply that came whole and at once, and leaves the connection open."""
        head, _, body = data.partition(b"\r\n\r\n")
        names = [name for name, _ in self.headers]
        is_plain = names.count(b"content-length") == 1 and b"transfer-encoding" not in names
        if is_plain and len(head) <= KNOWN_HEAD_BYTES_MAX and self._buffered == len(body):
            self._replies.remember(head, KnownReply(self.status, self.headers, len(body)))

    # httptools callbacks

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        self.status = self._parser.get_status_code()
        if self.status < 200:
            self.headers = []
        elif len(self.headers) > REPLY_HEADERS_MAX:
            self.close(UpstreamBroken("The service's reply has too many headers", part=self.service))
        else:
            self.has_head = True

    def on_body(self, body: bytes) -> None:
        self._buffer.append(body)
        self._buffered += len(body)

    def on_message_complete(self) -> None:
        if not self.has_head:
            return  # an interim reply such as 100 Continue
        self.is_complete = True
        if not self._parser.should_keep_alive():
            self.is_closed = self.is_last = True

    def _is_framed(self) -> bool:
        return any(name in (b"content-length", b"transfer-encoding") for name, _ in self.headers)

    # Waiting

    async def _arrival(self) -> None:
        self._reader = self._loop.create_future()
        await self._reader

    def _fail(self, error: Exception) -> None:
        self.is_closed = True
        if self._error is None:
            self._error = error
        self._wake_reader()
        self._wake_writer()

    def _wake_reader(self) -> None:
        if self.listener is not None:
            self.listener()
        if self._reader is not None and not self._reader.done():
            self._reader.set_result(None)

    def _wake_writer(self) -> None:
        if self._writer is not None and not self._writer.done():
            self._writer.set_result(None)
