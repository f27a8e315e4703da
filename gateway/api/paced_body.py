"""A request's body that has to keep within its size and its pace."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final

from starlette.types import Message, Receive

from gateway.domain.errors import BodyTooSlow
from gateway.domain.routing import Route
from shared.errors import TooLarge


@dataclass(frozen=True, slots=True)
class Pace:
    """How long nothing may come, and how slowly the whole may."""

    idle_seconds: float = 30.0
    grace_seconds: float = 30.0
    bytes_per_second_min: int = 1024


USUAL_PACE: Final = Pace()


class PacedBody:
    """A receive that gives up on a caller who sends too much, nothing for 30 s, or less than 1 KiB a second.

    It raises TooLarge or BodyTooSlow. Once the body is whole it waits without end, for the caller to hang up.
    """

    __slots__ = ("_began", "_is_whole", "_pace", "_receive", "_route", "bytes_seen")

    def __init__(self, receive: Receive, route: Route, *, pace: Pace = USUAL_PACE) -> None:
        self._receive = receive
        self._pace = pace
        self._route = route
        self._began = time.monotonic()
        self._is_whole = False
        self.bytes_seen = 0

    async def __call__(self) -> Message:
        if self._is_whole:
            return await self._receive()
        allowed = self._pace.grace_seconds + self.bytes_seen / self._pace.bytes_per_second_min
        rest = min(self._pace.idle_seconds, self._began + allowed - time.monotonic())
        try:
            async with asyncio.timeout(max(0.0, rest)):
                message = await self._receive()
        except TimeoutError as error:
            raise BodyTooSlow("The body did not arrive in time") from error
        self.bytes_seen += len(message.get("body", b""))
        self._is_whole = not message.get("more_body", False)
        if self.bytes_seen > self._route.body_bytes_max:
            raise self.too_large()
        return message

    def too_large(self) -> TooLarge:
        limit = self._route.body_bytes_max
        return TooLarge(f"This route takes at most {limit:,} bytes", limit_bytes=limit)
