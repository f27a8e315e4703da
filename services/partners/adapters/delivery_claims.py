"""Which deliveries are whose to send: leased by one sender at a time, and each attempt written down before it is made."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.adapters.delivery_rows import LEASE, Step, add_step
from services.partners.domain.delivery import FOLLOWING, Channel, DeliveryState

Row = sa.Row[Any]
SENDER: Final = "partners"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claimed:
    """One delivery that is ours until its lease ends."""

    id: UUID
    round: int
    attempts: int
    leased_until: datetime
    channel: Channel
    address: str
    name: str
    language: str
    reminders: int
    acknowledge_by_on: date | None
    contact_id: UUID | None
    host_key: str | None
    sealed_secret: bytes | None
    document_id: UUID
    kind: str
    partner_code: str
    partner_name: str
    zone: str | None
    from_on: date
    to_on: date
    formats: Sequence[str]
    is_optional: bool


async def claim_deliveries(
    connection: AsyncConnection, channel: Channel, *, room: int, at: datetime
) -> list[Claimed]:
    """Lease what is due; commit before anything is sent. Whoever holds one for longer than the lease is dead.

    After a death nobody knows whether it was sent: it is sent again, under the same message id.
    """
    facts = {"channel": channel.value, "room": room, "at": at, "until": at + LEASE}
    leased = (await connection.execute(_LEASE_DUE, facts)).all()
    if not leased:
        return []
    for row in leased:
        detail = "the attempt before ended without a word" if row.was_leased else None
        await add_step(connection, row.id, Step("attempted", detail, SENDER), at=at)
    rows = await connection.execute(_CLAIMED, {"ids": [row.id for row in leased]})
    return [_claimed(row) for row in rows]


@dataclass(frozen=True, slots=True)
class Settled:
    """How an attempt ended, and when it is tried again if it is."""

    state: DeliveryState
    error: str | None = None
    next_attempt_at: datetime | None = None


async def settle(connection: AsyncConnection, claimed: Claimed, end: Settled, *, at: datetime) -> bool:
    """End the lease in a state; False when the lease was lost meanwhile, then nothing is written."""
    is_over = end.state in (DeliveryState.SENT, DeliveryState.DELIVERED)
    settled = await connection.execute(
        sa.text(
            "UPDATE deliveries SET state = :state, leased_until = NULL, last_error = :error,"
            " next_attempt_at = coalesce(CAST(:next AS timestamptz), next_attempt_at),"
            " sent_at = CASE WHEN :is_over THEN coalesce(sent_at, CAST(:at AS timestamptz)) ELSE sent_at END"
            " WHERE id = :id AND leased_until = :lease"
        ),
        {
            "id": claimed.id,
            "lease": claimed.leased_until,
            "state": end.state.value,
            "error": end.error,
            "next": end.next_attempt_at,
            "is_over": is_over,
            "at": at,
        },
    )
    return settled.rowcount == 1


async def move_on(connection: AsyncConnection, delivery_id: UUID, state: DeliveryState) -> bool:
    """To a later state by what was heard; False when it is there or further already."""
    before = [one.value for one in FOLLOWING[state]]
    moved = await connection.execute(
        sa.text(
            "UPDATE deliveries SET state = :state WHERE id = :id AND state = ANY(CAST(:before AS text[]))"
        ),
        {"id": delivery_id, "state": state.value, "before": before},
    )
    return moved.rowcount == 1


async def due_requests(connection: AsyncConnection, at: datetime, *, limit: int) -> Sequence[Row]:
    """Wishes whose documents are not made yet, the longest due first, held until the commit."""
    return (
        await connection.execute(
            sa.text(
                "SELECT * FROM delivery_requests WHERE document_id IS NULL AND failure IS NULL"
                " AND next_attempt_at <= :at ORDER BY next_attempt_at, id LIMIT :limit FOR UPDATE SKIP LOCKED"
            ),
            {"at": at, "limit": limit},
        )
    ).all()


async def give_document(connection: AsyncConnection, request_id: UUID, document_id: UUID) -> None:
    """From now on its deliveries can leave."""
    await connection.execute(
        sa.text("UPDATE delivery_requests SET document_id = :document, held_because = NULL WHERE id = :id"),
        {"id": request_id, "document": document_id},
    )


async def postpone_request(connection: AsyncConnection, request_id: UUID, until: datetime) -> None:
    """Its document is not there yet."""
    await connection.execute(
        sa.text(
            "UPDATE delivery_requests SET attempts = attempts + 1, next_attempt_at = :until WHERE id = :id"
        ),
        {"id": request_id, "until": until},
    )


async def hold_request(connection: AsyncConnection, request_id: UUID, until: datetime, reason: str) -> None:
    """It must not leave yet, and says why; held is not tried."""
    await connection.execute(
        sa.text(
            "UPDATE delivery_requests SET held_because = :reason, next_attempt_at = :until WHERE id = :id"
        ),
        {"id": request_id, "reason": reason, "until": until},
    )


async def fail_request(connection: AsyncConnection, request_id: UUID, reason: str) -> Sequence[Row]:
    """Nothing of it will be sent by itself; returns its deliveries that were queued."""
    await connection.execute(
        sa.text("UPDATE delivery_requests SET failure = :reason WHERE id = :id"),
        {"id": request_id, "reason": reason},
    )
    failed = await connection.execute(
        sa.text(
            "UPDATE deliveries SET state = 'failed', last_error = :reason"
            " WHERE request_id = :id AND state = 'queued' RETURNING id, channel"
        ),
        {"id": request_id, "reason": reason},
    )
    return failed.all()


def _claimed(row: Row) -> Claimed:
    facts = {name: getattr(row, name) for name in Claimed.__dataclass_fields__}
    return Claimed(**facts | {"channel": Channel(row.channel)})


_LEASE_DUE: Final = sa.text(
    """
    WITH due AS (
        SELECT v.id, v.leased_until IS NOT NULL AS was_leased
        FROM deliveries v JOIN delivery_requests r ON r.id = v.request_id
        WHERE v.channel = :channel AND v.state = 'queued' AND v.next_attempt_at <= :at
            AND (v.leased_until IS NULL OR v.leased_until <= :at) AND r.document_id IS NOT NULL
        ORDER BY v.next_attempt_at, v.id LIMIT :room FOR UPDATE OF v SKIP LOCKED
    )
    UPDATE deliveries SET leased_until = :until, attempts = attempts + 1
    FROM due WHERE deliveries.id = due.id
    RETURNING deliveries.id, due.was_leased
    """
)
_CLAIMED: Final = sa.text(
    """
    SELECT v.*, c.host_key, c.sealed_secret, r.document_id, r.kind, r.formats, r.is_optional, d.from_on, d.to_on,
        coalesce(p.name, v.partner_code) AS partner_name, p.zone
    FROM deliveries v
    JOIN delivery_requests r ON r.id = v.request_id
    JOIN documents d ON d.id = r.document_id
    LEFT JOIN partner_owners w ON w.code = v.partner_code
    LEFT JOIN partners p ON p.code = w.owner_code
    LEFT JOIN partner_contacts c ON c.id = v.contact_id
    WHERE v.id = ANY(CAST(:ids AS uuid[])) ORDER BY v.id
    """
)
