"""A service's OpenAPI document as it is served: made once, when it is asked for first, and beside the requests.

Making it takes seconds of a core (payments': three at rest, nine on a busy machine, seen on 2026-11-26). Made on the event
loop, it had a process that had just started answer nobody in that time, with transactions open and keys held.
"""

import asyncio
import json

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response


class ServiceDocument:
    """`reply` is the route; whoever asks meanwhile waits for the same document."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._lock = asyncio.Lock()
        self._content: bytes | None = None

    async def reply(self, _request: Request) -> Response:
        """The document as JSON in UTF-8."""
        async with self._lock:
            if self._content is None:
                self._content = await asyncio.to_thread(self._made)
        return Response(self._content, media_type="application/json")

    def _made(self) -> bytes:
        return json.dumps(self._app.openapi(), ensure_ascii=False, separators=(",", ":")).encode()
