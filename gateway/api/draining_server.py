"""A server that says it is going before it goes, so that a deployment cuts nobody off."""

import asyncio
import socket
import sys
from typing import Any, Final

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import multiprocess

TICK_SECONDS: Final = 0.05


class DrainingConfig(uvicorn.Config):
    """uvicorn's configuration, and how long a process that is told to end still serves who comes."""

    def __init__(self, app: str, *, drain_seconds: float, **options: Any) -> None:  # noqa: ANN401 - the parent's own
        super().__init__(app, **options)
        self.drain_seconds = drain_seconds


class DrainingServer(uvicorn.Server):
    """On SIGTERM readiness says draining, event streams end and replies close their connections, while new callers
    are still served. After `drain_seconds` nothing new is accepted, and what is under way is finished."""

    config: DrainingConfig

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        self.config.loaded_app.draining.set()
        for _ in range(round(self.config.drain_seconds / TICK_SECONDS)):
            if self.force_exit:
                break
            await asyncio.sleep(TICK_SECONDS)
        await super().shutdown(sockets)


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
