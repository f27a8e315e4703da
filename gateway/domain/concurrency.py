"""How many requests a part of the system is given at once: as many as it answers quickly."""

from statistics import median
from typing import Final

QUICK_SECONDS: Final = 0.1
WINDOW_SECONDS: Final = 0.2
SAMPLES_MIN: Final = 10
SHRINK: Final = 0.9


class ConcurrencyLimit:
    """Grows by one while the usual reply is quick, shrinks by a tenth when it is not (additive, multiplicative).

    What is over the limit waits here, where it can still be refused, and not inside the part, where it cannot. The
    limit never falls below `least`: a part that is slow by nature still gets that many.
    """

    __slots__ = ("_least", "_most", "_samples", "_window_ends", "usual_seconds", "value")

    def __init__(self, *, least: int, most: int) -> None:
        self._least, self._most = least, most
        self._samples: list[float] = []
        self._window_ends = 0.0
        self.value = most
        self.usual_seconds = 0.0  # how long replies took to begin of late: the median

    def observe(self, seconds: float, now: float) -> None:
        """Take how long a reply took to begin; decide anew when enough have come."""
        self._samples.append(seconds)
        if now < self._window_ends or len(self._samples) < SAMPLES_MIN:
            return
        self.usual_seconds = median(self._samples)
        is_quick = self.usual_seconds <= QUICK_SECONDS
        wanted = self.value + 1 if is_quick else int(self.value * SHRINK)
        self.value = min(self._most, max(self._least, wanted))
        self._samples.clear()
        self._window_ends = now + WINDOW_SECONDS
