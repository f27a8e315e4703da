"""Counts requests in memory and shares the counts with the other processes through the database, off the way.

A request costs two look-ups in a dictionary. What was counted is told to the table `rate_limits` every 250 ms, and
at once when a caller has used half of what one process may spend untold; the same statement tells what the others
counted. N processes admit at most (N-1)/8 of a quota more than it says, and that is taken off what comes next.
"""

import asyncio
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from enum import Enum
from hashlib import blake2b
from typing import Final

from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from gateway.domain.rate_limit import Cell, Key, Quota
from shared.database import Database
from shared.observability import Metrics, logger

TELL_SECONDS: Final = 0.25
TELL_SOON_SECONDS: Final = 0.005
TELL_TIMEOUT_SECONDS: Final = 2.0
UNSURE_SECONDS: Final = 1.0
SWEEP_SECONDS: Final = 5.0
CELLS_MAX: Final = 100_000
BATCH_MAX: Final = 2_000
# Rows are locked in one order, so that processes wait for each other instead of deadlocking.
_TELL: Final = text(
    "INSERT INTO rate_limits AS known (key, full_at)"
    " SELECT key, now() + make_interval(secs => seconds)"
    " FROM unnest(CAST(:keys AS bytea[]), CAST(:seconds AS float8[])) AS used (key, seconds) ORDER BY key"
    " ON CONFLICT (key) DO UPDATE"
    " SET full_at = greatest(known.full_at, now()) + (excluded.full_at - now())"
    " RETURNING key, extract(epoch FROM full_at - now())::float8"
)
_FORGET: Final = text("DELETE FROM rate_limits WHERE full_at < now() - interval '1 minute'")


class Verdict(Enum):
    """UNSURE: too much is untold to say; ask again after `told`."""

    ADMITTED = "admitted"
    REFUSED = "refused"
    UNSURE = "unsure"


