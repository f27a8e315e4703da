"""Keeps the parts of a stack running, and ends them in the right order, leaving none behind."""

import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed, wait
from dataclasses import dataclass
from typing import Final, Protocol

from deploy.local.child import Child
from deploy.local.errors import StackError

BACKOFF_SECONDS: Final = (1.0, 2.0, 5.0, 10.0, 30.0)
CALM_SECONDS: Final = 60.0  # a part that ran this long starts its backoff anew


class Part(Protocol):
    """Something that runs: a server or one of our processes. `start` returns when it is ready."""

    name: str
    child: Child | None

    def start(self) -> None: ...
    def stop(self) -> None: ...


@dataclass(frozen=True, slots=True)
class Crash:
    """A part ended that nobody stopped."""

    part: Part
    exit_code: int
    restart_in_seconds: float


class Supervisor:
    """Starts groups of parts; a later group needs the earlier ones and is stopped before them.

    No more than `starts_at_once` parts are starting at a time, in the order of their groups. Those that start side by side
    on fewer cores are not ready earlier for it, and the one that others wait for, the broker, is ready later.
    """

    def __init__(
        self,
        *,
        on_crash: Callable[[Crash], None],
        on_start: Callable[[Part, float], None],
        starts_at_once: int,
        backoff_seconds: Sequence[float] = BACKOFF_SECONDS,
    ) -> None:
        self._groups: list[Sequence[Part]] = []
        self._pool = ThreadPoolExecutor(max_workers=starts_at_once)
        self._starts: dict[Part, Future[None]] = {}
        self._keepers: list[threading.Thread] = []
        self._stopping = threading.Event()
        self._on_crash = on_crash
        self._on_start = on_start
        self._backoff_seconds = backoff_seconds

    @property
    def parts(self) -> list[Part]:
        return [part for group in self._groups for part in group]

    def start(self, *groups: Sequence[Part]) -> None:
        """Start the parts of all groups and return when all are ready; raises as `wait_for` does."""
        self.begin(*groups)
        self.wait_for(*groups)

    def begin(self, *groups: Sequence[Part]) -> None:
        """Start the parts of all groups after those that were begun before; returns at once."""
        self._groups += groups
        for part in (part for group in groups for part in group):
            self._starts[part] = self._pool.submit(self._start_and_keep, part)

    def wait_for(self, *groups: Sequence[Part]) -> None:
        """Return when all parts of these groups are ready; raises the first failure of any part that was begun.

        What else is starting then goes on until `stop`.
        """
        awaited = {self._starts[part] for group in groups for part in group}
        ended = as_completed(list(self._starts.values()))
        while awaited:
            start = next(ended)
            start.result()
            awaited.discard(start)

    def stop(self) -> None:
        """Stop the groups, latest first, each group's parts side by side; also those that are not ready yet."""
        self._stopping.set()
        for group in reversed(self._groups):
            with ThreadPoolExecutor(max_workers=max(1, len(group))) as pool:
                list(pool.map(lambda part: part.stop(), group))
        while wait(self._starts.values(), timeout=1.0).not_done:
            for part in self.parts:  # one whose process had just not been there yet
                part.stop()
        self._pool.shutdown()
        for keeper in self._keepers:
            keeper.join()

    def kill_at_once(self) -> None:
        """SIGKILL everything and wait for nothing: for the second Ctrl-C."""
        for part in self.parts:
            if part.child is not None and part.child.exit_code is None:
                part.child.kill_at_once()

    def _start_and_keep(self, part: Part) -> None:
        if self._stopping.is_set():
            return
        started_at = time.monotonic()
        part.start()
        self._on_start(part, time.monotonic() - started_at)
        if self._stopping.is_set():
            part.stop()
            return
        keeper = threading.Thread(target=self._keep, args=(part,), daemon=True)
        self._keepers.append(keeper)
        keeper.start()

    def _keep(self, part: Part) -> None:
        """Wait for the part to end and start it again, later after each crash that follows soon."""
        crash_count = 0
        while True:
            started_at = time.monotonic()
            exit_code = part.child.wait() if part.child else 0
            crash_count = 0 if time.monotonic() - started_at > CALM_SECONDS else crash_count
            delay = self._backoff_seconds[min(crash_count, len(self._backoff_seconds) - 1)]
            if self._stopping.is_set():
                return
            self._on_crash(Crash(part, exit_code, delay))
            if self._stopping.wait(delay):
                return
            crash_count += 1
            self._start_again(part)
            if self._stopping.is_set():
                part.stop()
                return

    def _start_again(self, part: Part) -> None:
        started_at = time.monotonic()
        try:
            part.start()
        except StackError:
            # It ended or stayed silent, and its log says why; the next round reports the end.
            part.stop()
        else:
            self._on_start(part, time.monotonic() - started_at)
