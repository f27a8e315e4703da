"""A server that says it is going before it goes, so that a deployment cuts nobody off."""

import asyncio
import socket
import sys
from collections.abc import Callable
from typing import Any, Final, Protocol

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.supervisors import multiprocess

TICK_SECONDS: Final = 0.05
# Who connected in the last moment has sent the request by then.
SETTLE_SECONDS: Final = 0.25


class Draining(Protocol):
    """What the served application has: an event that is set once its process is about to end."""

    @property
    def draining(self) -> asyncio.Event: ...


class DrainingProtocol(HttpToolsProtocol):
    """uvicorn's protocol; once the process drains, each reply closes its connection, so that callers go elsewhere."""

    def on_headers_complete(self) -> None:
        super().on_headers_complete()
        if self.is_draining:
            self.cycle.keep_alive = False

    @property
    def is_draining(self) -> bool:
        draining = getattr(self.app, "draining", None)
        return isinstance(draining, asyncio.Event) and draining.is_set()


class DrainingConfig(uvicorn.Config):
    """uvicorn's configuration, and how long a process that is told to end still serves who comes."""

    def __init__(
        self,
        app: str | Callable[..., Any],
        *,
        drain_seconds: float,
        **options: Any,  # noqa: ANN401 - the parent's own
    ) -> None:
        super().__init__(app, **options)
        self.drain_seconds = drain_seconds


class DrainingServer(uvicorn.Server):
    """On SIGTERM readiness says draining, event streams end and replies close their connections, while new callers
    are still served. After `drain_seconds` nothing new is accepted, and what is under way is finished."""

    config: DrainingConfig

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.loaded_app.draining.set()
        await self._serve_on(self.config.drain_seconds)
        for server in self.servers:
            server.close()
        if self.config.drain_seconds:
            await self._serve_on(SETTLE_SECONDS)
        await super().shutdown(sockets)

    async def _serve_on(self, seconds: float) -> None:
        for _ in range(round(seconds / TICK_SECONDS)):
            if self.force_exit:
                break
            await asyncio.sleep(TICK_SECONDS)


class DrainingProcess(multiprocess.Process):
    """One of several worker processes."""

    @property
    def server(self) -> uvicorn.Server:
        if self._server is None:
            self._server = DrainingServer(self.config)
        return self._server


def serve(config: DrainingConfig) -> None:
    """Run one process, or as many as are configured, until told to stop."""
    if config.workers > 1:
        # The supervisor takes no class for its workers; its version is locked.
        multiprocess.Process = DrainingProcess  # type: ignore[misc]
        multiprocess.Multiprocess(config, sockets=[config.bind_socket()]).run()
        return
    server = DrainingServer(config)
    try:
        server.run()
    except KeyboardInterrupt:
        return
    if not server.started:
        sys.exit(STARTUP_FAILURE)
