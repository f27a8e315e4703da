"""The inbox: an event that was applied once is not applied again.

The ids of a batch are claimed in the transaction that applies it: claim and effect stand or fall together.

Claims lie in months by the time in the ids (`shared/month_partitions.py`), so that a month goes whole; when it was claimed
does not matter for that, and an id without a time in it is claimed once like any other.
"""

import itertools
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Generic, Protocol, TypeVar, cast
from uuid import UUID

import asyncpg
from sqlalchemy import Column, DateTime, MetaData, Table, Text, Uuid, func, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database_errors import DatabaseUnavailable, meaning_of
from shared.events.envelope import Cause, E, Envelope, Event, current_cause
from shared.messaging.consumer import Apply, Consumer, ConsumerLimits
from shared.messaging.topology import service_topology
from shared.month_partitions import (
    Month,
    MonthTable,
    alone,
    first_id,
    first_months_sql,
    id_range,
    make_months,
    month_start,
    months_ended_before,
)
from shared.tracing import continued_trace

# Longer than any message can be on its way, dead letters replayed by an operator included.
KEPT = timedelta(days=30)
MONTHS: Final = MonthTable(name="inbox", key="event_id", may_move=True)
# Younger claims that a month leaves behind are moved while all who claim wait; a month with more of them waits itself.
MOVED_MAX: Final = 10_000


class Work(Protocol):
    """One transaction, as a unit of work gives it: rolled back unless committed."""

    @property
    def connection(self) -> AsyncConnection: ...

    async def commit(self) -> None: ...


DATABASE_ERRORS = (DBAPIError, PoolTimeoutError, asyncpg.PostgresError, ConnectionError)

