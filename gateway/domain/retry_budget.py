"""How many requests may be sent a second time: a share of those sent a first time, so that an outage is not fed."""

from typing import Final

SHARE: Final = 0.1
SAVED_MAX: Final = 20.0


class RetryBudget:
    """Each request saves a tenth of a retry, up to twenty; each retry spends one."""

    __slots__ = ("_saved",)

    def __init__(self) -> None:
        self._saved = 1.0

    def save(self) -> None:
        if self._saved < SAVED_MAX:
            self._saved += SHARE

    def spend(self) -> bool:
        """Take one retry, or tell that there is none."""
        if self._saved < 1.0:
            return False
        self._saved -= 1.0
        return True
