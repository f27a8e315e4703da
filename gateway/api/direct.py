"""The short way of plain reads: from socket to socket, without a task and without messages in between.

A task, its events and the messages of ASGI cost more than all the rest of a small read. This protocol therefore
answers a GET without a body itself when everything about it is known already: the token is remembered, a kept
connection is free and the reply comes at once and whole. Whatever else happens, the request goes the usual way from
the point it has reached. It leans on the inside of uvicorn's protocol, whose version is locked; the tests of the
passage run over it.
"""

import asyncio
from collections.abc import Callable
from typing import Any, Final, cast

import httptools
from starlette.types import Scope
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from gateway.api.reply_bytes import reply_bytes
from gateway.api.swift import KnownHead, Swift, digest_of, head_of
from gateway.api.swift_edge import SwiftEdge
from gateway.api.visit import Visit
from shared.draining_server import DrainingProtocol

HEAD_BYTES_MAX: Final = 64 * 1024
HEAD_TOO_LARGE: Final = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
)


class DirectCycle(RequestResponseCycle):
    """Stands where uvicorn keeps its request in progress; has only what its protocol looks at."""

    def __init__(self, begun: Visit | Swift, *, keep_alive: bool, event: asyncio.Event) -> None:
        # The parent's own state serves its task, which does not exist here.
        self.begun = begun
        self.keep_alive = keep_alive
        self.message_event = event
        self.body = bytearray()
        self.more_body = False
        self.disconnected = False
        self.response_complete = False

    @property
    def visit(self) -> Visit:
        return self.begun if isinstance(self.begun, Visit) else self.begun.as_visit()


