"""Callers who book receipts all the time, and keep on paper what they sent and what was acknowledged."""

import itertools
import os
import random
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TextIO

import httpx

from tests.faults.exercise.stage import Stage

CALLERS: Final = 4
PATIENCE_SECONDS: Final = 120.0
# A caller's own time limit: what takes longer is unknown to it, and is asked again under the same key.
TIMEOUT_SECONDS: Final = 10.0
PAUSE_SECONDS: Final = (0.05, 0.3)
# Between two bookings of a caller: five a second of all together.
PACE_SECONDS: Final = (0.6, 1.0)
UNSURE: Final = (409, 425, 429)  # still running under this key, or come back later


@dataclass(slots=True)
class Attempts:
    """What the callers know. `amounts` has every reference ever sent, in paise."""

    bank_account: str
    partner_code: str
    amounts: dict[str, int] = field(default_factory=dict)
    acknowledged: set[str] = field(default_factory=set)
    refused: dict[str, str] = field(default_factory=dict)
    repeats: int = 0
    slowest_seconds: float = 0.0
    acknowledged_at: list[float] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def longest_silence_seconds(self) -> float:
        """The longest that nobody was acknowledged anything: how long the fault was felt."""
        times = sorted(self.acknowledged_at)
        return max((later - earlier for earlier, later in itertools.pairwise(times)), default=0.0)

    def recovery_seconds(self, over_at: float) -> float:
        """From the end of the fault to the next acknowledgement; nought if none was waited for."""
        return min((at - over_at for at in self.acknowledged_at if at >= over_at), default=0.0)


