"""How many requests a part of the system is given at once: as many as it answers quickly, or better than fewer."""

from statistics import median
from typing import Final

from gateway.domain.crowding import Crowding

QUICK_SECONDS: Final = 0.1
SLOW_SECONDS: Final = 0.5
CROWD_SHARE_MAX: Final = 0.75
WINDOW_SECONDS: Final = 0.2
SAMPLES_MIN: Final = 10
SHRINK: Final = 0.9


class ConcurrencyLimit:
    """Grows by one while the usual reply is quick, shrinks by a tenth when it is not (additive, multiplicative).

    What is over the limit waits here, where it can still be refused, and not inside the part, where it cannot. The
    limit never falls below `least`: a part that is slow by nature still gets that many.

    Between `QUICK_SECONDS` and `SLOW_SECONDS` it shrinks only if replies are slow because so many are inside. A part that
    does for many together what it does for one would answer fewer hardly sooner. There the limit grows until three
    quarters of a reply's time is made by the others: with a tenth less, a fortieth fewer would be answered.
    """

    __slots__ = (
        "_crowding",
        "_inside",
        "_least",
        "_most",
        "_samples",
        "_window_ends",
        "usual_seconds",
        "value",
    )

    def __init__(self, *, least: int, most: int) -> None:
        self._least, self._most = least, most
        self._samples: list[float] = []
        self._inside = 0  # the most at once in this window
        self._window_ends = 0.0
        self._crowding = Crowding()
        self.value = most
        self.usual_seconds = 0.0  # how long replies took to begin of late: the median

    def observe(self, seconds: float, now: float, *, inside: int) -> None:
        """Take how long a reply took to begin, and how many were inside with it; decide anew when enough have come."""
        self._samples.append(seconds)
        self._inside = max(self._inside, inside)
        if now < self._window_ends or len(self._samples) < SAMPLES_MIN:
            return
        self.usual_seconds = median(self._samples)
        self._crowding.take(self._inside, self.usual_seconds)
        wanted = self.value + 1 if self._may_grow() else int(self.value * SHRINK)
        self.value = min(self._most, max(self._least, wanted))
        self._samples.clear()
        self._inside = 0
        self._window_ends = now + WINDOW_SECONDS

    def _may_grow(self) -> bool:
        if self.usual_seconds <= QUICK_SECONDS:
            return True
        # As long as nothing is known it shrinks, which is how that becomes known.
        share = self._crowding.share()
        return self.usual_seconds < SLOW_SECONDS and share is not None and share < CROWD_SHARE_MAX
