"""The places for requests that one part of the system works on at once, and the short queue before them."""

import asyncio
import time
from collections import deque
from random import uniform
from typing import Final

from gateway.domain.concurrency import ConcurrencyLimit
from gateway.domain.errors import Overloaded

WAIT_SECONDS: Final = 1.0
# A queue that stands for longer than that is no burst: waiting in it only makes every reply late.
CROWDED_AFTER_SECONDS: Final = 1.0
CROWDED_WAIT_SECONDS: Final = 0.25
WAITING_MAX: Final = 1000


class Lane:
    """Lends places in the order of asking; who waits too long, or comes when too many wait, is refused."""

    def __init__(self, part: str, limit: ConcurrencyLimit) -> None:
        self.limit = limit
        self.in_flight = 0
        self._part = part
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._queue_since = 0.0

    @property
    def waiting(self) -> int:
        return len(self._waiting)

    def try_enter(self) -> bool:
        """Take a place if one is free and nobody waits for it."""
        if self._waiting or self.in_flight >= self.limit.value:
            return False
        self.in_flight += 1
        return True

    async def enter(self) -> None:
        """Take a place, or Overloaded after a second, in a queue that stands after a quarter of one."""
        if self.try_enter():
            return
        if len(self._waiting) >= WAITING_MAX:
            raise self._overloaded()
        turn = asyncio.get_running_loop().create_future()
        patience = self._patience(time.monotonic())
        self._waiting.append(turn)
        try:
            async with asyncio.timeout(patience):
                await turn
        except BaseException as error:  # the caller may be gone as well
            if turn.done() and not turn.cancelled():
                self.leave()  # the place was lent in the same moment
            if isinstance(error, TimeoutError):
                raise self._overloaded() from None
            raise

    def leave(self) -> None:
        """Give the place back, to whoever waits longest."""
        self.in_flight -= 1
        while self._waiting and self.in_flight < self.limit.value:
            turn = self._waiting.popleft()
            if not turn.done():
                self.in_flight += 1
                turn.set_result(None)

    def _patience(self, now: float) -> float:
        if not self._waiting:
            self._queue_since = now
        return WAIT_SECONDS if now - self._queue_since < CROWDED_AFTER_SECONDS else CROWDED_WAIT_SECONDS

    def _overloaded(self) -> Overloaded:
        # Those who are refused together must not come back together.
        return Overloaded(
            "More is asked of this part of the system than it can do; nothing was begun",
            part=self._part,
            retry_after_seconds=round(uniform(1, 4)),  # noqa: S311 - spreading, no secret
        )
