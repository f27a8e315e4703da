"""Listens to a gateway's event stream as a program does: over a plain socket, frame by frame."""

import asyncio
import json
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

from tests.integration.gateway.running import access_token


@dataclass(frozen=True, slots=True)
class Frame:
    """One block of the stream; a comment has neither id nor event."""

    id: str | None
    event: str | None
    data: str | None
    comment: str | None = None

    @classmethod
    def of(cls, block: str) -> Self:
        fields: dict[str, str] = {}
        for line in block.splitlines():
            name, _, value = line.partition(":")
            fields[name or "comment"] = value.strip()
        return cls(fields.get("id"), fields.get("event"), fields.get("data"), fields.get("comment"))

    @property
    def body(self) -> Any:
        assert self.data is not None
        return json.loads(self.data)


class Stream:
    """An open stream; nothing is waited for longer than ten seconds."""

    def __init__(self, head: str, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.head = head
        self._reader = reader
        self._writer = writer
        self._text = ""
        self._missed: deque[str] = deque()

    async def opened(self) -> None:
        """Return when what happens from now on is heard; what was missed comes before that."""
        while not (block := await self._block()).startswith("retry:"):
            self._missed.append(block)

    async def frame(self) -> Frame:
        """The next frame."""
        return Frame.of(self._missed.popleft() if self._missed else await self._block())

    async def events(self, count: int) -> list[Frame]:
        """The next events, comments left out."""
        found: list[Frame] = []
        while len(found) < count:
            frame = await self.frame()
            if frame.comment is None:
                found.append(frame)
        return found

    async def rest(self) -> list[Frame]:
        """All that comes until the server ends the stream."""
        found = []
        while True:
            try:
                frame = await self.frame()
            except EOFError:
                return found
            found.append(frame)

    async def _block(self) -> str:
        while "\n\n" not in self._text:
            async with asyncio.timeout(60):
                size = int((await self._reader.readuntil(b"\r\n")).strip(), 16)
                chunk = await self._reader.readexactly(size + 2)
            if size == 0:
                raise EOFError
            self._text += chunk[:-2].decode()
        block, _, self._text = self._text.partition("\n\n")
        return block

    def leave(self) -> None:
        self._writer.transport.abort()


@asynccontextmanager
async def listening(
    url: str, role: str = "coordinator", query: str = "", *, last_id: str | None = None, **claims: object
) -> AsyncIterator[Stream]:
    """An open stream of somebody with the role; events told from here on are on it."""
    address = urlsplit(url)
    reader, writer = await asyncio.open_connection(address.hostname, address.port)
    resuming = f"Last-Event-ID: {last_id}\r\n" if last_id else ""
    writer.write(
        f"GET /v1/events{query} HTTP/1.1\r\nHost: gateway\r\n{resuming}"
        f"Authorization: Bearer {access_token(role, **claims)}\r\n\r\n".encode()
    )
    try:
        async with asyncio.timeout(60):
            head = await reader.readuntil(b"\r\n\r\n")
        stream = Stream(head.decode(), reader, writer)
        await stream.opened()
        yield stream
    finally:
        writer.transport.abort()
