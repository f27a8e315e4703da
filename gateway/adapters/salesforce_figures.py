"""What a partner owes, kept from the facts that payments tells: in any order, each fact once."""

import itertools
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.salesforce_write import PartnerFigures
from shared.events.payments import (
    Allocation,
    AllocationChange,
    Deduction,
    InvoiceRegistered,
    ReceiptBooked,
    ReceiptReversedV1,
)

PARTNERS_AT_ONCE: Final = 500
_Part = Allocation | Deduction | AllocationChange


async def add_invoices(
    connection: AsyncConnection, invoices: Sequence[InvoiceRegistered], at: datetime
) -> None:
    """What was settled of an invoice before it was told here counts from now on."""
    rows = [
        {
            "invoice_id": str(one.invoice_id),
            "partner_code": one.partner_code,
            "due_on": one.due_on,
            "currency": one.currency,
            "total_minor": one.total_minor,
        }
        for one in invoices
    ]
    await _execute(connection, _ADD_INVOICES, rows)
    await touch_partners(connection, {one.partner_code for one in invoices}, at)


async def add_receipts(connection: AsyncConnection, receipts: Sequence[ReceiptBooked], at: datetime) -> None:
    """What they settle, and whether they were booked in time."""
    await _settle(connection, _parts(receipts), sign=1)
    rows = [
        {"partner_code": one.partner_code, "received_on": one.received_on, "is_on_time": one.is_on_time}
        for one in receipts
    ]
    await _execute(connection, _ADD_RECEIPTS, rows, at=at)


async def add_reversals(
    connection: AsyncConnection, reversals: Sequence[ReceiptReversedV1], at: datetime
) -> None:
    """What they had settled is open again; that they were booked in time stays true."""
    await _settle(connection, _parts(reversals), sign=-1)
    await touch_partners(connection, {one.partner_code for one in reversals if one.partner_code}, at)


async def add_changes(connection: AsyncConnection, changes: Sequence[AllocationChange], at: datetime) -> None:
    await _settle(connection, changes, sign=1)
    await touch_partners(connection, {one.partner_code for one in changes}, at)


async def touch_partners(connection: AsyncConnection, codes: Iterable[str], at: datetime) -> None:
    """Note that their figures changed."""
    await _execute(connection, _TOUCH, [{"partner_code": code} for code in sorted(set(codes))], at=at)


async def touch_newly_overdue(connection: AsyncConnection, day: date, at: datetime) -> int:
    """Partners with something open that was due the day before: nothing happened, but their figures changed."""
    return (await connection.execute(_TOUCH_OVERDUE, {"day": day, "at": at})).rowcount


async def changed_figures(connection: AsyncConnection, day: date) -> list[PartnerFigures]:
    """The figures of partners that were touched, a bounded number, which no longer count as touched."""
    codes = (await connection.execute(_TAKE_TOUCHED, {"limit": PARTNERS_AT_ONCE})).scalars().all()
    if not codes:
        return []
    rows = await connection.execute(_FIGURES, {"codes": sorted(codes), "day": day})
    return [PartnerFigures(**row._mapping, as_of_on=day) for row in rows]


def _parts(told: Iterable[ReceiptBooked | ReceiptReversedV1]) -> Iterator[_Part]:
    for one in told:
        yield from itertools.chain(one.allocations, one.deductions)


async def _settle(connection: AsyncConnection, parts: Iterable[_Part], *, sign: int) -> None:
    """Sums per invoice, so that each row is written once and in sorted order."""
    settled: dict[str, int] = {}
    for part in parts:
        key = str(part.invoice_id)
        settled[key] = settled.get(key, 0) + sign * part.amount_minor
    rows = [{"invoice_id": key, "settled_minor": settled[key]} for key in sorted(settled)]
    await _execute(connection, _SETTLE, rows)


