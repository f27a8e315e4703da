"""The inbox: an event that was applied once is not applied again.

The ids of a batch are claimed in the transaction that applies it: claim and effect stand or fall together.
"""

import itertools
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, contextmanager
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar, cast
from uuid import UUID

import asyncpg
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database_errors import DatabaseUnavailable, meaning_of
from shared.events.envelope import Cause, E, Envelope, Event, current_cause
from shared.inbox_table import claim
from shared.messaging.consumer import Apply, Consumer, ConsumerLimits
from shared.messaging.topology import service_topology
from shared.tracing import continued_trace


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
