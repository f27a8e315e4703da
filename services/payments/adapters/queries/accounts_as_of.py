"""Accounts of partners as they stood at the end of any day, from documents and from the days allocations count.

What came when its month was closed counts from the first open day (`counts_from`).

Each read is one statement, so that its figures belong to one instant whatever transaction it runs in.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row
from services.payments.domain.account_statement import BookFigures, MemoDeduction, Movement, Period
from services.payments.domain.ageing import OpenAmount
from services.payments.domain.chart_of_accounts import DEDUCTION_ACCOUNTS, PARTNER_ACCOUNTS, TDS_RECEIVABLE
from services.payments.domain.receipt import MONEY

# When each allocation counts. What a receipt explained when it was booked is posted on the receipt's day, even if
# its item is dated later; until then it is no part of the item. A receipt that is taken back ends what it settled.
SPANS: Final = """
spans AS NOT MATERIALIZED (
    SELECT a.id, a.receipt_id, a.credit_note_id, a.open_item_id, a.kind, a.amount_minor, i.partner_code, i.currency,
        i.document_number, a.effective_on AS applied_from, posted.counts_from,
        least(m.effective_on, CASE WHEN v.reversed_on IS NOT NULL THEN greatest(v.reversed_on, posted.counts_from) END)
            AS ends_on
    FROM open_items i JOIN allocations a ON a.open_item_id = i.id AND NOT a.is_reversal
    LEFT JOIN allocations m ON m.reverses_id = a.id
    LEFT JOIN receipts r ON r.id = a.receipt_id
    LEFT JOIN receipt_reversals v ON v.receipt_id = a.receipt_id
    CROSS JOIN LATERAL (SELECT CASE WHEN a.allocated_at = r.booked_at THEN coalesce(r.counts_from, r.received_on)
        ELSE a.effective_on END AS counts_from) AS posted
    WHERE i.partner_code = ANY(CAST(:partners AS text[]))
)
"""
_OPEN: Final = f"""
applied AS (
    SELECT open_item_id, sum(amount_minor) AS minor FROM spans
    WHERE applied_from <= :day AND (ends_on IS NULL OR ends_on > :day) GROUP BY 1
),
used AS (
    SELECT coalesce(receipt_id, credit_note_id) AS credit_id, sum(CASE
        WHEN kind = '{MONEY}' AND applied_from <= :day THEN amount_minor
        WHEN kind <> '{MONEY}' AND counts_from <= :day AND applied_from > :day THEN -amount_minor ELSE 0 END) AS minor
    FROM spans WHERE ends_on IS NULL OR ends_on > :day GROUP BY 1
),
sent_back AS (
    SELECT coalesce(receipt_id, credit_note_id) AS credit_id, sum(amount_minor) AS minor FROM refunds
    WHERE partner_code = ANY(CAST(:partners AS text[])) AND state = 'paid' AND refunded_on <= :day GROUP BY 1
),
cancelled AS (
    SELECT e.note_id, CAST(e.at AT TIME ZONE 'Asia/Kolkata' AS date) AS on_day FROM credit_note_events e
    JOIN open_items i ON i.id = e.note_id AND i.partner_code = ANY(CAST(:partners AS text[]))
    WHERE e.standing = 'cancelled'
),
open_then AS (
    SELECT i.id, i.kind, i.partner_code, i.currency, i.document_number, i.document_on, i.due_on, i.original_minor,
        i.original_minor - coalesce(a.minor, 0) AS open_minor
    FROM open_items i LEFT JOIN applied a ON a.open_item_id = i.id
    WHERE i.partner_code = ANY(CAST(:partners AS text[])) AND i.kind IN ('invoice', 'charge')
        AND coalesce(i.counts_from, i.document_on) <= :day
    UNION ALL
    SELECT i.id, i.kind, i.partner_code, i.currency, i.document_number, i.document_on, i.due_on, i.original_minor,
        i.original_minor - coalesce(u.minor, 0) - coalesce(b.minor, 0)
    FROM open_items i LEFT JOIN used u ON u.credit_id = i.id LEFT JOIN sent_back b ON b.credit_id = i.id
    LEFT JOIN cancelled c ON c.note_id = i.id
    WHERE i.partner_code = ANY(CAST(:partners AS text[])) AND i.kind = 'credit_note'
        AND coalesce(i.counts_from, i.document_on) <= :day
        AND (c.on_day IS NULL OR c.on_day > :day)
    UNION ALL
    SELECT r.id, 'advance', r.partner_code, r.currency, r.reference, r.received_on, r.received_on, r.amount_minor,
        r.amount_minor - coalesce(u.minor, 0) - coalesce(b.minor, 0)
    FROM receipts r LEFT JOIN receipt_reversals v ON v.receipt_id = r.id
    LEFT JOIN used u ON u.credit_id = r.id LEFT JOIN sent_back b ON b.credit_id = r.id
    WHERE r.partner_code = ANY(CAST(:partners AS text[])) AND coalesce(r.counts_from, r.received_on) <= :day
        AND (v.reversed_on IS NULL OR greatest(v.reversed_on, coalesce(r.counts_from, r.received_on)) > :day)
)
"""
# Documents, never the journal: that the journal tells the same is what has to be proved.
_MOVED: Final = f"""
moved AS (
    SELECT i.currency, coalesce(i.counts_from, i.document_on) AS on_day, i.kind,
        CASE i.kind WHEN 'invoice' THEN 1 ELSE 2 END AS place,
        i.id, i.document_number, '' AS reference,
        CASE WHEN i.kind = 'credit_note' THEN -i.original_minor ELSE i.original_minor END AS minor
    FROM open_items i WHERE i.partner_code = ANY(CAST(:partners AS text[])) AND i.kind <> 'advance'
    UNION ALL
    SELECT r.currency, coalesce(r.counts_from, r.received_on), 'receipt', 3, r.id,
        CASE WHEN r.cheque_number <> '' THEN r.cheque_number ELSE r.reference END, r.rail, -r.amount_minor
    FROM receipts r WHERE r.partner_code = ANY(CAST(:partners AS text[]))
    UNION ALL
    SELECT s.currency, s.counts_from, 'deduction', 4, s.id, s.document_number, s.kind, -s.amount_minor
    FROM spans s WHERE s.kind <> '{MONEY}'
    UNION ALL
    SELECT r.currency, greatest(v.reversed_on, coalesce(r.counts_from, r.received_on)), 'receipt_reversal', 5, r.id,
        CASE WHEN r.cheque_number <> '' THEN r.cheque_number ELSE r.reference END, v.reason_code, r.amount_minor
    FROM receipts r JOIN receipt_reversals v ON v.receipt_id = r.id
    WHERE r.partner_code = ANY(CAST(:partners AS text[]))
    UNION ALL
    SELECT s.currency, s.ends_on, 'deduction_reversal', 6, s.id, s.document_number, s.kind, s.amount_minor
    FROM spans s WHERE s.kind <> '{MONEY}' AND s.ends_on IS NOT NULL
    UNION ALL
    SELECT i.currency, greatest(c.on_day, i.document_on), 'credit_note_reversal', 8, i.id, i.document_number, '',
        i.original_minor
    FROM cancelled c JOIN open_items i ON i.id = c.note_id
    UNION ALL
    SELECT f.currency, f.refunded_on, 'refund', 7, f.id, f.reference, '', f.amount_minor
    FROM refunds f WHERE f.partner_code = ANY(CAST(:partners AS text[])) AND f.state = 'paid'
)
"""
ACCOUNT: Final = f"""
WITH {SPANS}, {_OPEN}, {_MOVED},
ledger AS (
    SELECT currency, coalesce(sum(amount_minor) FILTER (WHERE effective_on <= :day), 0) AS minor,
        max(effective_on) AS latest_on
    FROM journal_movements
    WHERE partner_code = ANY(CAST(:partners AS text[])) AND account_code = ANY(CAST(:accounts AS text[])) GROUP BY 1
),
live AS (
    SELECT currency, sum(CASE WHEN kind IN ('advance', 'credit_note') THEN -open_minor ELSE open_minor END) AS minor
    FROM open_items WHERE partner_code = ANY(CAST(:partners AS text[])) GROUP BY 1
)
SELECT
    CAST((SELECT coalesce(json_agg(json_build_array(currency, CAST(minor AS bigint))), '[]') FROM (
        SELECT currency, sum(minor) AS minor FROM moved WHERE on_day < :first GROUP BY 1) AS o) AS text) AS openings,
    CAST((SELECT coalesce(json_agg(json_build_array(currency,
            json_build_array(on_day, kind, id, document_number, reference, minor)) ORDER BY on_day, place, id), '[]')
        FROM moved WHERE on_day BETWEEN :first AND :day) AS text) AS movements,
    CAST((SELECT coalesce(json_agg(json_build_array(currency,
            json_build_array(kind, document_number, counts_from, amount_minor)) ORDER BY counts_from, id), '[]')
        FROM spans WHERE kind = ANY(CAST(:kinds AS text[])) AND counts_from <= :day
            AND (ends_on IS NULL OR ends_on > :day)) AS text) AS deductions,
    CAST((SELECT coalesce(json_agg(json_build_array(currency, id, kind, document_number, document_on, due_on,
        original_minor, CAST(open_minor AS bigint)) ORDER BY due_on, document_number, id), '[]')
        FROM open_then WHERE open_minor <> 0) AS text) AS items,
    CAST((SELECT coalesce(json_agg(json_build_array(currency, CAST(coalesce(g.minor, 0) AS bigint),
        CAST(coalesce(l.minor, 0) AS bigint), latest_on)), '[]') FROM ledger g FULL JOIN live l USING (currency)) AS text)
        AS books
