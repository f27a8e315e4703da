"""Deliveries in the database: wished once by key, one row per recipient, every step kept."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.partners.domain.delivery import Channel, DeliveryState, DeliveryWish, Recipient
from services.partners.domain.document import Language

Row = sa.Row[Any]


async def contacts_in_roles(
    connection: AsyncConnection, partner_code: str, roles: Sequence[str], channel: Channel | None
) -> list[Recipient]:
    """Contacts in these roles, by this channel or each by its own; each address once per channel.

    Of the partner, and of the codes that were merged into it.
    """
    rows = await connection.execute(
        sa.text(
            "SELECT DISTINCT ON (channel, address) * FROM partner_contacts WHERE partner_code IN"
            " (SELECT w.code FROM partner_owners w WHERE w.owner_code = :partner)"
            " AND role = ANY(CAST(:roles AS text[])) AND retired_at IS NULL"
            " AND (CAST(:channel AS text) IS NULL OR channel = :channel) ORDER BY channel, address, added_at, id"
        ),
        {"partner": partner_code, "roles": list(roles), "channel": channel.value if channel else None},
    )
    return [
        Recipient(
            channel=Channel(row.channel),
            address=row.address,
            name=row.name,
            language=Language(row.language),
            role=row.role,
            contact_id=row.id,
        )
        for row in rows
    ]


@dataclass(frozen=True, slots=True)
class Queueing:
    """When something is queued, and before when nothing of it leaves."""

    at: datetime
    not_before: datetime


@dataclass(frozen=True, slots=True)
class Step:
    """What happened to a delivery, what was said to it, and by whom."""

    step: str
    detail: str | None
    actor: str


@dataclass(frozen=True, slots=True)
class Wished:
    """The wish as it is kept; `is_new` when it was not known before."""

    request_id: UUID
    is_new: bool


async def add_wish(connection: AsyncConnection, wish: DeliveryWish, *, by: str, when: Queueing) -> Wished:
    """Once per key for ever; whoever wishes it at the same moment waits for the first."""
    request_id = uuid7()
    added = await connection.execute(
        sa.text(
            "INSERT INTO delivery_requests (id, key, partner_code, kind, from_on, to_on, formats, is_optional,"
            " acknowledge_within_days, document_id, next_attempt_at, requested_at, requested_by)"
            " VALUES (:id, :key, :partner_code, :kind, :first, :last, :formats, :is_optional, :within, :document_id,"
            " :not_before, :at, :by) ON CONFLICT (key) DO NOTHING"
        ),
        {
            "id": request_id,
            "key": wish.key,
            "partner_code": wish.partner_code,
            "kind": wish.kind.value,
            "first": wish.period.first,
            "last": wish.period.last,
            "formats": list(wish.formats),
            "is_optional": wish.is_optional,
            "within": wish.acknowledge_within_days,
            "document_id": wish.document_id,
            "not_before": when.not_before,
            "at": when.at,
            "by": by,
        },
    )
    if added.rowcount == 1:
        return Wished(request_id, is_new=True)
    known = await connection.execute(
        sa.text("SELECT id FROM delivery_requests WHERE key = :key"), {"key": wish.key}
    )
    return Wished(known.scalar_one(), is_new=False)


async def add_deliveries(
    connection: AsyncConnection,
    request_id: UUID,
    wish: DeliveryWish,
    recipients: Sequence[Recipient],
    when: Queueing,
) -> list[UUID]:
    """One per recipient, queued; who does not want optional documents of the kind is unsubscribed from the start."""
    rows = [
        {
            "id": uuid7(),
            "request_id": request_id,
            "partner_code": wish.partner_code,
            "channel": one.channel.value,
            "address": one.address,
            "name": one.name,
            "role": one.role,
            "language": one.language.value,
            "contact_id": one.contact_id,
            "kind": wish.kind.value,
            "is_optional": wish.is_optional,
            "within": wish.acknowledge_within_days,
            "at": when.at,
            "not_before": when.not_before,
        }
        for one in recipients
    ]
    await connection.execute(_ADD_DELIVERY, rows)
    ids = [row["id"] for row in rows]
    await connection.execute(_FIRST_STEPS, {"ids": ids, "at": when.at})
    return [UUID(str(one)) for one in ids]


async def add_step(connection: AsyncConnection, delivery_id: UUID, step: Step, *, at: datetime) -> None:
    """Add to the history of a delivery."""
    await connection.execute(
        _STEP,
        {
            "delivery_id": delivery_id,
            "step": step.step,
            "detail": step.detail,
            "actor": step.actor,
            "at": at,
        },
    )


async def queue_again(connection: AsyncConnection, delivery_id: UUID, *, at: datetime) -> bool:
    """A new round with all its attempts; False when it is queued already or its recipient does not want it."""
    queued = await connection.execute(
        sa.text(
            "UPDATE deliveries SET state = 'queued', round = round + 1, attempts = 0, next_attempt_at = :at,"
            " leased_until = NULL, last_error = NULL"
            " WHERE id = :id AND state NOT IN ('queued', 'unsubscribed')"
        ),
        {"id": delivery_id, "at": at},
    )
    if queued.rowcount == 1:
        await connection.execute(_RETRY_REQUEST, {"id": delivery_id, "at": at})
    return queued.rowcount == 1


LEASE: Final = timedelta(minutes=5)
QUEUED: Final = DeliveryState.QUEUED.value

_ADD_DELIVERY: Final = sa.text(
    """
    INSERT INTO deliveries (id, request_id, partner_code, channel, address, name, role, language, contact_id, state,
        next_attempt_at, acknowledge_by_on, queued_at)
    SELECT :id, :request_id, :partner_code, :channel, :address, :name, :role, :language, CAST(:contact_id AS uuid),
        CASE WHEN :is_optional AND (EXISTS (SELECT FROM unsubscriptions WHERE address = :address AND kind = :kind)
                OR EXISTS (SELECT FROM partner_contacts WHERE id = CAST(:contact_id AS uuid) AND NOT takes_optional))
            THEN 'unsubscribed' ELSE 'queued' END,
        :not_before,
        CAST(CAST(:not_before AS timestamptz) AT TIME ZONE 'Asia/Kolkata' AS date) + CAST(:within AS integer), :at
    """
)
_FIRST_STEPS: Final = sa.text(
    "INSERT INTO delivery_steps (delivery_id, step, actor, at)"
    " SELECT id, state, 'partners', :at FROM deliveries WHERE id = ANY(CAST(:ids AS uuid[]))"
)
_STEP: Final = sa.text(
    "INSERT INTO delivery_steps (delivery_id, step, detail, actor, at)"
    " VALUES (:delivery_id, :step, :detail, :actor, :at)"
)
_RETRY_REQUEST: Final = sa.text(
    "UPDATE delivery_requests SET failure = NULL, attempts = 0, next_attempt_at = :at"
    " WHERE id = (SELECT request_id FROM deliveries WHERE id = :id) AND document_id IS NULL"
)


async def unanswered(
    connection: AsyncConnection, *, at: datetime, every_days: int, reminders_max: int
) -> list[UUID]:
    """Deliveries whose answer is due and of whose document nobody said anything; counted as reminded from now on."""
    rows = await connection.execute(
        sa.text(
            """
            UPDATE deliveries v SET reminders = reminders + 1
            FROM delivery_requests r
            WHERE r.id = v.request_id AND v.state IN ('sent', 'delivered', 'opened') AND v.reminders < :reminders_max
                AND v.acknowledge_by_on + CAST(v.reminders * :every_days AS integer)
                    < CAST(CAST(:at AS timestamptz) AT TIME ZONE 'Asia/Kolkata' AS date)
                AND NOT EXISTS (SELECT FROM document_replies a WHERE a.document_id = r.document_id)
            RETURNING v.id
            """
        ),
        {"at": at, "every_days": every_days, "reminders_max": reminders_max},
    )
    return list(rows.scalars())


async def add_reply(
    connection: AsyncConnection, document_id: UUID, delivery_id: UUID | None, step: Step, *, at: datetime
) -> bool:
    """False for an agreement that is known. Objections, the step's detail, add up."""
    added = await connection.execute(
        sa.text(
            "INSERT INTO document_replies (id, document_id, delivery_id, reply, objection, replied_by, replied_at)"
            " VALUES (:id, :document, :delivery, :reply, :objection, :by, :at) ON CONFLICT DO NOTHING"
        ),
        {
            "id": uuid7(),
            "document": document_id,
            "delivery": delivery_id,
            "reply": step.step,
            "objection": step.detail,
            "by": step.actor,
            "at": at,
        },
    )
    return added.rowcount == 1


