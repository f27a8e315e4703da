"""Deliveries as the API lists and shows them, cut to the partners the caller may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.domain.errors import DeliveryUnknown
from shared.identity import RowScope

Row = sa.Row[Any]

_SHOWN: Final = """
    SELECT v.*, r.key, r.kind, r.from_on, r.to_on, r.formats, r.is_optional, r.document_id, r.failure, r.held_because,
        r.requested_by, p.zone
    FROM deliveries v JOIN delivery_requests r ON r.id = v.request_id
    JOIN partner_owners w ON w.code = v.partner_code JOIN partners p ON p.code = w.owner_code
    WHERE (:sees_all OR p.zone = ANY(CAST(:zones AS text[])) OR :own_code IN (p.code, v.partner_code))
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryFilter:
    """None leaves a filter out."""

    partner_code: str | None = None
    kind: str | None = None
    state: str | None = None
    channel: str | None = None
    document_id: UUID | None = None


async def delivery_rows(
    connection: AsyncConnection,
    scope: RowScope,
    chosen: DeliveryFilter,
    *,
    after: UUID | None,
    limit: int,
) -> Sequence[Row]:
    """The last queued first."""
    return (
        await connection.execute(
            sa.text(
                f"{_SHOWN}"
                " AND (CAST(:partner AS text) IS NULL"
                "  OR p.code = (SELECT o.owner_code FROM partner_owners o WHERE o.code = :partner))"
                " AND (CAST(:kind AS text) IS NULL OR r.kind = :kind)"
                " AND (CAST(:state AS text) IS NULL OR v.state = :state)"
                " AND (CAST(:channel AS text) IS NULL OR v.channel = :channel)"
                " AND (CAST(:document AS uuid) IS NULL OR r.document_id = :document)"
                " AND (CAST(:after AS uuid) IS NULL OR v.id < CAST(:after AS uuid))"
                " ORDER BY v.id DESC LIMIT :limit"
            ),
            scope.parameters()
            | {
                "partner": chosen.partner_code,
                "kind": chosen.kind,
                "state": chosen.state,
                "channel": chosen.channel,
                "document": chosen.document_id,
                "after": after,
                "limit": limit,
            },
        )
    ).all()


async def visible_delivery(connection: AsyncConnection, scope: RowScope, delivery_id: UUID) -> Row:
    """DeliveryUnknown when it is absent or of a partner the caller does not see."""
    row = (
        await connection.execute(
            sa.text(f"{_SHOWN} AND v.id = :id"), scope.parameters() | {"id": delivery_id}
        )
    ).one_or_none()
    if row is None:
        raise DeliveryUnknown(f"There is no delivery {delivery_id}")
    return row


async def steps_of(connection: AsyncConnection, delivery_id: UUID) -> Sequence[Row]:
    """Everything that happened to it, in its order."""
    return (
        await connection.execute(
            sa.text("SELECT * FROM delivery_steps WHERE delivery_id = :id ORDER BY id"), {"id": delivery_id}
        )
    ).all()
