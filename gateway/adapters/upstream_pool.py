"""The kept connections to one service: bounded in number, in idle time and in how long a reply may take.

A service may be named by several addresses. New connections go to each in turn, past those that fail or said they end
a moment ago; no connection is kept for ever, so that an address that comes back gets its share again.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final
from urllib.parse import urlsplit

from gateway.adapters.upstream_addresses import REST_SECONDS, Address, Addresses
from gateway.adapters.upstream_connection import KnownReplies, UpstreamConnection
from gateway.domain.errors import UpstreamBroken, UpstreamSlow, UpstreamUnreachable
from shared.errors import Busy

CONNECT_SECONDS: Final = 2.0
# Shorter than the services keep an idle connection (75 s), so that they do not close it under a request.
IDLE_SECONDS: Final = 30.0
SWEEP_SECONDS: Final = 0.1
WAITING_MAX: Final = 1000
AGE_SECONDS_MAX: Final = 60.0
PROBE: Final = b"GET /health/ready HTTP/1.1\r\nhost: %b\r\nconnection: close\r\n\r\n"


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
        self.addresses = Addresses(service, urls)
        self.connections_max = connections_max
        self._replies = KnownReplies()
        self._idle: list[UpstreamConnection] = []
        self._lent: dict[UpstreamConnection, Exchange] = {}
        self._opening = 0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._sweeper: asyncio.TimerHandle | None = None
        self._probes: set[asyncio.Task[None]] = set()

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
        address = connection.address
        if address is not None:
            if connection.has_head:
                self.addresses.answered(address, now)
            if connection.is_last:
                address.rests_until = now + REST_SECONDS
                self._drop_idle(address)
            elif not address.circuit.is_closed:
                connection.close()
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

    def failed(self, address: Address | None) -> None:
        """Count that no reply began from `address`, or that none of them could be connected to."""
        if self.addresses.failed(address, time.monotonic()):
            self._leave_alone()

    def close(self) -> None:
        """Drop every connection."""
        for probe in self._probes:
            probe.cancel()
        if self._sweeper is not None:
            self._sweeper.cancel()
            self._sweeper = None
        for connection in [*self._idle, *self._lent]:
            connection.close()
        self._idle.clear()

    async def _connected(self) -> UpstreamConnection:
        reason: OSError | None = None
        for address in self.addresses.by_turn():
            try:
                async with asyncio.timeout(CONNECT_SECONDS):
                    return await self._connected_to(address)
            except OSError as error:  # TimeoutError is one
                reason = error
                if self.addresses.refused(address, time.monotonic()):
                    self._leave_alone()
        raise UpstreamUnreachable("The service cannot be reached", part=self.service) from reason

    async def _connected_to(self, address: Address) -> UpstreamConnection:
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(
            lambda: UpstreamConnection(loop, self.service, self._replies), address.host, address.port
        )
        connection.opened_at, connection.address = time.monotonic(), address
        return connection

    def _leave_alone(self) -> None:
        """Keep no connection to who is left alone, and begin to probe."""
        for address in self.addresses:
            if not address.circuit.is_closed:
                self._drop_idle(address)
        self._watch()

    async def _probe(self, address: Address) -> None:
        """Ask whether it is back. Any answer is one, as with requests."""
        connection = None
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                connection = await self._connected_to(address)
                connection.begin()
                connection.send(PROBE % address.name.encode("ascii"))
                await connection.head()
        except (OSError, UpstreamBroken):
            pass
        finally:
            is_answered = connection is not None and connection.has_head
            self.addresses.probed(address, time.monotonic(), is_answered=is_answered)
            if connection is not None:
                connection.close()

    def _drop_idle(self, address: Address) -> None:
        """Go elsewhere: the process there fails, or closes its connections and will not wait for ours."""
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
            self._watch()
        return exchange

    def _watch(self) -> None:
        if self._sweeper is None:
            self._sweeper = asyncio.get_running_loop().call_later(SWEEP_SECONDS, self._sweep)

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
        if self.addresses.is_any_left_alone:
            for address in self.addresses.to_probe(now):
                probe = asyncio.get_running_loop().create_task(self._probe(address))
                self._probes.add(probe)
                probe.add_done_callback(self._probes.discard)
        self._sweeper = None
        if self._lent or self._idle or self.addresses.is_any_left_alone:
            self._watch()
