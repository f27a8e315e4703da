"""What is to be delivered to whom: written with the events, claimed by one sender at a time, kept with its attempts."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from gateway.adapters.orm import live_events
from gateway.adapters.orm import webhook_attempts as attempts
from gateway.adapters.orm import webhook_deliveries as deliveries
from gateway.domain.live_event import LiveEvent
from gateway.domain.webhook import DeliveryState
from shared.webhooks.attempt import Reply

# Longer than the longest attempt: whoever holds a delivery for longer is dead, and another one takes it.
LEASE_SECONDS: Final = 60
PER_ENDPOINT_MAX: Final = 4
KEPT_DAYS: Final = 30
_PRUNED_AT_ONCE: Final = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """One delivery that is ours to attempt until its lease ends; no body when the event is forgotten."""

    id: UUID
    endpoint_id: UUID
    owner: str
    url: str
    event_id: UUID
    attempts: int
    lease: datetime
    body: str | None


@dataclass(frozen=True, slots=True)
class WantedDeliveries:
    """Those of one endpoint, narrowed or not."""

    endpoint_id: UUID
    state: DeliveryState | None
    event_type: str | None


async def add_deliveries(
    connection: AsyncConnection, wanted: Sequence[tuple[UUID, LiveEvent]], *, is_again: bool = False
) -> list[UUID]:
    """Queue (endpoint, event) pairs, once each for ever; `is_again` queues those once more that have ended."""
    if not wanted:
        return []
    rows = await connection.execute(
        _ADD_AGAIN if is_again else _ADD,
        {
            "ids": [uuid7() for _ in wanted],
            "endpoints": [endpoint for endpoint, _ in wanted],
            "positions": [event.position for _, event in wanted],
            "events": [event.id for _, event in wanted],
            "types": [event.type for _, event in wanted],
        },
    )
    return list(rows.scalars())


async def repeat_delivery(connection: AsyncConnection, delivery_id: UUID) -> bool:
    """Begin anew, with the same message id; what was attempted so far stays listed. False without its event."""
    is_kept = sa.exists().where(live_events.c.position == deliveries.c.event_position)
    repeated = await connection.execute(
        deliveries.update()
        .where(deliveries.c.id == delivery_id, is_kept)
        .values(
            state=DeliveryState.WAITING.value,
            attempts=0,
            next_attempt_at=sa.func.now(),
            leased_until=None,
            finished_at=None,
        )
    )
    return repeated.rowcount == 1


async def claim_deliveries(connection: AsyncConnection, *, room: int) -> list[Claimed]:
    """Lease what is due, a few per endpoint over all senders; commit before anything is sent.

    One sender claims at a time: otherwise two would each see room for the same endpoint.
    """
    await connection.execute(_ONE_CLAIMER)
    facts = {"room": room, "per_endpoint": PER_ENDPOINT_MAX, "lease": timedelta(seconds=LEASE_SECONDS)}
    ids = list((await connection.execute(_LEASE, facts)).scalars())
    if not ids:
        return []
    return [Claimed(**row._mapping) for row in await connection.execute(_CLAIMED, {"ids": ids})]


async def note_attempt(connection: AsyncConnection, delivery_id: UUID, at: datetime, reply: Reply) -> None:
    await connection.execute(
        attempts.insert().values(
            delivery_id=delivery_id,
            attempted_at=at,
            duration_ms=reply.duration_ms,
            status=reply.status,
            outcome=reply.outcome.value,
            error=reply.error,
            excerpt=reply.excerpt,
        )
    )


async def give_back(
    connection: AsyncConnection, claimed: Claimed, state: DeliveryState, *, delay: timedelta | None = None
) -> bool:
    """End the lease: in a final state, or waiting for the delay. False when the lease was lost meanwhile."""
    has_ended = state is not DeliveryState.WAITING
    given = await connection.execute(
        deliveries.update()
        .where(deliveries.c.id == claimed.id, deliveries.c.leased_until == claimed.lease)
        .values(
            state=state.value,
            attempts=claimed.attempts + 1,
            leased_until=None,
            next_attempt_at=sa.func.now() + (delay or timedelta(0)),
            finished_at=sa.func.now() if has_ended else None,
        )
    )
    return given.rowcount == 1


async def cancel_waiting(connection: AsyncConnection, endpoint_id: UUID) -> None:
    await connection.execute(
        deliveries.update()
        .where(deliveries.c.endpoint_id == endpoint_id, deliveries.c.state == DeliveryState.WAITING.value)
        .values(state=DeliveryState.CANCELLED.value, leased_until=None, finished_at=sa.func.now())
    )


async def prune_deliveries(connection: AsyncConnection) -> int:
    """Forget a bounded number of those that ended a month ago, with their attempts; returns how many went."""
    kept = timedelta(days=KEPT_DAYS)
    return (await connection.execute(_PRUNE, {"kept": kept, "rows_max": _PRUNED_AT_ONCE})).rowcount


async def deliveries_after(
    connection: AsyncConnection, after: UUID | None, wanted: WantedDeliveries, *, limit: int
) -> Sequence[sa.Row[Any]]:
    """Return limit + 1, the newest first, for a page."""
    found = _SHOWN.where(deliveries.c.endpoint_id == wanted.endpoint_id)
    if wanted.state is not None:
        found = found.where(deliveries.c.state == wanted.state.value)
    if wanted.event_type is not None:
        found = found.where(deliveries.c.event_type == wanted.event_type)
    if after is not None:
        found = found.where(deliveries.c.id < after)
    return (await connection.execute(found.order_by(deliveries.c.id.desc()).limit(limit + 1))).all()


async def delivery_of(
    connection: AsyncConnection, endpoint_id: UUID, delivery_id: UUID
) -> sa.Row[Any] | None:
    """Return one of this endpoint's."""
    wanted = (deliveries.c.endpoint_id == endpoint_id, deliveries.c.id == delivery_id)
    return (await connection.execute(_SHOWN.where(*wanted))).one_or_none()


