"""A way to the broker that can be cut."""

import asyncio
from urllib.parse import urlsplit, urlunsplit


class Wire:
    """Forwards connections to the broker until they are cut; new ones are accepted again at once."""

    def __init__(self, broker_url: str) -> None:
        self._parts = urlsplit(broker_url)
        self._port = 0
        self._open: set[asyncio.StreamWriter] = set()
        self._deaf: set[asyncio.StreamWriter] = set()

    @property
    def url(self) -> str:
        credentials = self._parts.netloc.rpartition("@")[0]
        return urlunsplit(self._parts._replace(netloc=f"{credentials}@127.0.0.1:{self._port}"))

    @property
    def is_used(self) -> bool:
        return bool(self._open)

    async def listen(self) -> asyncio.Server:
        server = await asyncio.start_server(self._forward, "127.0.0.1", 0)
        self._port = server.sockets[0].getsockname()[1]
        return server

    def cut(self) -> None:
        """Reset every connection there is."""
        for end in self._open:
            end.transport.abort()

    def swallow(self) -> None:
        """Keep every connection there is open, and let nothing through any more."""
        self._deaf |= self._open

    async def _forward(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        far_reader, far_writer = await asyncio.open_connection(self._parts.hostname, self._parts.port)
        self._open |= {writer, far_writer}
        await asyncio.gather(self._pump(reader, far_writer), self._pump(far_reader, writer))
        self._open -= {writer, far_writer}

    async def _pump(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        try:
            while chunk := await source.read(65536):
                if sink not in self._deaf:
                    sink.write(chunk)
                    await sink.drain()
        except ConnectionError:
            pass
        sink.transport.abort()
