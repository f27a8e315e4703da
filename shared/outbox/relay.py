"""Tells the broker what the outbox holds, in order per partition key, until it is confirmed."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from uuid import UUID

import asyncpg
import structlog
from prometheus_client import Counter, Gauge
from sqlalchemy import Row, text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from shared.events.catalogue import EVENT_TYPES
from shared.messaging.connection import BrokerUnavailable
from shared.messaging.failpoints import failpoint
from shared.messaging.publisher import Outcome, Outgoing, Publisher
from shared.outbox.table import SHARDS

# Position, id, type, body, recipient.
Waiting = Row[tuple[int, UUID, str, bytes, str | None]]

log = structlog.get_logger()
oldest_seconds = Gauge("outbox_oldest_seconds", "Age of the oldest event that is not told yet")
pending_events = Gauge("outbox_pending", "Events not told yet, counted up to 100000")
published_total = Counter("outbox_published", "Tellings by what became of them", ["outcome"])

DATABASE_ERRORS = (SQLAlchemyError, asyncpg.PostgresError, OSError)
UPKEEP_SECONDS = 3600.0
WATCH_SECONDS = 5.0


@dataclass(frozen=True, slots=True, kw_only=True)
class RelayLimits:
    """`window` is how many messages are unconfirmed at a time in each of the `lanes`, of `window_bytes` together: events
    that carry hundreds of invoices would take a hundred megabytes otherwise. One that is larger goes alone.

    While nothing happens each lane looks less and less often, down to twice a second.
    """

    window: int = 500
    window_bytes: int = 2 * 1024 * 1024
    lanes: int = 2
    poll_seconds_min: float = 0.02
    poll_seconds_max: float = 0.5
    outage_seconds: float = 1.0
    alarm_seconds: float = 60.0


class OutboxRelay:
    """Any number may run, in any number of processes.

    A turn locks one shard until its end, so no other relay can overtake within it, and an event that could
    not be told holds back the later ones of its key. The transaction spans the publishing on purpose, bounded
    by the publisher's time-outs: a lock that ends with its connection needs no lease and no clock.
    If the broker refuses one message amid a window, later ones of its key may be on their way already;
    consumers compare sequences.
    """

    def __init__(
        self, engine: AsyncEngine, publisher: Publisher, *, limits: RelayLimits | None = None
    ) -> None:
        self._engine = engine
        self._publisher = publisher
        self._limits = limits or RelayLimits()

    async def run(self, stop: asyncio.Event) -> None:
        """Relay until `stop`; turns under way are finished."""
        async with asyncio.TaskGroup() as tasks:
            for _ in range(self._limits.lanes):
                tasks.create_task(self._run_lane(stop))
            tasks.create_task(self._repeat(self._keep_up, UPKEEP_SECONDS, stop))
            tasks.create_task(self._repeat(self._watch, WATCH_SECONDS, stop))

    async def drain(self) -> int:
        """Relay until nothing is left that can be told now; returns how many were."""
        told = 0
        while (turn := await self.turn()) is not None:
            told += turn
        return told

    async def turn(self) -> int | None:
        """Relay up to a window of one shard; how many were confirmed, or None if nothing was to be told.

        Raises BrokerUnavailable if the broker cannot be reached.
        """
        async with self._engine.begin() as connection:
            shard = (await connection.execute(_LOCK_SHARD, {"shards": list(range(SHARDS))})).scalar()
            if shard is None:
                return None
            # A statement of its own, so that it sees what the last holder of the lock has marked.
            wanted = {
                "shard": shard,
                "window": self._limits.window,
                "window_bytes": self._limits.window_bytes,
            }
            rows = (await connection.execute(_NEXT, wanted)).all()
            outcomes = await self._publisher.publish([_outgoing(row) for row in rows])
            failpoint("after_publish_before_mark")
            confirmed = _positions(rows, outcomes, Outcome.CONFIRMED)
            await self._mark(connection, shard, confirmed)
            for outcome in (Outcome.UNROUTABLE, Outcome.REFUSED):
                await self._hold_back(connection, shard, _positions(rows, outcomes, outcome), outcome)
        _count(outcomes)
        if Outcome.UNKNOWN in outcomes:
            raise BrokerUnavailable("the broker took no more")
        return len(confirmed)

    async def _mark(self, connection: AsyncConnection, shard: int, positions: list[int]) -> None:
        if positions:
            await connection.execute(_MARK, {"shard": shard, "positions": positions})

    async def _hold_back(
        self, connection: AsyncConnection, shard: int, positions: list[int], outcome: Outcome
    ) -> None:
        if positions:
            log.error("outbox_held_back", events=len(positions), outcome=outcome.value)
            await connection.execute(
                _HOLD_BACK, {"shard": shard, "positions": positions, "reason": outcome.value}
            )

    async def _run_lane(self, stop: asyncio.Event) -> None:
        pause = self._limits.poll_seconds_min
        while not stop.is_set():
            try:
                is_idle = await self.turn() is None
            except (BrokerUnavailable, *DATABASE_ERRORS) as error:
                log.warning("outbox_waits", error=repr(error))
                await _pause(self._limits.outage_seconds, stop)
                continue
            if is_idle:
                await _pause(pause, stop)
                pause = min(pause * 1.5, self._limits.poll_seconds_max)
            else:
                pause = self._limits.poll_seconds_min

    async def _keep_up(self) -> None:
        async with self._engine.begin() as connection:
            await connection.execute(_UPKEEP)

    async def _watch(self) -> None:
        async with self._engine.begin() as connection:
            pending, oldest = (await connection.execute(_PENDING)).one()
        pending_events.set(pending)
        oldest_seconds.set(oldest)
        if oldest > self._limits.alarm_seconds:
            log.error("outbox_is_late", oldest_seconds=round(oldest), pending=pending)

    async def _repeat(self, task: Callable[[], Awaitable[None]], seconds: float, stop: asyncio.Event) -> None:
        while not stop.is_set():
            try:
                await task()
            except DATABASE_ERRORS as error:
                log.warning("outbox_upkeep_failed", error=repr(error))
            await _pause(seconds, stop)


def _outgoing(row: Waiting) -> Outgoing:
    event = EVENT_TYPES.get(row.type)
    is_mandatory = row.recipient is not None or event is None or bool(event.consumers)
    return Outgoing(row.id, row.type, row.body, is_mandatory, row.recipient)


def _positions(rows: Sequence[Waiting], outcomes: Sequence[Outcome], wanted: Outcome) -> list[int]:
    return [row.position for row, outcome in zip(rows, outcomes, strict=True) if outcome is wanted]


def _count(outcomes: Sequence[Outcome]) -> None:
    for outcome in Outcome:
        published_total.labels(outcome.value).inc(outcomes.count(outcome))


async def _pause(seconds: float, stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


# An event whose retry lies ahead holds back the later ones of its key.
_IS_DUE = """
    published_at IS NULL AND (attempts = 0 OR next_attempt_at <= now()) AND NOT EXISTS (
        SELECT FROM outbox AS earlier
        WHERE earlier.partition_key = outbox.partition_key AND earlier.position < outbox.position
          AND earlier.published_at IS NULL AND earlier.attempts > 0 AND earlier.next_attempt_at > now()
    )
