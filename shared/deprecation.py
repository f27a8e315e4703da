"""Routes that will go say so: in the document, and in every reply as Deprecation (RFC 9745) and Sunset (RFC 8594)."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import Any, Final

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

EXTENSION: Final = "x-deprecation"


@dataclass(frozen=True, slots=True)
class Deprecation:
    """Since when a route is not to be used, after which day it is gone, and what to use in its place (a path).

    ValueError when it would go before it is deprecated, which RFC 8594 and callers do not expect.
    """

    since: date
    gone_after: date
    successor: str

    def __post_init__(self) -> None:
        if self.gone_after < self.since:
            raise ValueError(
                f"gone after {self.gone_after}, which is before it is deprecated on {self.since}"
            )

    def route(self) -> dict[str, Any]:
        """What the route's decorator is given: `@router.get("/…", **Deprecation(…).route())`."""
        told = {
            "since": self.since.isoformat(),
            "gone_after": self.gone_after.isoformat(),
            "successor": self.successor,
        }
        return {"deprecated": True, "openapi_extra": {EXTENSION: told}}


class DeprecationHeaders:
    """Adds the headers to every reply of a deprecated route, refusals included."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def warning_send(message: Message) -> None:
            if message["type"] == "http.response.start":
                extra = getattr(scope.get("route"), "openapi_extra", None) or {}
                if EXTENSION in extra:
                    _warn(MutableHeaders(raw=message["headers"]), extra[EXTENSION])
            await send(message)

        await self._app(scope, receive, warning_send if scope["type"] == "http" else send)


def _warn(headers: MutableHeaders, told: dict[str, str]) -> None:
    since = _midnight(told["since"])
    headers["Deprecation"] = f"@{int(since.timestamp())}"
    headers["Sunset"] = format_datetime(_midnight(told["gone_after"]), usegmt=True)
    headers.append("Link", f'<{told["successor"]}>; rel="successor-version"')


def _midnight(day: str) -> datetime:
    return datetime.combine(date.fromisoformat(day), time(), tzinfo=UTC)
