"""A caller who reads what each part of the system answers, beside those of load.py who book."""

import itertools
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import httpx

from tests.faults.exercise.load import TIMEOUT_SECONDS, words_of
from tests.faults.exercise.stage import Stage

# The gateway by itself and from its database, then one list of each service.
READ: Final = (
    "/v1/me",
    "/v1/api-keys",
    "/v1/receipts",
    "/v1/partners",
    "/v1/report-runs",
    "/v1/opportunities",
)
PAUSE_SECONDS: Final = 0.2


@dataclass(slots=True)
class Reads:
    """What came, and the slowest of it."""

    answers: Counter[str] = field(default_factory=Counter)
    slowest_seconds: float = 0.0

    @property
    def failed(self) -> Counter[str]:
        return Counter({words: count for words, count in self.answers.items() if not words.endswith(" 200")})

    def __str__(self) -> str:
        told = f"{self.answers.total()} reads of {len(READ)} lists, the slowest {self.slowest_seconds:.1f} s"
        return f"{told}, failed: {dict(self.failed) or 'none'}"


@contextmanager
def reading(stage: Stage) -> Iterator[Reads]:
    """Read one list after the other until the block ends; nothing that fails is read again."""
    reads, over = Reads(), threading.Event()
    reader = threading.Thread(target=_read, args=(stage, reads, over))
    reader.start()
    try:
        yield reads
    finally:
        over.set()
        reader.join()


def _read(stage: Stage, reads: Reads, over: threading.Event) -> None:
    headers = {"Authorization": f"Bearer {stage.token}"}
    with httpx.Client(base_url=stage.url, headers=headers, timeout=TIMEOUT_SECONDS) as client:
        for path in itertools.cycle(READ):
            if over.wait(PAUSE_SECONDS):
                return
            began_at = time.monotonic()
            try:
                came = words_of(client.get(path))
            except httpx.TransportError as error:
                came = type(error).__name__
            reads.slowest_seconds = max(reads.slowest_seconds, time.monotonic() - began_at)
            reads.answers[f"{path} {came}"] += 1
