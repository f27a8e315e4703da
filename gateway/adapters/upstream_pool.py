"""The kept connections to one service: bounded in number, in idle time and in how long a reply may take.

A service may be named by several addresses. New connections go to each in turn, past those that refused one or said
they end a moment ago; no connection is kept for ever, so that an address that comes back gets its share again.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from typing import Final
from urllib.parse import urlsplit

from gateway.adapters.upstream_connection import Address, KnownReplies, UpstreamConnection
from gateway.domain.errors import UpstreamSlow, UpstreamUnreachable
from shared.errors import Busy

CONNECT_SECONDS: Final = 2.0
# Shorter than the services keep an idle connection (75 s), so that they do not close it under a request.
IDLE_SECONDS: Final = 30.0
SWEEP_SECONDS: Final = 0.1
WAITING_MAX: Final = 1000
AGE_SECONDS_MAX: Final = 60.0
REST_SECONDS: Final = 1.0


class Exchange:
    """A connection for the length of one request; `on_slow` is called once if the reply does not come at once."""

    __slots__ = ("connection", "on_slow")

    def __init__(self, connection: UpstreamConnection) -> None:
        self.connection = connection
        self.on_slow: Callable[[], None] | None = None


class UpstreamPool:
    """Lends connections to one service. One sweep every 100 ms watches all time-outs: no timer per request."""

    def __init__(self, service: str, urls: Sequence[str], *, connections_max: int) -> None:
        self.service = service
        # Every address is asked by the first one's name: which of them answers is nobody's business.
        self.origin = urls[0].encode("ascii")
        self.authority = urlsplit(urls[0]).netloc.encode("ascii")
        self._addresses = deque(Address(url) for url in urls)
        self.connections_max = connections_max
        self._replies = KnownReplies()
        self._idle: list[UpstreamConnection] = []
        self._lent: dict[UpstreamConnection, Exchange] = {}
        self._opening = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._sweeper: asyncio.TimerHandle | None = None

    def lend_idle(self, timeout_seconds: float) -> Exchange | None:
        """Return an exchange on a kept connection, most recently used first, or None."""
        while self._idle:
            connection = self._idle.pop()
            if not connection.is_closed:
                connection.is_reused = True
                return self._lend(connection, timeout_seconds)
        return None

    async def lend_new(self, timeout_seconds: float) -> Exchange:
        """Return an exchange on a new connection; UpstreamUnreachable when there is none to be had, Busy when all
        connections are lent and none comes back in time."""
        while len(self._lent) + self._opening >= self.connections_max:
            await self._turn(timeout_seconds)
            if (kept := self.lend_idle(timeout_seconds)) is not None:
                return kept
        self._opening += 1
        try:
            connection = await self._connected()
        finally:
            self._opening -= 1
        return self._lend(connection, timeout_seconds)

    def give_back(self, exchange: Exchange) -> None:
        """Keep the connection for the next request if its reply was read to the end, drop it otherwise."""
        connection = exchange.connection
        exchange.on_slow = None
        self._lent.pop(connection, None)
        now = time.monotonic()
        if connection.is_last and connection.address is not None:
            self._leave(connection.address, now)
        if connection.may_be_reused() and now - connection.opened_at < AGE_SECONDS_MAX:
            connection.idle_since = now
            self._idle.append(connection)
        else:
            connection.close()
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(None)
                break

    def close(self) -> None:
        """Drop every connection."""
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for connection in [*self._idle, *self._lent]:
            connection.close()
        self._idle.clear()

    async def _connected(self) -> UpstreamConnection:
        loop = asyncio.get_running_loop()
        reason: OSError | None = None
        for address in self._by_turn():
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    _, connection = await loop.create_connection(
                        lambda: UpstreamConnection(loop, self.service, self._replies),
                        address.host,
                        address.port,
                    )
            except OSError as error:  # TimeoutError is one
                reason = error
                address.rests_until = time.monotonic() + REST_SECONDS
            else:
                connection.opened_at, connection.address = time.monotonic(), address
                return connection
        raise UpstreamUnreachable("The service cannot be reached", part=self.service) from reason

    def _by_turn(self) -> Iterator[Address]:
        self._addresses.rotate(-1)
        now = time.monotonic()
        turn = list(self._addresses)
        yield from (address for address in turn if address.rests_until <= now)
        yield from sorted(
            (each for each in turn if each.rests_until > now), key=lambda each: each.rests_until
        )

    def _leave(self, address: Address, now: float) -> None:
        """Go elsewhere for a moment: the process there closes its connections, and will not wait for ours."""
        address.rests_until = now + REST_SECONDS
        for connection in [kept for kept in self._idle if kept.address is address]:
            self._idle.remove(connection)
            connection.close()

    def _lend(self, connection: UpstreamConnection, timeout_seconds: float) -> Exchange:
        now = time.monotonic()
        connection.begin()
        connection.started_at, connection.deadline = now, now + timeout_seconds
        exchange = Exchange(connection)
        self._lent[connection] = exchange
        if self._sweeper is None:
            self._sweeper = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep)
        return exchange

    async def _turn(self, timeout_seconds: float) -> None:
        if len(self._waiting) >= WAITING_MAX:
            raise Busy("Too many requests wait for a part of the system", part=self.service)
        waiting = asyncio.get_running_loop().create_future()
        self._waiting.append(waiting)
        try:
            async with asyncio.timeout(timeout_seconds):
                await waiting
        except TimeoutError as error:
            raise Busy("A part of the system has no connection free", part=self.service) from error

    def _sweep(self) -> None:
        now = time.monotonic()
        for connection, exchange in list(self._lent.items()):
            if now > connection.deadline:
                connection.close(UpstreamSlow("The service did not answer in time", part=self.service))
            elif exchange.on_slow is not None and now - connection.started_at >= SWEEP_SECONDS / 2:
                on_slow, exchange.on_slow = exchange.on_slow, None
                on_slow()
        expired = [kept for kept in self._idle if kept.is_closed or now - kept.idle_since > IDLE_SECONDS]
        for connection in expired:
            self._idle.remove(connection)
            connection.close()
        if self._lent or self._idle:
            self._sweeper = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep)
        else:
            self._sweeper = None