async def hold_delivery(connection: AsyncConnection, delivery_id: UUID) -> None:
    """Until the commit: what one recipient says twice at the same moment is said one after the other."""
    await connection.execute(
        sa.text("SELECT FROM deliveries WHERE id = :id FOR NO KEY UPDATE"), {"id": delivery_id}
    )


async def replies_of(connection: AsyncConnection, document_id: UUID) -> Sequence[Row]:
    """Everything that was said to the document, in its order."""
    return (
        await connection.execute(
            sa.text("SELECT * FROM document_replies WHERE document_id = :id ORDER BY id"), {"id": document_id}
        )
    ).all()


async def deliveries_of_document(connection: AsyncConnection, document_id: UUID) -> list[UUID]:
    """All that went out of this document."""
    rows = await connection.execute(
        sa.text(
            "SELECT v.id FROM deliveries v JOIN delivery_requests r ON r.id = v.request_id"
            " WHERE r.document_id = :id ORDER BY v.id"
        ),
        {"id": document_id},
    )
    return list(rows.scalars())


async def add_unsubscription(
    connection: AsyncConnection, address: str, kind: str, delivery_id: UUID, at: datetime
) -> None:
    """From now on; what is queued of the kind is not sent any more."""
    await connection.execute(
        sa.text(
            "INSERT INTO unsubscriptions (address, kind, delivery_id, unsubscribed_at)"
            " VALUES (:address, :kind, :delivery, :at) ON CONFLICT DO NOTHING"
        ),
        {"address": address, "kind": kind, "delivery": delivery_id, "at": at},
    )
    await connection.execute(
        sa.text(
            "UPDATE deliveries v SET state = 'unsubscribed' FROM delivery_requests r WHERE r.id = v.request_id"
            " AND v.state = 'queued' AND v.leased_until IS NULL AND r.is_optional AND r.kind = :kind"
            " AND v.address = :address"
        ),
        {"address": address, "kind": kind},
    )
