"""The places for requests that one part of the system works on at once, and the short queue before them."""

import asyncio
import time
from collections import deque
from random import uniform
from typing import Final

from gateway.domain.concurrency import ConcurrencyLimit
from gateway.domain.errors import Overloaded

WAIT_SECONDS: Final = 1.0
WAIT_SECONDS_MAX: Final = 5.0
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

    @property
    def is_free(self) -> bool:
        """A place is free and nobody waits for it."""
        return not self._waiting and self.in_flight < self.limit.value

    def try_enter(self) -> bool:
        """Take a place if one is free and nobody waits for it."""
        if self._waiting or self.in_flight >= self.limit.value:
            return False
        self.in_flight += 1
        return True

    def patience(self, now: float) -> float:
        """How many seconds who comes now may wait.

        As many as there are places wait about as long as one reply takes, however long that goes on: a second, or the
        time of two replies of a part that is slower. Behind them a queue that stands is no burst, and waiting in it
        only makes every reply late.
        """
        if not self._waiting:
            self._queue_since = now
        if self.waiting < self.limit.value:
            return min(WAIT_SECONDS_MAX, max(WAIT_SECONDS, 2 * self.limit.usual_seconds))
        return WAIT_SECONDS if now - self._queue_since < CROWDED_AFTER_SECONDS else CROWDED_WAIT_SECONDS

    def expected_seconds(self) -> float:
        """How long who comes now would wait, by what replies took of late: who cannot be served is told at once."""
        return len(self._waiting) * self.limit.usual_seconds / self.limit.value

    async def enter(self) -> None:
        """Take a place, or Overloaded when none comes free in time."""
        if self.try_enter():
            return
        patience = self.patience(time.monotonic())
        if len(self._waiting) >= WAITING_MAX or self.expected_seconds() > patience:
            raise self._overloaded()
        turn = asyncio.get_running_loop().create_future()
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

    def _overloaded(self) -> Overloaded:
        # Those who are refused together must not come back together.
        return Overloaded(
            "More is asked of this part of the system than it can do; nothing was begun",
            part=self._part,
            retry_after_seconds=round(uniform(1, 4)),  # noqa: S311 - spreading, no secret
        )
