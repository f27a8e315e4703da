"""Closed load by wrk, a program that costs much less than what it measures."""

import asyncio
import re
import subprocess
from dataclasses import dataclass
from typing import Final

SECONDS: Final = 4
# wrk calls a reply late after two seconds; on a busy machine it is only late.
PATIENCE_SECONDS: Final = 30
_COUNT: Final = re.compile(r"(\d+) requests in ([\d.]+)(ms|s|m),")
_REFUSED: Final = re.compile(r"Non-2xx or 3xx responses: (\d+)")
_SOCKET_ERRORS: Final = re.compile(r"Socket errors: connect (\d+), read (\d+), write (\d+)")
_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0}


@dataclass(frozen=True, slots=True)
class Load:
    """Replies of status 2xx per second, and the share of all replies that were not."""

    per_second: float
    refused: float


def load(url: str, token: str, *, connections: int) -> Load:
    """Ask for the address for four seconds; RuntimeError when connections broke or nothing was answered well."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{SECONDS}s", f"--timeout={PATIENCE_SECONDS}s"]
    command += ["-H", f"Authorization: Bearer {token}", url]
    said = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    counted, refused, broken = _COUNT.search(said), _REFUSED.search(said), _SOCKET_ERRORS.search(said)
    if counted is None or (broken is not None and any(int(count) for count in broken.groups())):
        raise RuntimeError(said)
    requests, seconds = int(counted[1]), float(counted[2]) * _UNITS[counted[3]]
    not_good = int(refused[1]) if refused is not None else 0
    if requests == not_good:
        raise RuntimeError(said)
    return Load((requests - not_good) / seconds, not_good / requests)


async def loaded(url: str, token: str, *, connections: int) -> Load:
    """The same, beside an event loop."""
    return await asyncio.to_thread(load, url, token, connections=connections)


def refused_note(loads: list[Load]) -> str:
    """What is to be told beside a figure when not every request was answered well."""
    share = max(each.refused for each in loads)
    return f"up to {share:.1%} refused" if share else ""
