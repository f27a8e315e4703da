"""When a process of a part of the system is left alone for a while, because asking it only fails."""

from typing import Final

WINDOW_SECONDS: Final = 10.0
FAILURES_MIN: Final = 10
FAILURE_SHARE: Final = 0.5
REST_SECONDS: Final = 1.0
REST_SECONDS_MAX: Final = 4.0
PROBES_TO_CLOSE: Final = 3


class Circuit:
    """Closed: everything passes. Open: nothing does. Then one probe at a time tries, and three good ones close it.

    It opens when ten requests and half of all failed within ten seconds. A failure is a connection that cannot be
    had or breaks, or a reply that does not come in time: what the process answers, good or bad, is an answer. A probe
    that fails doubles the rest, up to four seconds: longer, and callers would wait for the rest, not for the process.
    """

    __slots__ = (
        "_answered",
        "_failed",
        "_is_probing",
        "_rest_seconds",
        "_rests_until",
        "_to_close",
        "_window_ends",
    )

    def __init__(self) -> None:
        self._window_ends = 0.0
        self._answered = self._failed = 0
        self._rest_seconds = REST_SECONDS
        self._rests_until = 0.0
        self._to_close = 0
        self._is_probing = False

    @property
    def is_closed(self) -> bool:
        return self._to_close == 0

    def may_ask(self, now: float) -> bool:
        """Tell whether to ask; while the circuit is not closed, asking takes the turn of a probe."""
        if self._to_close == 0:
            return True
        if now < self._rests_until:
            return False
        # Should nothing be heard of this probe, the next one has its turn after the same rest.
        self._rests_until = now + self._rest_seconds
        self._is_probing = True
        return True

    def seconds_until_probe(self, now: float) -> float:
        return max(0.0, self._rests_until - now)

    def answered(self, now: float) -> None:
        """A reply began."""
        if self._to_close == 0:
            if now >= self._window_ends:
                self._begin_window(now)
            self._answered += 1
        elif self._is_probing:
            self._is_probing = False
            self._to_close -= 1
            self._rests_until = now
            if self._to_close == 0:
                self._rest_seconds = REST_SECONDS
                self._begin_window(now)

    def failed(self, now: float) -> bool:
        """No reply began. Tell whether this opened the circuit."""
        if self._to_close == 0:
            return self._failed_while_closed(now)
        if self._is_probing:  # others were under way when it opened, and say nothing new
            self._rest_seconds = min(REST_SECONDS_MAX, self._rest_seconds * 2)
            self.open(now)
        return False

    def open(self, now: float) -> None:
        """At once, whatever was answered before: for who refuses while others are there to ask."""
        self._to_close = PROBES_TO_CLOSE
        self._is_probing = False
        self._rests_until = now + self._rest_seconds

    def _failed_while_closed(self, now: float) -> bool:
        if now >= self._window_ends:
            self._begin_window(now)
        self._failed += 1
        if self._failed < FAILURES_MIN or self._failed < FAILURE_SHARE * (self._failed + self._answered):
            return False
        self.open(now)
        return True

    def _begin_window(self, now: float) -> None:
        self._window_ends = now + WINDOW_SECONDS
        self._answered = self._failed = 0
