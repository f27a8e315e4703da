"""Sends requests at a rate, whether or not earlier ones were answered: what callers who do not wait look like.

Latency is counted from the moment a request was due, so that a system that stalls cannot hide it by slowing its
generator down (coordinated omission). Raw connections, because a general client costs more than what is measured.
"""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

import httptools

CONNECTIONS_MAX: Final = 1000
NEVER: Final = 0


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is 0 when none came in time."""

    status: int
    seconds: float


class _Line(asyncio.Protocol):
    """One keep-alive connection with one request under way."""

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self._parser = httptools.HttpResponseParser(self)
        self._waiting: asyncio.Future[int] | None = None
        self.is_open = True

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport

    def ask(self, request: bytes) -> "asyncio.Future[int]":
        assert self.transport is not None
        self._waiting = asyncio.get_running_loop().create_future()
        self.transport.write(request)
        return self._waiting

    def data_received(self, data: bytes) -> None:
        self._parser.feed_data(data)

    def on_message_complete(self) -> None:
        self.is_open = self._parser.should_keep_alive()
        self._answer(self._parser.get_status_code())

    def connection_lost(self, exc: Exception | None) -> None:
        self.is_open = False
        self._answer(NEVER)

    def _answer(self, status: int) -> None:
        if self._waiting is not None and not self._waiting.done():
            self._waiting.set_result(status)


class _Lines:
    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 80
        self._idle: list[_Line] = []
        self.opened = 0

    async def lend(self) -> _Line:
        while self._idle:
            line = self._idle.pop()
            if line.is_open:
                return line
        self.opened += 1
        _, line = await asyncio.get_running_loop().create_connection(_Line, self._host, self._port)
        return line

    def give_back(self, line: _Line) -> None:
        if line.is_open:
            self._idle.append(line)

    def drop(self, line: _Line) -> None:
        line.is_open = False
        if line.transport is not None:
            line.transport.abort()

    def close(self) -> None:
        for line in self._idle:
            self.drop(line)


def get(path: str, token: str) -> bytes:
    """Return a plain read as bytes."""
    return f"GET {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


async def offer(
    url: str, request: bytes, *, per_second: float, seconds: float, deadline_seconds: float
) -> Sequence[Answer]:
    """Offer the request at the rate for a time and return what became of each."""
    lines, under_way = _Lines(url), asyncio.Semaphore(CONNECTIONS_MAX)

    async def one(due: float) -> Answer:
        line = None
        try:
            async with asyncio.timeout_at(due + deadline_seconds), under_way:
                line = await lines.lend()
                status = await line.ask(request)
        except (TimeoutError, OSError):
            status = NEVER
            if line is not None:
                lines.drop(line)
        else:
            lines.give_back(line)
        return Answer(status, time.monotonic() - due)

    loop = asyncio.get_running_loop()
    begun, tasks = loop.time(), []
    for number in range(int(per_second * seconds)):
        due = begun + number / per_second
        if due > loop.time():
            await asyncio.sleep(due - loop.time())
        tasks.append(loop.create_task(one(due)))
    answers = await asyncio.gather(*tasks)
    lines.close()
    return answers
