"""Serves the OpenAPI document of a service, which is made once and beside the requests.

Making it takes seconds of a processor, and is first asked for when a service has just started: on the event loop nobody
would be answered meanwhile.
"""

import asyncio
import json
from typing import Final

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response

PATH: Final = "/openapi.json"


class OwnDocument:
    """Whoever comes while it is being made waits for it; nobody else does."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._lock = asyncio.Lock()
        self._content: bytes | None = None

    async def reply(self, _request: Request) -> Response:
        async with self._lock:
            if self._content is None:
                self._content = await asyncio.to_thread(self._made)
        return Response(self._content, media_type="application/json")

    def _made(self) -> bytes:
        return json.dumps(self._app.openapi(), ensure_ascii=False, separators=(",", ":")).encode()
