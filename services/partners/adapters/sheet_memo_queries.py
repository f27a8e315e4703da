"""Reads what a payment sheet plans and shows for memory."""

from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.adapters.sheet_queries import BALANCES, LINES_MAX, OF_PARTNER, STANDING
from services.partners.domain.pay_plan import DueAmount
from services.partners.domain.sheet_memos import OPEN_STANDINGS, SheetCheque, SheetQuery, TaxAwaited

# A deduction belongs to the quarter in which it was made; taking it back later does not move it to another one. What
# is set against an item when it is booked counts from the later of the two documents' days.
_TAX: Final = f"""
    WITH kept AS (
        SELECT i.currency, s.amount_minor,
            CAST(greatest(s.settled_on, i.issued_on) - interval '3 months' AS date) AS day
        FROM ({STANDING}) AS s JOIN sheet_invoices i USING (invoice_id)
        WHERE i.partner_code {OF_PARTNER} AND upper(s.kind) LIKE 'TDS%'
            AND NOT EXISTS (SELECT FROM sheet_reversals v WHERE v.receipt_id = s.credit_id)
    ), booked AS (
        SELECT currency, to_char(day, 'YYYY') || '-' || to_char(day + interval '1 year', 'YY') AS financial_year,
            CAST(extract(quarter FROM day) AS bigint) AS quarter, sum(amount_minor) AS deducted
        FROM kept GROUP BY 1, 2, 3
    ), certified AS (
        SELECT currency, financial_year, quarter, sum(amount_minor) AS certified
        FROM sheet_tax_certificates WHERE partner_code {OF_PARTNER} GROUP BY 1, 2, 3
    )
    SELECT currency, financial_year, quarter, CAST(coalesce(deducted, 0) AS bigint) AS deducted_minor,
        CAST(coalesce(certified, 0) AS bigint) AS certified_minor,
        CAST(make_date(CAST(left(financial_year, 4) AS int), 4, 1)
            + make_interval(months => CAST(quarter AS int) * 3) AS date) - 1 AS quarter_ends_on
    FROM booked FULL JOIN certified USING (currency, financial_year, quarter)
    WHERE coalesce(deducted, 0) <> coalesce(certified, 0)
    ORDER BY currency, financial_year, quarter
"""
# People name documents by their number or their id. What a question is about may be in one currency only, else it
# has no amount.
_QUERIES: Final = f"""
    {BALANCES}, named AS (
        SELECT q.query_id, link ->> 'kind' AS kind, link ->> 'target_id' AS target
        FROM sheet_queries q CROSS JOIN LATERAL jsonb_array_elements(q.links) AS link
        WHERE q.partner_code {OF_PARTNER} AND q.state <> 'closed'
    ), amounts AS (
        SELECT n.query_id, b.number, b.currency, b.open_minor AS minor FROM named n JOIN balances b
            ON n.kind = 'invoice' AND n.target IN (b.number, CAST(b.invoice_id AS text))
        UNION ALL
        SELECT n.query_id, r.reference, r.currency, r.amount_minor FROM named n JOIN sheet_receipts r
            ON n.kind = 'receipt' AND n.target IN (r.reference, CAST(r.receipt_id AS text)) AND r.partner_code {OF_PARTNER}
        UNION ALL
        SELECT n.query_id, c.number, c.currency, c.total_minor FROM named n JOIN sheet_credit_notes c
            ON n.kind = 'credit_note' AND n.target IN (c.number, CAST(c.note_id AS text)) AND c.partner_code {OF_PARTNER}
    ), summed AS (
        SELECT query_id, json_agg(number ORDER BY number) AS about,
            CASE count(DISTINCT currency) WHEN 1 THEN min(currency) END AS currency,
            CASE count(DISTINCT currency) WHEN 1 THEN CAST(sum(minor) AS bigint) END AS amount_minor
        FROM amounts GROUP BY query_id
    )
    SELECT q.*, CAST(q.opened_at AT TIME ZONE 'Asia/Kolkata' AS date) AS opened_on, s.about, s.currency, s.amount_minor,
        CASE q.state WHEN 'answered' THEN q.answered_at END AS told_at
    FROM sheet_queries q LEFT JOIN summed s USING (query_id)
    WHERE q.partner_code {OF_PARTNER} AND q.state <> 'closed' ORDER BY q.opened_at, q.number LIMIT :limit
"""


async def due_amounts(connection: AsyncConnection, code: str) -> list[DueAmount]:
    """Everything open, per currency and due day, the earliest first."""
    rows = await connection.execute(
        sa.text(
            f"{BALANCES} SELECT currency, due_on, count(*) AS invoices, CAST(sum(open_minor) AS bigint) AS open_minor"
            " FROM balances WHERE open_minor > 0 GROUP BY currency, due_on ORDER BY currency, due_on"
        ),
        {"codes": [code]},
    )
    return [
        DueAmount(currency=row.currency, due_on=row.due_on, invoices=row.invoices, open_minor=row.open_minor)
        for row in rows
    ]


async def sheet_cheques(connection: AsyncConnection, code: str) -> list[SheetCheque]:
    """Cheques in hand, at the bank or back from it, by the date written on them."""
    rows = await connection.execute(
        sa.text(
            f"SELECT * FROM sheet_cheques WHERE partner_code {OF_PARTNER}"
            " AND standing = ANY(CAST(:standings AS text[])) ORDER BY cheque_on, cheque_number LIMIT :limit"
        ),
        {"code": code, "standings": list(OPEN_STANDINGS), "limit": LINES_MAX + 1},
    )
    return [
        SheetCheque(
            cheque_number=row.cheque_number,
            drawee_bank=row.drawee_bank,
            currency=row.currency,
            amount_minor=row.amount_minor,
            cheque_on=row.cheque_on,
            received_on=row.received_on,
            stale_on=row.stale_on,
            standing=row.standing,
            items=tuple(row.items),
        )
        for row in rows
    ]


async def tax_awaited(connection: AsyncConnection, code: str) -> list[TaxAwaited]:
    """Quarters whose deducted tax is not certified, or certified otherwise than it was deducted."""
    rows = await connection.execute(sa.text(_TAX), {"code": code})
    return [TaxAwaited(**row._mapping) for row in rows]


async def sheet_query_lines(connection: AsyncConnection, code: str) -> list[SheetQuery]:
    """Questions that are not closed, the oldest first."""
    rows = await connection.execute(
        sa.text(_QUERIES), {"code": code, "codes": [code], "limit": LINES_MAX + 1}
    )
    return [
        SheetQuery(
            number=row.number,
            category=row.category,
            subject=row.subject,
            opened_at=row.opened_at,
            opened_on=row.opened_on,
            due_at=row.due_at,
            answered_at=row.told_at,
            about=tuple(row.about or ()),
            currency=row.currency,
            amount_minor=row.amount_minor,
        )
        for row in rows
    ]