class Load:
    """Runs the callers. Each writes a line and waits until it is on disk before it sends: a process of ours may die too."""

    def __init__(self, stage: Stage, journal: TextIO, seed: int) -> None:
        self.attempts = Attempts(stage.bank_account, stage.partner_code)
        self.stage, self._journal, self._seed = stage, journal, seed
        self._lock, self._over = threading.Lock(), threading.Event()
        self._may_send, self._under_way = threading.Event(), 0
        self._may_send.set()
        self._calls = itertools.count(1)
        self._threads = [threading.Thread(target=self._call, args=(number,)) for number in range(CALLERS)]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """No new payment is sent; those under way are repeated until somebody answers."""
        self._over.set()
        self._may_send.set()
        for thread in self._threads:
            thread.join()

    def hold(self) -> None:
        """No new payment is sent until `go_on`; returns when none is under way."""
        self._may_send.clear()
        deadline = time.monotonic() + PATIENCE_SECONDS
        while self._under_way:
            assert time.monotonic() < deadline, "a payment is still under way"
            time.sleep(0.05)

    def go_on(self) -> None:
        self._may_send.set()

    def repeat(self, references: Iterable[str]) -> None:
        """Send payments again that were acknowledged, under the same keys, until each is acknowledged anew."""
        with self._client() as client:
            for reference in references:
                deadline = time.monotonic() + PATIENCE_SECONDS
                paise = self.attempts.amounts[reference]
                while (verdict := self._send(client, reference, paise)) is None:
                    assert time.monotonic() < deadline, f"{reference} is not answered"
                    time.sleep(PAUSE_SECONDS[1])
                if verdict:
                    self.attempts.wrong.append(f"{reference} was refused when it was repeated: {verdict}")

    def wait_for(self, count: int) -> None:
        """Return when so many more are acknowledged; AssertionError when nothing moves."""
        wanted, deadline = len(self.attempts.acknowledged) + count, time.monotonic() + PATIENCE_SECONDS
        while len(self.attempts.acknowledged) < wanted:
            assert time.monotonic() < deadline, (
                f"only {len(self.attempts.acknowledged)} of {wanted} acknowledged"
            )
            time.sleep(0.05)

    def _client(self) -> httpx.Client:
        headers = {"Authorization": f"Bearer {self.stage.token}"}
        return httpx.Client(base_url=self.stage.url, headers=headers, timeout=TIMEOUT_SECONDS)

    def _call(self, number: int) -> None:
        chance = random.Random(f"{self._seed}-{number}")
        with self._client() as client:
            for count in itertools.count(1):
                self._over.wait(chance.uniform(*PACE_SECONDS))
                if not self._began():
                    return
                try:
                    self._book(client, f"{self.stage.bank_account}C{number}N{count:05d}", chance)
                finally:
                    with self._lock:
                        self._under_way -= 1

    def _began(self) -> bool:
        """Whether another payment is to be sent, which then counts as under way. Waits while they are held."""
        while not self._over.is_set():
            self._may_send.wait()
            with self._lock:
                if self._may_send.is_set() and not self._over.is_set():
                    self._under_way += 1
                    return True
        return False

    def _book(self, client: httpx.Client, reference: str, chance: random.Random) -> None:
        paise = chance.randrange(100_00, 9_000_000_00)
        with self._lock:
            self.attempts.amounts[reference] = paise
            self._write(f"sent {reference} {paise}")
        deadline = time.monotonic() + PATIENCE_SECONDS
        while (verdict := self._send(client, reference, paise)) is None:
            if time.monotonic() > deadline:
                verdict = "nobody answered in time"
                break
            with self._lock:
                self.attempts.repeats += 1
            time.sleep(chance.uniform(*PAUSE_SECONDS))
        with self._lock:
            if verdict:
                self.attempts.refused[reference] = verdict
            else:
                self.attempts.acknowledged.add(reference)
                self.attempts.acknowledged_at.append(time.monotonic())
                self._write(f"acknowledged {reference}")

    def _send(self, client: httpx.Client, reference: str, paise: int) -> str | None:
        """Empty when booked, words when refused, None when nobody can know."""
        body = {
            "bank_account": self.stage.bank_account,
            "partner_code": self.stage.partner_code,
            "amount": {"amount": f"{paise // 100}.{paise % 100:02d}", "currency": "INR"},
            "received_on": "2026-10-14",
            "reference": reference,
        }
        # By it the logs of gateways and services tell where a call was.
        request_id = f"{reference}-{next(self._calls)}"
        headers = {"Idempotency-Key": reference, "X-Request-ID": request_id}
        began_at = time.monotonic()
        try:
            reply = client.post("/v1/receipts", json=body, headers=headers)
        except httpx.TransportError as error:
            self._count(request_id, type(error).__name__, began_at)
            return None
        self._count(request_id, words_of(reply), began_at)
        if reply.status_code in (200, 201):
            return ""
        unknown = reply.status_code >= 500 or reply.status_code in UNSURE
        return None if unknown else f"{reply.status_code} {reply.text[:300]}"

    def _count(self, request_id: str, answer: str, began_at: float) -> None:
        seconds = time.monotonic() - began_at
        with self._lock:
            self.attempts.answers[answer] += 1
            self.attempts.slowest_seconds = max(self.attempts.slowest_seconds, seconds)
            self._journal.write(
                f"{datetime.now(UTC):%H:%M:%S.%f} {request_id} {answer} after {seconds:.3f} s\n"
            )

    def _write(self, line: str) -> None:
        self._journal.write(line + "\n")
        self._journal.flush()
        os.fsync(self._journal.fileno())


def words_of(reply: httpx.Response) -> str:
    """The status, and the code of the problem if it is one."""
    if reply.status_code < 400:
        return str(reply.status_code)
    try:
        return f"{reply.status_code} {reply.json()['code']}"
    except (ValueError, KeyError, TypeError):
        return f"{reply.status_code} without a problem document"


@contextmanager
def under_load(stage: Stage, journal: Path, seed: int) -> Iterator[Load]:
    with journal.open("a") as file:
        load = Load(stage, file, seed)
        load.start()
        try:
            yield load
        finally:
            load.end()