class RateLimiter:
    """Lives as long as the process. While the database is away each process limits by itself.

    At most 100,000 callers are remembered; beyond that the oldest are forgotten, in favour of the forgotten.
    """

    def __init__(
        self,
        database: Database,
        metrics: Metrics,
        *,
        cells_max: int = CELLS_MAX,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._cells_max = cells_max
        self._now = now
        self._cells: dict[Key, Cell] = {}
        self._untold: dict[Key, Cell] = {}
        self._is_shared = True
        self._wanted = asyncio.Event()
        self._told = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._swept_at = 0.0
        self._refused = metrics.counter(
            "gateway_rate_limited_total", "Requests refused by a rate limit", ("quota",)
        )
        self._alone = metrics.counter(
            "gateway_rate_limits_alone_total",
            "Times the rate limits could not be shared with other processes",
        )
        self._log = logger("rate_limits")

    @property
    def remembered(self) -> int:
        """How many counts are held in memory."""
        return len(self._cells)

    def cell(self, quota: Quota, who: str) -> Cell:
        """Return the count of a caller or address."""
        key = (quota.name, who)
        cell = self._cells.get(key)
        if cell is None:
            if len(self._cells) >= self._cells_max:
                self._forget(next(iter(self._cells)))
            cell = self._cells[key] = Cell(quota, who)
        return cell

    def take(self, cell: Cell, *, is_final: bool = False) -> Verdict:
        """Count one request without waiting; a final answer is never UNSURE."""
        untold, untold_max = cell.untold, cell.untold_max
        if untold >= untold_max and self._is_shared and not is_final:
            self._wanted.set()
            return Verdict.UNSURE
        if not cell.take(self._now()):
            self._refused.labels(cell.quota.name).inc()
            return Verdict.REFUSED
        if untold == 0:
            self._untold[cell.key] = cell
        if (untold + 1) * 2 >= untold_max:
            self._wanted.set()
        return Verdict.ADMITTED

    def take_both(self, first: Cell, second: Cell) -> bool:
        """Count one request for both, or for none when either is used up or unsure."""
        if self._is_shared and (first.untold >= first.untold_max or second.untold >= second.untold_max):
            return False
        now = self._now()
        if not (first.has_room(now) and second.has_room(now)):
            return False
        for cell in (first, second):
            if cell.untold == 0:
                self._untold[cell.key] = cell
            cell.take(now)
            if cell.untold * 2 >= cell.untold_max:
                self._wanted.set()
        return True

    def cell_of(self, key: Key, quota: Quota) -> Cell:
        """The same as `cell`, for who has the key at hand."""
        return self._cells.get(key) or self.cell(quota, key[1])

    def now(self) -> float:
        return self._now()

    async def told(self) -> None:
        """Wait until counts were exchanged, a second at most."""
        self._wanted.set()
        with suppress(TimeoutError):
            async with asyncio.timeout(UNSURE_SECONDS):
                await self._told.wait()

    async def learn(self, cells: Iterable[Cell]) -> None:
        """Find out what other processes counted, without counting anything."""
        self._untold.update({cell.key: cell for cell in cells})
        await self.told()

    def start(self) -> None:
        self._task = asyncio.create_task(self._tell_for_ever())

    async def stop(self) -> None:
        """Tell what is left, once."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self.tell()

    async def tell(self) -> None:
        """Exchange counts once; what could not be told is told the next time."""
        waiting = list(self._untold.values())
        for start in range(0, len(waiting), BATCH_MAX):
            try:
                async with asyncio.timeout(TELL_TIMEOUT_SECONDS):
                    await self._exchange(waiting[start : start + BATCH_MAX])
            except (SQLAlchemyError, OSError) as error:  # TimeoutError is one
                self._note_alone(error)
                break
            self._is_shared = True
        told, self._told = self._told, asyncio.Event()
        told.set()

    async def _exchange(self, waiting: list[Cell]) -> None:
        counts = {digest_of(cell.key): (cell, cell.untold) for cell in waiting}
        now = self._now()
        seconds = [cell.used_seconds(now) for cell, _ in counts.values()]
        async with self._database.engine.begin() as connection:
            rows = await connection.execute(_TELL, {"keys": list(counts), "seconds": seconds})
            levels = rows.all()
        now = self._now()
        for digest, level_seconds in levels:
            cell, count = counts[bytes(digest)]
            cell.told(count, level_seconds, now)
            if cell.untold == 0:
                self._untold.pop(cell.key, None)

    def _note_alone(self, error: Exception) -> None:
        self._alone.inc()
        if self._is_shared:
            self._log.warning("rate_limits_alone", reason=type(error).__name__)
        self._is_shared = False

    async def _tell_for_ever(self) -> None:
        while True:
            with suppress(TimeoutError):
                async with asyncio.timeout(TELL_SECONDS):
                    await self._wanted.wait()
            self._wanted.clear()
            await self.tell()
            await self._sweep()
            # Between two exchanges even those in a hurry wait a little: one statement then speaks for many.
            await asyncio.sleep(TELL_SOON_SECONDS if self._is_shared else TELL_SECONDS)

    async def _sweep(self) -> None:
        now = self._now()
        if now - self._swept_at < SWEEP_SECONDS:
            return
        self._swept_at = now
        for key in [key for key, cell in self._cells.items() if cell.is_idle(now)]:
            self._forget(key)
        with suppress(SQLAlchemyError, OSError):
            async with asyncio.timeout(TELL_TIMEOUT_SECONDS), self._database.engine.begin() as connection:
                await connection.execute(_FORGET)

    def _forget(self, key: Key) -> None:
        del self._cells[key]
        self._untold.pop(key, None)


def digest_of(key: Key) -> bytes:
    """Return the key as the table knows it: nobody's name or address is kept."""
    name, who = key
    return blake2b(f"{name} {who}".encode(), digest_size=16).digest()
