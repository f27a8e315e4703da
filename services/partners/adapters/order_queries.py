"""What the API shows of orders: in the rows the caller may see."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.adapters.crm_orders import latest_tellings
from services.partners.adapters.order_store import order_of
from services.partners.domain.errors import OrderUnknown
from services.partners.domain.order import Order
from shared.identity import RowScope

Row = sa.Row[Any]
_VISIBLE: Final = "(:sees_all OR w.zone = ANY(CAST(:zones AS text[])) OR w.owner_code = :own_code)"
_ORDERS: Final = "FROM orders o JOIN partner_owners w ON w.code = o.partner_code"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFilter:
    """None leaves a filter out; `partner_code` also finds what was told under codes merged into it."""

    zone: str | None = None
    partner_code: str | None = None
    state: str | None = None
    is_held: bool | None = None
    order_number: str | None = None


@dataclass(frozen=True, slots=True)
class OrderShown:
    """An order as it is, its content, and the CRM's row or None."""

    row: Row
    order: Order
    crm: Row | None


async def order_rows(
    connection: AsyncConnection, scope: RowScope, chosen: OrderFilter, *, after: str, limit: int
) -> Sequence[Row]:
    """Orders by number, after `after`."""
    return (
        await connection.execute(
            sa.text(
                f"SELECT o.*, w.zone {_ORDERS} WHERE {_VISIBLE} AND o.order_number > :after"
                " AND (CAST(:zone AS text) IS NULL OR w.zone = :zone)"
                " AND (CAST(:partner_code AS text) IS NULL OR :partner_code IN (w.owner_code, w.code))"
                " AND (CAST(:state AS text) IS NULL OR o.state = :state)"
                " AND (CAST(:is_held AS boolean) IS NULL OR o.is_held = :is_held)"
                " AND (CAST(:order_number AS text) IS NULL OR o.order_number = :order_number)"
                " ORDER BY o.order_number LIMIT :limit"
            ),
            {
                "after": after,
                "limit": limit,
                "zone": chosen.zone,
                "partner_code": chosen.partner_code,
                "state": chosen.state,
                "is_held": chosen.is_held,
                "order_number": chosen.order_number,
                **scope.parameters(),
            },
        )
    ).all()


async def order_shown(connection: AsyncConnection, scope: RowScope, order_id: UUID) -> OrderShown:
    """OrderUnknown when absent or outside the caller's rows."""
    row = (
        await connection.execute(
            sa.text(
                f"SELECT o.*, w.zone, t.content {_ORDERS}"
                " JOIN order_tellings t ON t.order_id = o.id AND t.version = o.version"
                f" WHERE {_VISIBLE} AND o.id = :id"
            ),
            {"id": order_id, **scope.parameters()},
        )
    ).one_or_none()
    if row is None:
        raise OrderUnknown(f"There is no order {order_id}")
    crm = (
        await connection.execute(
            sa.text(
                f"SELECT * FROM ({latest_tellings('order_number = :number')}) AS c"
                " WHERE c.order_number = :number AND NOT c.is_deleted ORDER BY system_modstamp DESC LIMIT 1"
            ),
            {"number": row.order_number},
        )
    ).one_or_none()
    return OrderShown(row, order_of(row.content), crm)


async def telling_rows(
    connection: AsyncConnection, order_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[Row]:
    """What was told of an order, newest first, before the telling that the page before ended with."""
    return (
        await connection.execute(
            sa.text(
                "SELECT * FROM order_tellings WHERE order_id = :id"
                " AND (CAST(:before AS uuid) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit"
            ),
            {"id": order_id, "before": before, "limit": limit},
        )
    ).all()


async def open_line_rows(
    connection: AsyncConnection,
    scope: RowScope,
    chosen: OrderFilter,
    *,
    after: tuple[str, str, int] | None,
    limit: int,
) -> Sequence[Row]:
    """Lines with something to be sent, by partner, order and line."""
    return (
        await connection.execute(
            sa.text(
                "SELECT w.owner_code AS partner_code, w.name AS partner_name, w.zone, o.order_number,"
                " o.customer_reference, o.ordered_on, o.currency, o.is_held, l.*,"
                f" l.quantity - l.cancelled - l.dispatched AS open_quantity {_ORDERS}"
                " JOIN order_lines l ON l.order_id = o.id AND l.version = o.version"
                f" WHERE {_VISIBLE} AND o.state NOT IN ('dispatched', 'cancelled')"
                " AND l.state NOT IN ('dispatched', 'cancelled')"
                " AND (CAST(:zone AS text) IS NULL OR w.zone = :zone)"
                " AND (CAST(:partner_code AS text) IS NULL OR w.owner_code = :partner_code)"
                " AND (CAST(:after_partner AS text) IS NULL OR (w.owner_code, o.order_number, l.line_number)"
                " > (CAST(:after_partner AS text), CAST(:after_order AS text), CAST(:after_line AS bigint)))"
                " ORDER BY w.owner_code, o.order_number, l.line_number LIMIT :limit"
            ),
            {
                "zone": chosen.zone,
                "partner_code": chosen.partner_code,
                "after_partner": after[0] if after else None,
                "after_order": after[1] if after else None,
                "after_line": after[2] if after else None,
                "limit": limit,
                **scope.parameters(),
            },
        )
    ).all()
