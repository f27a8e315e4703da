"""How often somebody may call: the generic cell rate algorithm, with time given as a number of seconds.

One number per caller is enough: the instant at which the whole quota is there again. Each request moves it on by the
time one request takes to be refilled; a request that would move it further ahead than the window is refused. So a
caller may use the quota at once and then goes on at its pace, without the double burst at the seam of fixed windows.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil
from typing import Final, Literal

QuotaName = Literal["reads", "writes", "imports", "address", "failures"]
# What one process may spend of a quota before it has told the others; see decision 0020.
UNTOLD_SHARE: Final = 8


@dataclass(frozen=True, slots=True)
class Quota:
    """So many requests per window. Worked figure: 600 in 60 s are refilled every 0.1 s."""

    name: QuotaName
    requests: int
    window_seconds: int = 60

    @property
    def seconds_each(self) -> float:
        return self.window_seconds / self.requests

    @property
    def untold_max(self) -> int:
        return max(1, self.requests // UNTOLD_SHARE)

    @property
    def policy(self) -> bytes:
        """The quota as an item of RateLimit-Policy (draft-ietf-httpapi-ratelimit-headers-10)."""
        return b'"%b";q=%d;w=%d' % (self.name.encode("ascii"), self.requests, self.window_seconds)


Quotas = Mapping[QuotaName, Quota]
Key = tuple[QuotaName, str]


class Cell:
    """What is known of one caller's use of one quota."""

    __slots__ = (
        "_full",
        "_name",
        "_seconds_each",
        "_window",
        "full_at",
        "key",
        "quota",
        "untold",
        "untold_max",
    )

    def __init__(self, quota: Quota, who: str) -> None:
        self.quota = quota
        self.key: Key = (quota.name, who)
        self.untold_max = quota.untold_max
        self._name = quota.name.encode("ascii")
        self._seconds_each = quota.seconds_each
        self._window = quota.window_seconds
        self._full = b'"%b";r=%d;t=0' % (self._name, quota.requests)
        self.full_at = 0.0
        self.untold = 0

    def take(self, now: float) -> bool:
        """Count one request, or tell that the quota is used up."""
        full_at = (self.full_at if self.full_at > now else now) + self._seconds_each
        # The rounding of a million additions must not cost the last request of a quota.
        if full_at - now > self._window + self._seconds_each * 1e-6:
            return False
        self.full_at = full_at
        self.untold += 1
        return True

    def has_room(self, now: float) -> bool:
        """Tell whether `take` would count."""
        return self.full_at - now <= self._window - self._seconds_each * (1 - 1e-6)

    def used_seconds(self, now: float) -> float:
        """What is untold, in seconds of refilling; what has been refilled meanwhile is not told any more."""
        return min(self.untold * self._seconds_each, max(0.0, self.full_at - now))

    def told(self, count: int, level_seconds: float, now: float) -> None:
        """Take over what all processes together have used; `count` of it was ours and is told now."""
        self.untold -= count
        self.full_at = now + level_seconds + self.untold * self._seconds_each

    def remaining(self, now: float) -> int:
        """How many requests are left at this moment."""
        level = max(0.0, self.full_at - now)
        return max(0, int((self._window - level) / self._seconds_each + 1e-6))

    def seconds_until_full(self, now: float) -> int:
        return max(0, ceil(self.full_at - now))

    def seconds_until_next(self, now: float) -> int:
        """Whole seconds after which a request is admitted again, at least 1."""
        return max(1, ceil(self.full_at - now + self._seconds_each - self._window))

    def is_idle(self, now: float) -> bool:
        """Tell whether forgetting it loses nothing."""
        return self.full_at <= now and self.untold == 0

    def header(self, now: float) -> bytes:
        """The state as an item of RateLimit: what is left, and when the whole quota is there again."""
        level = self.full_at - now
        if level <= 0.0:
            return self._full
        left = int((self._window - level) / self._seconds_each + 1e-6)
        return b'"%b";r=%d;t=%d' % (self._name, max(0, left), ceil(level))
