"""What one small read costs the gateway in processor time, without sockets: `python -m tests.benchmarks.gateway_cost`.

The protocol, the edge and the upstream connection are the real ones; transports are stand-ins that answer at once. The
figure leaves out system calls and the event loop (about half of what `make bench ARGS=P11` tells), and is steady while
others use the machine: for comparing one change with another.
"""

import asyncio
import cProfile
import gc
import io
import pstats
import statistics
import sys
import time
from hashlib import sha256
from typing import Any, Final

import uvicorn
from uvicorn.server import ServerState

from gateway.adapters.credentials import Remembered
from gateway.adapters.upstream_connection import UpstreamConnection
from gateway.api.direct import DirectProtocol
from gateway.main import GARBAGE_THRESHOLDS, GatewayApp, create_app
from tests.integration.gateway.running import access_token, settings_for

ROUNDS: Final = 7
REQUESTS: Final = 5_000
CONNECTIONS: Final = 16
WIDE: Final = 100_000_000
REPLY: Final = (
    b"HTTP/1.1 200 OK\r\nserver: nginx\r\ndate: Thu, 26 Nov 2026 07:00:00 GMT\r\ncontent-type: application/json\r\n"
    b"content-length: 31\r\nconnection: keep-alive\r\n\r\n" + b'{"items":[],"next_cursor":null}'
)


class _Wire:
    """Counts what is written, and remembers which connection to the service was asked."""

    def __init__(self, asked: list[UpstreamConnection], connection: UpstreamConnection | None = None) -> None:
        self.count = 0
        self._asked, self._connection = asked, connection

    def write(self, _data: bytes) -> None:
        self.count += 1
        if self._connection is not None:
            self._asked.append(self._connection)

    def get_extra_info(self, name: str, default: object = None) -> object:
        return {"peername": ("127.0.0.1", 40_000), "sockname": ("127.0.0.1", 80)}.get(name, default)

    def is_closing(self) -> bool:
        return False

    def __getattr__(self, _name: str) -> Any:
        return lambda *_args, **_options: None


def _app() -> GatewayApp:
    limits = {f"{quota}_per_minute": WIDE for quota in ("reads", "requests")}
    nowhere = "postgresql://nobody@127.0.0.1:1/none"
    app = create_app(settings_for(nowhere, "http://127.0.0.1:9", log_level="info", **limits))
    assert isinstance(app, GatewayApp)
    return app


def _callers(app: GatewayApp, loop: asyncio.AbstractEventLoop) -> list[DirectProtocol]:
    config = uvicorn.Config(
        app,
        http=DirectProtocol,
        ws="none",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
    )
    config.load()
    protocols = []
    for _ in range(CONNECTIONS):
        protocol = DirectProtocol(config=config, server_state=ServerState(), app_state={}, _loop=loop)
        protocol.connection_made(_Wire([]))  # type: ignore[arg-type] # a stand-in
        protocols.append(protocol)
    return protocols


async def measure(*, is_profiled: bool) -> float:
    """Microseconds of processor time for each request: the median of the rounds."""
    loop = asyncio.get_running_loop()
    app = _app()
    edge = app.edge
    pool = edge._upstreams["payments"].pool
    asked: list[UpstreamConnection] = []
    for _ in range(4):
        connection = UpstreamConnection(loop, "payments")
        connection.connection_made(_Wire(asked, connection))  # type: ignore[arg-type] # a stand-in
        connection.opened_at = time.monotonic() + 3600
        pool._idle.append(connection)
    token = access_token("admin")
    request = (
        f"GET /v1/receipts HTTP/1.1\r\nHost: 127.0.0.1:8000\r\nAuthorization: Bearer {token}\r\n\r\n"
    ).encode()
    credentials = edge._doorkeeper.credentials
    header = b"Bearer " + token.encode()
    credentials._remember(
        sha256(header).digest(),
        Remembered(await credentials._tokens.credential_of(token), credentials._generation()),
    )
    protocols = _callers(app, loop)
    edge._recorder._request_log._stream = io.StringIO()
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    costs = []
    profile = cProfile.Profile()
    for _ in range(ROUNDS):
        for upstream in edge._limits.limiter._cells.values():
            upstream.untold = 0
            upstream.full_at = 0.0
        if is_profiled:
            profile.enable()
        began = time.process_time()
        for number in range(REQUESTS):
            protocols[number % CONNECTIONS].data_received(request)
            asked.pop().data_received(REPLY)
        costs.append((time.process_time() - began) / REQUESTS * 1e6)
        if is_profiled:
            profile.disable()
        edge._recorder._request_log.flush()
        await asyncio.sleep(0)
    written = sum(protocol.transport.count for protocol in protocols)  # type: ignore[attr-defined] # a stand-in
    assert written == ROUNDS * REQUESTS, f"{written} of {ROUNDS * REQUESTS} were answered at once"
    if is_profiled:
        pstats.Stats(profile).sort_stats("tottime").print_stats(40)
    return statistics.median(costs)


if __name__ == "__main__":
    print(f"{asyncio.run(measure(is_profiled='--profile' in sys.argv)):.1f} µs")