W = TypeVar("W", bound=Work)
W_contra = TypeVar("W_contra", bound=Work, contravariant=True)
Handler = Callable[[W, Sequence[Envelope[E]]], Awaitable[None]]
_Apply = Callable[[W, Sequence[Envelope[Event]]], Awaitable[None]]
Begin = Callable[[], AbstractAsyncContextManager[W]]
_Handle = Callable[[W, Sequence[Envelope[Event]]], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Subscription(Generic[W_contra]):
    event_class: type[Event]
    handler: Callable[[W_contra, Sequence[Envelope[Event]]], Awaitable[None]]


def on(event_class: type[E], handler: Handler[W, E]) -> Subscription[W]:
    """Have `handler` apply events of this class: those of a batch that follow each other, in their order.

    Several handlers of one class run one after the other, in the order of their subscriptions.
    """
    # Safe because the dispatcher hands a handler events of its own class only.
    return Subscription(
        event_class, cast("Callable[[W, Sequence[Envelope[Event]]], Awaitable[None]]", handler)
    )


def inbox_table(metadata: MetaData) -> Table:
    return Table(
        "inbox",
        metadata,
        Column("event_id", Uuid, primary_key=True),
        Column("consumer", Text, primary_key=True),
        Column("claimed_at", DateTime(timezone=True), nullable=False, server_default=func.now()),
        postgresql_partition_by="RANGE (event_id)",
    )


def create_inbox_sql() -> tuple[str, ...]:
    """Statements for a migration. Ids grow with time (UUIDv7), so the key's index grows at its warm end."""
    return (
        """
        CREATE TABLE inbox (
            event_id uuid NOT NULL,
            consumer text NOT NULL,
            claimed_at timestamptz NOT NULL DEFAULT now(),
            CONSTRAINT pk_inbox PRIMARY KEY (event_id, consumer)
        )
        """,
        "CREATE INDEX ix_inbox_claimed_at ON inbox USING brin (claimed_at)",
    )


def cut_inbox_sql(now: datetime) -> tuple[str, ...]:
    """Statements for a migration: the table becomes the partition of all up to the end of this month, as it stands.

    Only the few ids that lie behind it are moved: of others, or of a clock that is ahead. Who claims meanwhile waits
    for as long as the rows take to be looked at once; the table has a month of them.
    """
    end = month_start(now, 1)
    return (
        "ALTER TABLE inbox RENAME TO inbox_before",
        "ALTER TABLE inbox_before RENAME CONSTRAINT pk_inbox TO pk_inbox_before",
        "ALTER INDEX ix_inbox_claimed_at RENAME TO ix_inbox_before_claimed_at",
        "CREATE TABLE inbox (LIKE inbox_before INCLUDING DEFAULTS) PARTITION BY RANGE (event_id)",
        "ALTER TABLE inbox ADD CONSTRAINT pk_inbox PRIMARY KEY (event_id, consumer)",
        "CREATE INDEX ix_inbox_claimed_at ON inbox USING brin (claimed_at)",
        *first_months_sql(MONTHS, now),
        f"""
        WITH behind AS (
            DELETE FROM inbox_before WHERE event_id >= '{first_id(end)}' RETURNING event_id, consumer, claimed_at
        )
        INSERT INTO inbox (event_id, consumer, claimed_at) SELECT event_id, consumer, claimed_at FROM behind
        """,  # noqa: S608 - a bound of ours
        f"ALTER TABLE inbox ATTACH PARTITION inbox_before {id_range(None, end)}",
    )


def join_inbox_sql() -> tuple[str, ...]:
    """Statements to go back: the claims of all months in one table."""
    return (
        "ALTER TABLE inbox RENAME TO inbox_cut",
        "ALTER TABLE inbox_cut RENAME CONSTRAINT pk_inbox TO pk_inbox_cut",
        "ALTER INDEX ix_inbox_claimed_at RENAME TO ix_inbox_cut_claimed_at",
        *create_inbox_sql(),
        "INSERT INTO inbox SELECT event_id, consumer, claimed_at FROM inbox_cut",
        "DROP TABLE inbox_cut",
    )


_CLAIM = text(
    """
    INSERT INTO inbox (event_id, consumer)
    SELECT event_id, :consumer FROM unnest(CAST(:ids AS uuid[])) AS event_id
    ON CONFLICT DO NOTHING
    RETURNING event_id
    """
)


async def claim(connection: AsyncConnection, consumer: str, ids: Sequence[UUID]) -> set[UUID]:
    """Those of `ids` that are new. Waits for a transaction that claims the same ones at this moment."""
    # Sorted, so that two workers with the same messages wait for each other instead of deadlocking.
    rows = await connection.execute(_CLAIM, {"consumer": consumer, "ids": sorted(set(ids))})
    return set(rows.scalars())


async def keep_months(connection: AsyncConnection, now: datetime) -> list[str]:
    """Make the months ahead and drop those that ended longer ago than claims are kept; for a timer.

    Returns the partitions of which old claims go row by row instead: what has no month, and months of which too many
    events were told again lately. While another worker is at it, it does nothing and names the former only.
    """
    by_row = [MONTHS.default]
    if not await alone(connection, MONTHS):
        return by_row
    await make_months(connection, [MONTHS], now)
    ended = await months_ended_before(connection, MONTHS, now - KEPT)
    return by_row + [one.name for one in ended if not await _let_go(connection, one, now - KEPT)]


async def _let_go(connection: AsyncConnection, month: Month, limit: datetime) -> bool:
    """Drop a month. Claims since the limit outlive it, as their events may come again: the default partition has them."""
    young = f'FROM "{month.name}" WHERE claimed_at >= :limit'
    counted = text(f"SELECT count(*) FROM (SELECT {young} LIMIT :rows) AS young")  # noqa: S608 - a name of ours
    young_count = await connection.scalar(counted, {"limit": limit, "rows": MOVED_MAX + 1})
    if int(young_count or 0) > MOVED_MAX:
        return False
    await connection.execute(text(f'ALTER TABLE inbox DETACH PARTITION "{month.name}"'))
    moved = text(f"INSERT INTO inbox SELECT event_id, consumer, claimed_at {young}")
    await connection.execute(moved, {"limit": limit})
    await connection.execute(text(f'DROP TABLE "{month.name}"'))
    return True


async def prune(
    connection: AsyncConnection,
    partition: str = MONTHS.default,
    *,
    kept: timedelta = KEPT,
    rows_max: int = 10_000,
) -> int:
    """Forget old claims of a partition that cannot go whole, a bounded number at a time; returns how many went."""
    old = text(
        f"""
        DELETE FROM "{partition}" WHERE (event_id, consumer) IN (
            SELECT event_id, consumer FROM "{partition}"
            WHERE claimed_at < now() - CAST(:kept AS interval) LIMIT :rows_max
        )
        """  # noqa: S608 - a name of ours
    )
    gone = await connection.execute(old, {"kept": kept, "rows_max": rows_max})
    return gone.rowcount


def event_consumer(
    url: str,
    service: str,
    subscriptions: Sequence[Subscription[W]],
    begin: Begin[W],
    *,
    limits: ConsumerLimits | None = None,
) -> Consumer:
    """The consumer of `service`: every event once, a batch in one unit of work from `begin`."""
    events = {subscription.event_class.type_name: subscription.event_class for subscription in subscriptions}
    return Consumer(
        url,
        service_topology(service, tuple(events.values())),
        events,
        apply_once(service, subscriptions, begin),
        limits=limits,
    )


def apply_once(consumer: str, subscriptions: Sequence[Subscription[W]], begin: Begin[W]) -> Apply:
    """Raises what a handler raises, and DatabaseUnavailable if the fault is not with the events."""
    handlers: dict[str, list[_Handle[W]]] = {}
    for one in subscriptions:
        handlers.setdefault(one.event_class.type_name, []).append(one.handler)

    async def apply(batch: Sequence[Envelope[Event]]) -> None:
        try:
            async with begin() as work:
                new = await claim(work.connection, consumer, [envelope.id for envelope in batch])
                await _dispatch(work, handlers, _first_tellings(batch, new))
                await work.commit()
        except DATABASE_ERRORS as error:
            meaning = meaning_of(error)
            if meaning is not None:
                raise DatabaseUnavailable(f"the database of {consumer} cannot be used: {error!r}") from error
            raise

    return apply


async def _dispatch(
    work: W,
    handlers: Mapping[str, Sequence["_Handle[W]"]],
    batch: Sequence[Envelope[Event]],
) -> None:
    """Runs of the same type go to their handlers together, in the order these subscribed; the order between types is
    kept."""
    for type_name, run in itertools.groupby(batch, key=lambda envelope: envelope.type):
        envelopes = list(run)
        with _caused_by(envelopes):
            for handle in handlers[type_name]:
                await handle(work, envelopes)


@contextmanager
def _caused_by(envelopes: Sequence[Envelope[Event]]) -> Iterator[None]:
    """What one event leads to goes on in its trace and names it; what many lead to together is nobody's alone."""
    told = envelopes[0].cause if len(envelopes) == 1 else Cause()
    name = f"apply {envelopes[0].type}"
    with continued_trace(told.trace_parent, name, request_id=told.correlation_id, is_message=True) as trace:
        cause = Cause(trace.traceparent, told.correlation_id, str(envelopes[0].id))
        token = current_cause.set(cause if len(envelopes) == 1 else None)
        try:
            yield
        finally:
            current_cause.reset(token)


def _first_tellings(batch: Sequence[Envelope[Event]], new: set[UUID]) -> list[Envelope[Event]]:
    """The new ones in their order; a repeat within the batch is dropped too."""
    unique = {envelope.id: envelope for envelope in reversed(batch) if envelope.id in new}
    return list(reversed(unique.values()))