async def _execute(
    connection: AsyncConnection, statement: sa.TextClause, rows: Sequence[dict[str, Any]], **more: datetime
) -> None:
    if rows:
        await connection.execute(statement, {"rows": msgspec.json.encode(rows).decode(), **more})


_ADD_INVOICES = sa.text(
    """
    INSERT INTO salesforce_open_items AS known (invoice_id, partner_code, due_on, currency, total_minor, settled_minor)
    SELECT invoice_id, partner_code, due_on, currency, total_minor, 0
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS told (
        invoice_id uuid, partner_code text, due_on date, currency text, total_minor bigint
    )
    ORDER BY invoice_id
    ON CONFLICT (invoice_id) DO UPDATE SET partner_code = excluded.partner_code, due_on = excluded.due_on,
        currency = excluded.currency, total_minor = excluded.total_minor
    """
)
_SETTLE = sa.text(
    """
    INSERT INTO salesforce_open_items AS known (invoice_id, total_minor, settled_minor)
    SELECT invoice_id, 0, settled_minor
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS told (invoice_id uuid, settled_minor bigint)
    ORDER BY invoice_id
    ON CONFLICT (invoice_id) DO UPDATE SET settled_minor = known.settled_minor + excluded.settled_minor
    """
)
_ADD_RECEIPTS = sa.text(
    """
    INSERT INTO salesforce_partners AS known (
        partner_code, booked_count, on_time_count, last_receipt_on, touched_at
    )
    SELECT partner_code, count(*), count(*) FILTER (WHERE is_on_time), max(received_on), :at
    FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS told (partner_code text, received_on date, is_on_time boolean)
    GROUP BY partner_code ORDER BY partner_code
    ON CONFLICT (partner_code) DO UPDATE SET booked_count = known.booked_count + excluded.booked_count,
        on_time_count = known.on_time_count + excluded.on_time_count,
        last_receipt_on = GREATEST(known.last_receipt_on, excluded.last_receipt_on), touched_at = excluded.touched_at
    """
)
_TOUCH = sa.text(
    """
    INSERT INTO salesforce_partners AS known (partner_code, booked_count, on_time_count, touched_at)
    SELECT partner_code, 0, 0, :at FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS told (partner_code text)
    ORDER BY partner_code
    ON CONFLICT (partner_code) DO UPDATE SET touched_at = excluded.touched_at
    """
)
_TOUCH_OVERDUE = sa.text(
    """
    UPDATE salesforce_partners SET touched_at = :at
    WHERE partner_code IN (
        SELECT partner_code FROM salesforce_open_items
        WHERE due_on = CAST(:day AS date) - 1 AND total_minor > settled_minor AND currency = 'INR'
    )
    """
)
_TAKE_TOUCHED = sa.text(
    """
    UPDATE salesforce_partners SET touched_at = NULL
    WHERE partner_code IN (
        SELECT partner_code FROM salesforce_partners WHERE touched_at IS NOT NULL
        ORDER BY touched_at, partner_code LIMIT :limit FOR UPDATE SKIP LOCKED
    )
    RETURNING partner_code
    """
)
_FIGURES = sa.text(
    """
    SELECT partner.partner_code, CAST(COALESCE(sum(open_minor), 0) AS bigint) AS outstanding_minor,
        CAST(COALESCE(sum(open_minor) FILTER (WHERE due_on < :day), 0) AS bigint) AS overdue_minor,
        min(due_on) AS oldest_due_on, partner.last_receipt_on, partner.booked_count, partner.on_time_count
    FROM salesforce_partners AS partner
    LEFT JOIN (
        SELECT partner_code, due_on, total_minor - settled_minor AS open_minor FROM salesforce_open_items
        WHERE currency = 'INR' AND total_minor > settled_minor AND partner_code = ANY(CAST(:codes AS text[]))
    ) AS item USING (partner_code)
    WHERE partner.partner_code = ANY(CAST(:codes AS text[]))
    GROUP BY partner.partner_code ORDER BY partner.partner_code
    """
)