"""
_OPEN_OF_MANY: Final = f"""
WITH {SPANS}, {_OPEN}
SELECT * FROM open_then WHERE open_minor <> 0 ORDER BY partner_code, currency, due_on, document_number, id
"""


class _Open(msgspec.Struct, array_like=True):
    currency: str
    id: UUID
    kind: str
    document_number: str
    document_on: date
    due_on: date
    original_minor: int
    open_minor: int


class _Books(msgspec.Struct, array_like=True):
    currency: str
    ledger_minor: int
    live_minor: int
    latest_on: date | None


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """One partner's account by currency, all of it read at one instant."""

    openings: dict[str, int]
    movements: dict[str, list[Movement]]
    deductions: dict[str, list[MemoDeduction]]
    items: dict[str, list[OpenAmount]]
    books: dict[str, BookFigures]

    @property
    def currencies(self) -> list[str]:
        return sorted({*self.openings, *self.movements, *self.items, *self.books})


async def account_facts(connection: AsyncConnection, partner_code: str, period: Period) -> AccountFacts:
    """What moved in the period, what was open and what certificates were awaited at its end, and the ledger's word."""
    row = (await connection.execute(sa.text(ACCOUNT), account_parameters(partner_code, period))).one()
    movements: dict[str, list[Movement]] = {}
    for currency, movement in msgspec.json.decode(row.movements, type=list[tuple[str, Movement]]):
        movements.setdefault(currency, []).append(movement)
    deductions: dict[str, list[MemoDeduction]] = {}
    for currency, deduction in msgspec.json.decode(row.deductions, type=list[tuple[str, MemoDeduction]]):
        deductions.setdefault(currency, []).append(deduction)
    items: dict[str, list[OpenAmount]] = {}
    for item in msgspec.json.decode(row.items, type=list[_Open]):
        items.setdefault(item.currency, []).append(_open_amount(item))
    return AccountFacts(
        openings=dict(msgspec.json.decode(row.openings, type=list[tuple[str, int]])),
        movements=movements,
        deductions=deductions,
        items=items,
        books={
            one.currency: BookFigures(one.ledger_minor, one.live_minor, one.latest_on)
            for one in msgspec.json.decode(row.books, type=list[_Books])
        },
    )


def account_parameters(partner_code: str, period: Period) -> dict[str, object]:
    """What the account's statement is executed with."""
    return {
        "partners": [partner_code],
        "first": period.first,
        "day": period.last,
        "accounts": list(PARTNER_ACCOUNTS),
        "kinds": sorted(kind for kind, account in DEDUCTION_ACCOUNTS.items() if account == TDS_RECEIVABLE),
    }


async def open_items_as_of(
    connection: AsyncConnection, partner_codes: Sequence[str], day: date
) -> dict[tuple[str, str], list[OpenAmount]]:
    """What was open at the end of the day, by (partner, currency)."""
    rows = await connection.execute(sa.text(_OPEN_OF_MANY), {"partners": list(partner_codes), "day": day})
    found: dict[tuple[str, str], list[OpenAmount]] = {}
    for row in rows:
        found.setdefault((row.partner_code, row.currency), []).append(_open_amount(row))
    return found


def _open_amount(row: _Open | Row) -> OpenAmount:
    return OpenAmount(
        row.id,
        row.kind,
        row.document_number,
        row.document_on,
        row.due_on,
        row.original_minor,
        int(row.open_minor),
    )