class DirectProtocol(DrainingProtocol):
    """uvicorn's protocol with the short way; `http="gateway.api.direct:DirectProtocol"` selects it."""

    flow: FlowControl

    def __init__(self, *arguments: Any, **options: Any) -> None:  # noqa: ANN401 - the parent's own
        super().__init__(*arguments, **options)
        edge = getattr(self.app, "edge", None)
        self._edge: SwiftEdge | None = edge if isinstance(edge, SwiftEdge) else None
        self._event = asyncio.Event()
        self._idle_since = 0.0
        self._idle_timer: asyncio.TimerHandle | None = None
        self._is_in_head = True
        self._head_bytes = 0
        # A block of headers that came before, what is arriving, and whether the parser stands between two requests.
        self._known: KnownHead | None = None
        self._last_digest = b""
        self._arriving = b""
        self._is_between = True

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as the parent
        """Bound the time of a first request's head as well: half a head must not hold a connection for ever."""
        super().connection_made(transport)
        self._idle_since = self.loop.time()
        self._idle_timer = self.loop.call_later(self.timeout_keep_alive, self._close_if_idle)

    def shutdown(self) -> None:
        """Begin to drain: open streams end at once, so that their clients go to another process."""
        super().shutdown()
        if self._edge is not None:
            self._edge.draining.set()

    def data_received(self, data: bytes) -> None:
        """Bound a request's head in size: the parser would collect a header without end."""
        if self._known is not None and self._answered_swiftly(self._known, data):
            return
        self._arriving = data if self._is_between else b""
        super().data_received(data)
        self._arriving = b""
        if not self._is_in_head:
            return
        self._head_bytes += len(data)
        if self._head_bytes > HEAD_BYTES_MAX and not self.transport.is_closing():
            self.transport.write(HEAD_TOO_LARGE)
            self.transport.close()

    def on_message_begin(self) -> None:
        super().on_message_begin()
        self._is_in_head, self._head_bytes = True, 0
        self._is_between = False

    def on_message_complete(self) -> None:
        super().on_message_complete()
        self._is_between = True

    def on_headers_complete(self) -> None:
        self._is_in_head = False
        visit = None
        if self._edge is not None and self._is_plain_read():
            self._complete_scope()
            visit = self._edge.begin_directly(cast("Scope", self.scope))
        if self._edge is None or visit is None or visit.exchange is None:
            super().on_headers_complete()
            return
        keep_alive = self.parser.should_keep_alive() and not self.is_draining
        cycle = DirectCycle(visit, keep_alive=keep_alive, event=self._event)
        self.cycle = cycle
        visit.exchange.connection.listener = self._listener(self._edge, cycle)
        if keep_alive and (head := head_of(self._arriving)) is not None:
            self._learn(self._edge, visit, digest_of(head[1]))

    def _learn(self, edge: SwiftEdge, visit: Visit, digest: bytes) -> None:
        """Remember a block of headers that comes a second time: many never do."""
        if digest == self._last_digest:
            self._known = edge.remember(visit, digest)
        self._last_digest = digest

    def _answered_swiftly(self, known: KnownHead, data: bytes) -> bool:
        """Take a read with the headers of the one before; False, with nothing done, for anything else."""
        edge = self._edge
        if edge is None or not self._is_between or self.flow.write_paused or edge.draining.is_set():
            return False
        if not self.cycle.response_complete or self.transport.is_closing():
            return False
        head = head_of(data)
        if head is None or digest_of(head[1]) != known.digest:
            return False
        begun = edge.begin_swiftly(known, head[0])
        if begun is None:
            return False
        cycle = DirectCycle(begun, keep_alive=True, event=self._event)
        self.cycle = cycle
        if begun.exchange is None:
            self._hand_over(cycle)  # no connection is kept: the usual way opens one
        else:
            begun.exchange.connection.listener = self._listener(edge, cycle)
        return True

    def on_response_complete(self) -> None:
        """Arm one timer for many replies: a timer for each costs as much as writing the reply."""
        self.server_state.total_requests += 1
        self._idle_since = self.loop.time()
        if self.transport.is_closing():
            return
        self.flow.resume_reading()
        if self.pipeline:
            cycle, app = self.pipeline.pop()
            self._start_asgi_task(cycle, app)
        elif self._idle_timer is None:
            self._idle_timer = self.loop.call_later(self.timeout_keep_alive, self._close_if_idle)

    def _close_if_idle(self) -> None:
        self._idle_timer = None
        if self.transport.is_closing():
            return
        is_waiting = self.cycle is None or self.cycle.response_complete
        idle_seconds = self.loop.time() - self._idle_since if is_waiting else 0.0
        if idle_seconds >= self.timeout_keep_alive:
            self.transport.close()
        else:
            rest = self.timeout_keep_alive - idle_seconds
            self._idle_timer = self.loop.call_later(rest, self._close_if_idle)

    def connection_lost(self, exc: Exception | None) -> None:
        cycle = self.cycle
        if self._idle_timer is not None:
            self._idle_timer.cancel()
        super().connection_lost(exc)
        if isinstance(cycle, DirectCycle) and not cycle.response_complete and self._edge is not None:
            cycle.response_complete = True
            self._edge.abandon_directly(cycle.visit)

    def _is_plain_read(self) -> bool:
        parser = self.parser
        return (
            parser.get_method() == b"GET"
            and parser.get_http_version() == "1.1"
            and not parser.should_upgrade()
            and b"%" not in self.url  # what the matrix sees must be what the service will decode
            and not self.flow.write_paused
            and (self.cycle is None or self.cycle.response_complete)
        )

    def _complete_scope(self) -> None:
        url = httptools.parse_url(self.url)
        scope = self.scope
        scope["method"] = "GET"
        scope["raw_path"] = url.path
        scope["path"] = url.path.decode("ascii")
        scope["query_string"] = url.query or b""

    def _listener(self, edge: SwiftEdge, cycle: DirectCycle) -> Callable[[], None]:
        assert cycle.begun.exchange is not None
        connection = cycle.begun.exchange.connection

        def on_event() -> None:
            if cycle.response_complete:
                return
            if connection.is_complete and connection.has_head:
                connection.listener = None
                self._answer(edge, cycle)
            elif connection.has_head or connection.is_closed:
                connection.listener = None
                self._hand_over(cycle)

        return on_event

    def _answer(self, edge: SwiftEdge, cycle: DirectCycle) -> None:
        if isinstance(cycle.begun, Swift) and cycle.begun.visit is None and cycle.keep_alive:
            self.transport.write(edge.swift_reply(cycle.begun, self.server_state.default_headers))
            cycle.response_complete = True
            self.on_response_complete()
            return
        visit = cycle.visit
        assert visit.exchange is not None
        connection = visit.exchange.connection
        headers, body = edge.reply(visit, connection.take())
        data = reply_bytes(
            connection.status,
            [*self.server_state.default_headers, *headers],
            body,
            keep_alive=cycle.keep_alive,
        )
        self.transport.write(data)
        cycle.response_complete = True
        visit.status = connection.status
        edge.finish_directly(visit)
        if not cycle.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _hand_over(self, cycle: DirectCycle) -> None:
        """Go on as a task: the reply is long, slow or none."""
        usual = RequestResponseCycle(
            scope=cycle.visit.scope,  # type: ignore[arg-type] # the same dictionary under another name
            transport=self.transport,
            flow=self.flow,
            logger=self.logger,
            access_logger=self.access_logger,
            access_log=self.access_log,
            default_headers=self.server_state.default_headers,
            message_event=asyncio.Event(),
            expect_100_continue=False,
            keep_alive=cycle.keep_alive,
            on_response=self.on_response_complete,
        )
        usual.more_body = False
        cycle.visit.scope["visit"] = cycle.visit
        if self.cycle is cycle:
            self.cycle = usual
        self._start_asgi_task(usual, self.app)
