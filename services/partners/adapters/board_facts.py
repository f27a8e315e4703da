"""Reads what order boards are made of: for one partner or a page of a zone, a fixed number of statements."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.adapters.board_store import last_boards
from services.partners.adapters.crm_orders import latest_tellings
from services.partners.adapters.order_store import order_of
from services.partners.adapters.sheet_queries import totals_of_partners
from services.partners.adapters.terms_store import terms_of_partners
from services.partners.domain.board_making import BoardFacts
from services.partners.domain.order import Order
from services.partners.domain.order_board import BoardPartner, UnlinedOrder
from services.partners.domain.terms import NO_TERMS
from shared.identity import RowScope

Row = sa.Row[Any]
_OF_PARTNERS: Final = (
    "partner_code IN (SELECT code FROM partner_owners WHERE owner_code = ANY(CAST(:codes AS text[])))"
)


async def board_facts(
    connection: AsyncConnection, partners: Sequence[BoardPartner], day: date
) -> list[BoardFacts]:
    """One per partner, in their order; `day` decides what is overdue."""
    codes = [one.code for one in partners]
    orders = await _open_orders(connection, codes)
    unlined = await _unlined_orders(connection, codes)
    terms = await terms_of_partners(connection, codes)
    totals = await totals_of_partners(connection, codes, overdue_on=day)
    earlier = await last_boards(connection, codes)
    return [
        BoardFacts(
            partner=one,
            terms=terms.get(one.code, NO_TERMS),
            orders=orders.get(one.code, ()),
            unlined=unlined.get(one.code, ()),
            totals=totals.get(one.code, ()),
            earlier=earlier.get(one.code),
        )
        for one in partners
    ]


async def partners_with_orders(
    connection: AsyncConnection, scope: RowScope, zone: str | None, *, after_code: str, limit: int
) -> list[BoardPartner]:
    """Those that have something open, by code."""
    rows = await connection.execute(
        sa.text(
            "SELECT code, name, city, zone FROM partners"
            " WHERE (:sees_all OR zone = ANY(CAST(:zones AS text[])) OR code = :own_code)"
            " AND (CAST(:zone AS text) IS NULL OR zone = :zone) AND code > :after_code AND code IN ("
            "  SELECT w.owner_code FROM orders o JOIN partner_owners w ON w.code = o.partner_code"
            "  WHERE o.state NOT IN ('dispatched', 'cancelled'))"
            " ORDER BY code LIMIT :limit"
        ),
        {
            **scope.parameters(),
            "zone": zone,
            "after_code": after_code,
            "limit": limit,
        },
    )
    return [BoardPartner(code=row.code, name=row.name, city=row.city, zone=row.zone) for row in rows]


async def _open_orders(connection: AsyncConnection, codes: Sequence[str]) -> dict[str, list[Order]]:
    rows = await connection.execute(
        sa.text(
            "SELECT w.owner_code, t.content FROM orders o JOIN partner_owners w ON w.code = o.partner_code"
            " JOIN order_tellings t ON t.order_id = o.id AND t.version = o.version"
            " WHERE w.owner_code = ANY(CAST(:codes AS text[])) AND o.state NOT IN ('dispatched', 'cancelled')"
            " ORDER BY o.order_number"
        ),
        {"codes": list(codes)},
    )
    found: dict[str, list[Order]] = {}
    for row in rows:
        found.setdefault(row.owner_code, []).append(order_of(row.content))
    return found


async def _unlined_orders(connection: AsyncConnection, codes: Sequence[str]) -> dict[str, list[UnlinedOrder]]:
    """Orders of the CRM whose lines no source has told."""
    rows = await connection.execute(
        sa.text(
            "SELECT w.owner_code, c.* FROM partner_owners w"
            f" JOIN ({latest_tellings(_OF_PARTNERS)}) AS c ON c.partner_code = w.code"
            " WHERE w.owner_code = ANY(CAST(:codes AS text[])) AND NOT c.is_deleted"
            " AND NOT EXISTS (SELECT FROM orders o WHERE o.order_number = c.order_number)"
            " ORDER BY c.order_number"
        ),
        {"codes": list(codes)},
    )
    found: dict[str, list[UnlinedOrder]] = {}
    for row in rows:
        found.setdefault(row.owner_code, []).append(
            UnlinedOrder(
                order_number=row.order_number,
                ordered_on=row.ordered_on,
                currency=row.currency,
                stated_minor=row.stated_minor,
                crm_status=row.status,
            )
        )
    return found
