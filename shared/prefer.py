"""`Prefer: wait=60` (RFC 7240): how long a caller is willing to wait for the result itself."""

import re
from typing import Annotated, Final

from fastapi import Header

WAIT_SECONDS_MAX: Final = 120.0
PreferWait = Annotated[
    str | None,
    Header(
        alias="Prefer",
        max_length=200,
        description="`wait=N` waits up to N seconds (at most 120) for the result",
    ),
]
_WAIT: Final = re.compile(r'(?:^|,)[ \t]*wait[ \t]*=[ \t]*"?([0-9]{1,200})"?[ \t]*(?:[,;]|$)', re.IGNORECASE)


def wait_seconds(prefer: str | None, *, default: float) -> float:
    """Seconds to wait; preferences that are not understood are ignored, as RFC 7240 asks."""
    match = _WAIT.search(prefer or "")
    return default if match is None else min(float(match.group(1)), WAIT_SECONDS_MAX)
