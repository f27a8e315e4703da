"""How much of the time of replies is made by the others inside."""

from typing import Final

MEMORY: Final = 0.95  # what a window counts when the next one has come: the last twenty count most
VARIED_MIN: Final = 0.05


class Crowding:
    """A straight line through how many were inside and how long replies took, window by window, the last ones most.

    If replies took 0.15 s with 50 inside and 0.2 s with 100, one alone would take 0.1 s: half of the 0.2 s is made by
    the crowd.
    """

    __slots__ = ("_covariance", "_inside", "_seconds", "_variance", "_weight")

    def __init__(self) -> None:
        self._weight = self._inside = self._seconds = self._variance = self._covariance = 0.0

    def take(self, inside: int, seconds: float) -> None:
        """One window: the most that were inside at once, and the usual time of a reply."""
        self._weight = MEMORY * self._weight + 1
        part = 1 / self._weight
        more, longer = inside - self._inside, seconds - self._seconds
        self._inside += part * more
        self._seconds += part * longer
        self._variance = (1 - part) * (self._variance + part * more * more)
        self._covariance = (1 - part) * (self._covariance + part * more * longer)

    def share(self) -> float | None:
        """Among as many as there were on average. 0: none; 1: all, as in a queue; None if they were always as many."""
        if self._variance <= (VARIED_MIN * self._inside) ** 2:
            return None
        return self._covariance / self._variance * self._inside / self._seconds
