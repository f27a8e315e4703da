"""A service's OpenAPI document as it is served: made once, before its process answers anybody.

Making it takes seconds of a core (payments': three at rest, nine on a busy machine, seen on 2026-11-26), in which a process
that serves already answers nobody, with transactions open and keys held. Beside the requests, in a thread, it is not safe:
routes are made ready for their first request by what makes the document too, and warnings are set aside for all threads.
"""

import json

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response


class ServiceDocument:
    """`reply` is the route."""

    def __init__(self, app: FastAPI) -> None:
        self._app = app
        self._content: bytes | None = None

    def make(self) -> bytes:
        """The document as JSON in UTF-8, made when it is asked for first."""
        if self._content is None:
            document = self._app.openapi()
            self._content = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        return self._content

    async def reply(self, _request: Request) -> Response:
        return Response(self.make(), media_type="application/json")
