"""One address for several processes of a kind, as a balancer is: a new connection goes to one that is ready."""

import asyncio
import itertools
import threading
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from deploy.local.ports import LOOPBACK

WATCH_SECONDS: Final = 0.5
ANSWER_SECONDS: Final = 5.0
SILENT_MAX: Final = 3
CHUNK: Final = 65536


class ServiceAddress:
    """Runs in a thread of this process until it is closed; `backends` are the ports of the processes."""

    def __init__(self, port: int, backends: Sequence[int]) -> None:
        self._port, self._backends = port, backends
        self._ready: set[int] = set()
        self._turn = itertools.count()
        self._opened = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._end: tuple[asyncio.AbstractEventLoop, asyncio.Event] | None = None

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self._port}"

    def open(self) -> None:
        self._thread.start()
        assert self._opened.wait(60), "the address was not opened"

    def close(self) -> None:
        if self._end is not None:
            loop, end = self._end
            loop.call_soon_threadsafe(end.set)
            self._thread.join()

    def _run(self) -> None:
        asyncio.run(self._serve())

    async def _serve(self) -> None:
        end = asyncio.Event()
        self._end = asyncio.get_running_loop(), end
        server = await asyncio.start_server(self._take, LOOPBACK, self._port)
        watching = [asyncio.create_task(self._watch(port)) for port in self._backends]
        self._opened.set()
        await end.wait()
        server.close()
        for task in watching:
            task.cancel()

    async def _watch(self, port: int) -> None:
        """Who says that it is not ready is left out at once; who is only slow to say it, after a while."""
        silent = 0
        while True:
            is_ready = await _is_ready(port)
            silent = silent + 1 if is_ready is None else 0
            if is_ready:
                self._ready.add(port)
            elif is_ready is False or silent >= SILENT_MAX:
                self._ready.discard(port)
            await asyncio.sleep(WATCH_SECONDS)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for port in self._in_turn():
            try:
                far_reader, far_writer = await asyncio.open_connection(LOOPBACK, port)
            except OSError:
                self._ready.discard(port)
                continue
            # Cancelled when the address closes.
            with suppress(asyncio.CancelledError):
                await asyncio.gather(_pass_on(reader, far_writer), _pass_on(far_reader, writer))
            return
        writer.transport.abort()

    def _in_turn(self) -> list[int]:
        """Those who are ready, and then the others: better than nobody."""
        ready = sorted(self._ready)
        first = next(self._turn) % len(ready) if ready else 0
        return ready[first:] + ready[:first] + [port for port in self._backends if port not in self._ready]


async def _pass_on(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(OSError):
        while chunk := await source.read(CHUNK):
            sink.write(chunk)
            await sink.drain()
    sink.close()  # what was written before still goes out


async def _is_ready(port: int) -> bool | None:
    """None when it does not say so in time."""
    try:
        async with asyncio.timeout(ANSWER_SECONDS):
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
            try:
                writer.write(b"GET /health/ready HTTP/1.1\r\nHost: service\r\nConnection: close\r\n\r\n")
                return b" 200 " in await reader.readline()
            finally:
                writer.close()
    except TimeoutError:
        return None
    except OSError:
        return False