async def attempts_of(connection: AsyncConnection, delivery_id: UUID) -> Sequence[sa.Row[Any]]:
    """Return every attempt in its order."""
    found = sa.select(attempts).where(attempts.c.delivery_id == delivery_id).order_by(attempts.c.id)
    return (await connection.execute(found)).all()


_LAST = (
    sa.select(attempts.c.delivery_id, attempts.c.status, attempts.c.outcome, attempts.c.attempted_at)
    .where(attempts.c.delivery_id == deliveries.c.id)
    .order_by(attempts.c.id.desc())
    .limit(1)
    .lateral("last")
)
_SHOWN: Final = sa.select(
    deliveries,
    _LAST.c.status.label("last_status"),
    _LAST.c.outcome.label("last_outcome"),
    _LAST.c.attempted_at.label("last_attempted_at"),
).select_from(deliveries.outerjoin(_LAST, sa.true()))

_PAIRS: Final = """
    SELECT id, endpoint_id, event_position, event_id, event_type
    FROM unnest(
        CAST(:ids AS uuid[]), CAST(:endpoints AS uuid[]), CAST(:positions AS bigint[]), CAST(:events AS uuid[]),
        CAST(:types AS text[])
    ) AS wanted (id, endpoint_id, event_position, event_id, event_type)
"""
_ADD = sa.text(
    "INSERT INTO webhook_deliveries (id, endpoint_id, event_position, event_id, event_type)"
    + _PAIRS
    + " ON CONFLICT (endpoint_id, event_id) DO NOTHING RETURNING id"
)
_ADD_AGAIN = sa.text(
    "INSERT INTO webhook_deliveries (id, endpoint_id, event_position, event_id, event_type)"
    + _PAIRS
    + """
    ON CONFLICT (endpoint_id, event_id) DO UPDATE
        SET state = 'waiting', attempts = 0, next_attempt_at = now(), leased_until = NULL, finished_at = NULL
        WHERE webhook_deliveries.state <> 'waiting'
    RETURNING id
    """
)

_ONE_CLAIMER = sa.text("SELECT pg_advisory_xact_lock(hashtext('webhook_claims'))")

_LEASE = sa.text(
    """
    WITH open AS (
        SELECT id, :per_endpoint - (
            SELECT count(*) FROM webhook_deliveries AS held
            WHERE held.endpoint_id = webhook_endpoints.id AND held.state = 'waiting' AND held.leased_until > now()
        ) AS room
        FROM webhook_endpoints
        WHERE state = 'enabled' AND (held_until IS NULL OR held_until <= now())
    ), due AS (
        SELECT picked.id FROM open CROSS JOIN LATERAL (
            SELECT id FROM webhook_deliveries AS waiting
            WHERE waiting.endpoint_id = open.id AND waiting.state = 'waiting'
              AND waiting.next_attempt_at <= now()
              AND (waiting.leased_until IS NULL OR waiting.leased_until <= now())
            ORDER BY waiting.next_attempt_at, waiting.id LIMIT greatest(open.room, 0)
            FOR UPDATE SKIP LOCKED
        ) AS picked
        ORDER BY random() LIMIT :room
    )
    UPDATE webhook_deliveries SET leased_until = now() + CAST(:lease AS interval)
    FROM due WHERE webhook_deliveries.id = due.id
    RETURNING webhook_deliveries.id
    """
)

_CLAIMED = sa.text(
    """
    SELECT delivery.id, delivery.endpoint_id, endpoint.owner, endpoint.url, delivery.event_id,
        delivery.attempts, delivery.leased_until AS lease, event.body
    FROM webhook_deliveries AS delivery
    JOIN webhook_endpoints AS endpoint ON endpoint.id = delivery.endpoint_id
    LEFT JOIN live_events AS event ON event.position = delivery.event_position
    WHERE delivery.id = ANY(CAST(:ids AS uuid[]))
    """
)

_PRUNE = sa.text(
    """
    DELETE FROM webhook_deliveries WHERE id IN (
        SELECT id FROM webhook_deliveries
        WHERE state <> 'waiting' AND finished_at < now() - CAST(:kept AS interval) LIMIT :rows_max
    )
    """
)
