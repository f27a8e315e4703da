"""Compresses replies on their way out: whole ones at once, streams piece by piece."""

import zlib
from typing import Final

from starlette.types import Message, Send

from gateway.domain.compression import (
    LENGTH_MIN,
    compressed,
    compressed_headers,
    compressor,
    is_compressible,
    weakened,
)
from gateway.domain.headers import Header

NOT_MODIFIED: Final = 304


def compressed_reply(status: int, headers: list[Header], body: bytes) -> tuple[list[Header], bytes]:
    """Return a whole reply as a caller gets it that accepts gzip."""
    if status == NOT_MODIFIED:
        return weakened(headers), body
    if len(body) < LENGTH_MIN or not is_compressible(status, headers):
        return headers, body
    return compressed_headers(headers), compressed(body)


class CompressingSend:
    """A send for a caller that accepts gzip; it holds the head back until the first piece shows the size."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._held: Message | None = None
        self._packing: zlib._Compress | None = None

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            await self._begin(message)
        elif self._held is not None:
            await self._decide(self._held, message)
        else:
            await self._send(self._packed(message) if self._packing is not None else message)

    async def _begin(self, start: Message) -> None:
        if start["status"] == NOT_MODIFIED:
            await self._send({**start, "headers": weakened(start.get("headers", ()))})
        elif is_compressible(start["status"], start.get("headers", ())):
            self._held = start
        else:
            await self._send(start)

    async def _decide(self, start: Message, first: Message) -> None:
        self._held = None
        is_short = not first.get("more_body") and len(first.get("body", b"")) < LENGTH_MIN
        if is_short:
            await self._send(start)
            await self._send(first)
            return
        self._packing = compressor()
        await self._send({**start, "headers": compressed_headers(start["headers"])})
        await self._send(self._packed(first))

    def _packed(self, message: Message) -> Message:
        assert self._packing is not None
        has_more = message.get("more_body", False)
        # A piece that came is passed on whole: whoever reads a stream must not wait for the next one.
        ending = zlib.Z_SYNC_FLUSH if has_more else zlib.Z_FINISH
        body = self._packing.compress(message.get("body", b"")) + self._packing.flush(ending)
        return {**message, "body": body}