"""

# The shard whose head has waited longest comes first. MATERIALIZED keeps the lock apart from the search: it
# must be tried only where there is work.
_LOCK_SHARD = text(
    f"""
    WITH waiting AS MATERIALIZED (
        SELECT shard, head.position
        FROM unnest(CAST(:shards AS smallint[])) AS shard
        CROSS JOIN LATERAL (
            SELECT position FROM outbox
            WHERE outbox.shard = shard.shard AND {_IS_DUE} ORDER BY position LIMIT 1
        ) AS head
        ORDER BY head.position
    )
    SELECT shard FROM waiting WHERE pg_try_advisory_xact_lock(hashtext('outbox_shard'), shard) LIMIT 1
    """  # noqa: S608 - constants only
)

_NEXT = text(
    f"""
    SELECT position, id, type, body, recipient FROM (
        SELECT *, sum(octet_length(body)) OVER (ORDER BY position) - octet_length(body) AS bytes_before FROM (
            SELECT position, id, type, body, recipient FROM outbox
            WHERE shard = :shard AND {_IS_DUE} ORDER BY position LIMIT :window
        ) AS next
    ) AS next
    WHERE bytes_before < :window_bytes ORDER BY position
    """  # noqa: S608 - constants only
)

_MARK = text(
    """
    UPDATE outbox SET published_at = now()
    WHERE shard = :shard AND position = ANY(CAST(:positions AS bigint[])) AND published_at IS NULL
    """
)

_HOLD_BACK = text(
    """
    UPDATE outbox SET attempts = attempts + 1, last_error = :reason,
        next_attempt_at = now() + LEAST(interval '1 second' * 2 ^ LEAST(attempts, 10), interval '5 minutes')
    WHERE shard = :shard AND position = ANY(CAST(:positions AS bigint[])) AND published_at IS NULL
    """
)

_PENDING = text(
    """
    SELECT count(*), COALESCE(extract(epoch FROM now() - min(created_at)), 0)::float8 FROM (
        SELECT created_at FROM outbox WHERE published_at IS NULL ORDER BY shard, position LIMIT 100000
    ) AS head
    """
)

_UPKEEP = text("SELECT outbox_upkeep(3, 7)")
