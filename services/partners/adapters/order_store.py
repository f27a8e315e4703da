"""Keeps orders: every telling for ever, and of each order the version that counts."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.partners.domain.order import Order, OrderLine, Stamp

_ORDERS_LOCK: Final = 727312


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldOrder:
    """An order as it is; `version` grows by one with every change."""

    id: UUID
    version: int
    order: Order
    stamp: Stamp
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Telling:
    """What a source told; `version` is None when it came late: it is kept and changes nothing."""

    order_id: UUID
    version: int | None
    order: Order
    stamp: Stamp
    source: str


def order_of(content: object) -> Order:
    """The order in what was stored of a telling."""
    return msgspec.convert(content, Order, strict=False)


async def orders_to_change(connection: AsyncConnection, numbers: Iterable[str]) -> dict[str, HeldOrder]:
    """The orders of these numbers that exist. Changes of orders follow each other until the commit."""
    await connection.execute(sa.text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _ORDERS_LOCK})
    rows = await connection.execute(
        sa.text(
            "SELECT o.id, o.version, o.source, o.modified_at, o.source_version, t.content FROM orders o"
            " JOIN order_tellings t ON t.order_id = o.id AND t.version = o.version"
            " WHERE o.order_number = ANY(CAST(:numbers AS text[]))"
        ),
        {"numbers": sorted(set(numbers))},
    )
    return {held.order.number: held for held in map(_held, rows)}


async def partner_codes_known(connection: AsyncConnection, codes: Iterable[str]) -> set[str]:
    rows = await connection.execute(
        sa.text("SELECT code FROM partners WHERE code = ANY(CAST(:codes AS text[]))"),
        {"codes": sorted(set(codes))},
    )
    return set(rows.scalars())


async def write_tellings(
    connection: AsyncConnection, tellings: Sequence[Telling], *, told_by: str, at: datetime
) -> None:
    """Append every telling, the lines of those that count, and leave the newest version of each order in `orders`."""
    told = {"told_by": told_by, "at": at}
    await _write(connection, _TELLINGS, [_telling_row(one) for one in tellings], told)
    counting = [one for one in tellings if one.version is not None]
    await _write(connection, _ORDERS, [_order_row(one) for one in counting], {"at": at})
    await _write(
        connection, _LINES, [_line_row(one, line) for one in counting for line in one.order.lines], {}
    )


_TELLINGS: Final = """
    INSERT INTO order_tellings (id, order_id, version, source, modified_at, source_version, told_at, told_by, content)
    SELECT id, order_id, version, source, modified_at, source_version, :at, :told_by, content
    FROM json_to_recordset(CAST(:rows AS json)) AS told (
        id uuid, order_id uuid, version bigint, source text, modified_at timestamptz, source_version bigint,
        content jsonb)
"""
_HEAD: Final = (
    "id, order_number, version, partner_code, ordered_on, currency, customer_reference, state, is_held, value_minor,"
    " open_minor, source, modified_at, source_version"
)
_ORDERS: Final = f"""
    INSERT INTO orders ({_HEAD}, changed_at)
    SELECT DISTINCT ON (id) {_HEAD}, CAST(:at AS timestamptz)
    FROM json_to_recordset(CAST(:rows AS json)) AS told (
        id uuid, order_number text, version bigint, partner_code text, ordered_on date, currency text,
        customer_reference text, state text, is_held boolean, value_minor bigint, open_minor bigint, source text,
        modified_at timestamptz, source_version bigint)
    ORDER BY id, version DESC
    ON CONFLICT (id) DO UPDATE SET
        version = excluded.version, partner_code = excluded.partner_code, ordered_on = excluded.ordered_on,
        currency = excluded.currency, customer_reference = excluded.customer_reference, state = excluded.state,
        is_held = excluded.is_held, value_minor = excluded.value_minor, open_minor = excluded.open_minor,
        source = excluded.source, modified_at = excluded.modified_at, source_version = excluded.source_version,
        changed_at = excluded.changed_at
"""
_LINE: Final = (
    "order_id, version, line_number, product_code, description, unit_value_minor, requested_on, promised_on, quantity,"
    " cancelled, allocated, dispatched, open_minor, ready_minor, state"
)
_LINES: Final = f"""
    INSERT INTO order_lines ({_LINE})
    SELECT {_LINE} FROM json_to_recordset(CAST(:rows AS json)) AS told (
        order_id uuid, version bigint, line_number bigint, product_code text, description text,
        unit_value_minor bigint, requested_on date, promised_on date, quantity numeric, cancelled numeric,
        allocated numeric, dispatched numeric, open_minor bigint, ready_minor bigint, state text)
"""


async def _write(
    connection: AsyncConnection, statement: str, rows: Sequence[object], values: dict[str, object]
) -> None:
    if rows:
        text = msgspec.json.encode(rows).decode()
        await connection.execute(sa.text(statement), {"rows": text, **values})


def _held(row: sa.Row[Any]) -> HeldOrder:
    return HeldOrder(
        id=row.id,
        version=row.version,
        order=order_of(row.content),
        stamp=Stamp(row.modified_at, row.source_version),
        source=row.source,
    )


def _telling_row(telling: Telling) -> dict[str, object]:
    return {
        "id": uuid7(),
        "order_id": telling.order_id,
        "version": telling.version,
        "source": telling.source,
        "modified_at": telling.stamp.modified_at,
        "source_version": telling.stamp.source_version,
        "content": telling.order,
    }


def _order_row(telling: Telling) -> dict[str, object]:
    order = telling.order
    return {
        "id": telling.order_id,
        "order_number": order.number,
        "version": telling.version,
        "partner_code": order.partner_code,
        "ordered_on": order.ordered_on,
        "currency": order.currency,
        "customer_reference": order.customer_reference,
        "state": order.state,
        "is_held": order.is_held,
        "value_minor": order.value_minor,
        "open_minor": order.open_minor,
        "source": telling.source,
        "modified_at": telling.stamp.modified_at,
        "source_version": telling.stamp.source_version,
    }


def _line_row(telling: Telling, line: OrderLine) -> dict[str, object]:
    return {
        "order_id": telling.order_id,
        "version": telling.version,
        "line_number": line.number,
        "product_code": line.product_code,
        "description": line.description,
        "unit_value_minor": line.unit_value_minor,
        "requested_on": line.requested_on,
        "promised_on": line.promised_on,
        "quantity": line.quantity,
        "cancelled": line.cancelled,
        "allocated": line.allocated,
        "dispatched": line.dispatched,
        "open_minor": line.open_minor,
        "ready_minor": line.ready_minor,
        "state": line.state,
    }
