"""Lets the configured single-page applications, and no other site, read replies in a browser."""

from collections.abc import Iterable
from typing import Final

from starlette.types import Message, Send

from gateway.api.visit import Visit
from gateway.domain.headers import SECURITY_HEADERS, Header

_METHODS: Final = b"GET, HEAD, POST, PUT, PATCH, DELETE"
_REQUEST_HEADERS: Final = (
    b"Accept, Authorization, Content-Type, Idempotency-Key, If-Match, If-None-Match, Last-Event-ID, Prefer, "
    b"Traceparent, X-Request-Id"
)
_REPLY_HEADERS: Final = (
    b"Content-Disposition, ETag, Idempotency-Replayed, Link, Location, RateLimit, RateLimit-Policy, Retry-After, "
    b"X-Request-Id"
)
_VARY: Final[Header] = (b"vary", b"Origin")


class CrossOrigin:
    """Answers preflights and marks replies; without configured origins it marks nothing."""

    def __init__(self, origins: Iterable[str]) -> None:
        self._origins = frozenset(origin.rstrip("/").encode("ascii") for origin in origins)

    def sending(self, origin: bytes, send: Send) -> Send:
        """Return a send that adds the cross-origin headers for a known origin."""
        if origin not in self._origins:
            return send

        async def marked_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                marks: list[Header] = [
                    (b"access-control-allow-origin", origin),
                    (b"access-control-expose-headers", _REPLY_HEADERS),
                    _VARY,
                ]
                message = {**message, "headers": [*message.get("headers", ()), *marks]}
            await send(message)

        return marked_send

    async def answer_preflight(self, visit: Visit, send: Send) -> None:
        """Answer 204 to a known origin's question, 403 to others; neither says whether the path exists."""
        is_known = visit.headers[b"origin"] in self._origins
        permission: list[Header] = [
            (b"access-control-allow-methods", _METHODS),
            (b"access-control-allow-headers", _REQUEST_HEADERS),
            (b"access-control-max-age", b"600"),
        ]
        visit.status = 204 if is_known else 403
        headers = [*SECURITY_HEADERS, *(permission if is_known else [(b"content-length", b"0")])]
        await send({"type": "http.response.start", "status": visit.status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
