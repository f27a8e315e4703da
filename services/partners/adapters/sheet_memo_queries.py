"""Reads what a payment sheet plans and shows for memory."""

from collections.abc import Sequence
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.adapters.sheet_queries import (
    BALANCES,
    LINES_MAX,
    OWNED,
    STANDING,
    Row,
    by_owner,
    first_of_each,
)
from services.partners.domain.pay_plan import DueAmount
from services.partners.domain.sheet_memos import OPEN_STANDINGS, SheetCheque, SheetQuery, TaxAwaited

# A deduction belongs to the quarter in which it was made; taking it back later does not move it to another one. What
# is set against an item when it is booked counts from the later of the two documents' days.
_TAX: Final = f"""
    WITH {OWNED}, kept AS (
        SELECT owned.owner_code, i.currency, s.amount_minor,
            CAST(greatest(s.settled_on, i.issued_on) - interval '3 months' AS date) AS day
        FROM sheet_invoices i JOIN owned ON owned.code = i.partner_code JOIN ({STANDING}) AS s USING (invoice_id)
        WHERE upper(s.kind) LIKE 'TDS%'
            AND NOT EXISTS (SELECT FROM sheet_reversals v WHERE v.receipt_id = s.credit_id)
    ), booked AS (
        SELECT owner_code, currency,
            to_char(day, 'YYYY') || '-' || to_char(day + interval '1 year', 'YY') AS financial_year,
            CAST(extract(quarter FROM day) AS bigint) AS quarter, sum(amount_minor) AS deducted
        FROM kept GROUP BY 1, 2, 3, 4
    ), certified AS (
        SELECT owner_code, currency, financial_year, quarter, sum(amount_minor) AS certified
        FROM sheet_tax_certificates t JOIN owned ON owned.code = t.partner_code GROUP BY 1, 2, 3, 4
    )
    SELECT owner_code, currency, financial_year, quarter, CAST(coalesce(deducted, 0) AS bigint) AS deducted_minor,
        CAST(coalesce(certified, 0) AS bigint) AS certified_minor,
        CAST(make_date(CAST(left(financial_year, 4) AS int), 4, 1)
            + make_interval(months => CAST(quarter AS int) * 3) AS date) - 1 AS quarter_ends_on
    FROM booked FULL JOIN certified USING (owner_code, currency, financial_year, quarter)
    WHERE coalesce(deducted, 0) <> coalesce(certified, 0)
    ORDER BY owner_code, currency, financial_year, quarter
"""
# People name documents by their number or their id. What a question is about may be in one currency only, else it
# has no amount.
_OPEN_QUERIES: Final = """
    SELECT owned.owner_code, q.*, CAST(q.opened_at AT TIME ZONE 'Asia/Kolkata' AS date) AS opened_on,
        CASE q.state WHEN 'answered' THEN q.answered_at END AS told_at
    FROM sheet_queries q JOIN owned ON owned.code = q.partner_code WHERE q.state <> 'closed'
"""
_QUERIES: Final = f"""
    {BALANCES}, listed AS ({first_of_each(_OPEN_QUERIES, "opened_at, number")}), named AS (
        SELECT q.owner_code, q.query_id, link ->> 'kind' AS kind, link ->> 'target_id' AS target
        FROM listed q CROSS JOIN LATERAL jsonb_array_elements(q.links) AS link
    ), amounts AS (
        SELECT n.query_id, b.number, b.currency, b.open_minor AS minor FROM named n JOIN balances b
            ON n.kind = 'invoice' AND n.target IN (b.number, CAST(b.invoice_id AS text)) AND b.owner_code = n.owner_code
        UNION ALL
        SELECT n.query_id, r.reference, r.currency, r.amount_minor FROM named n
            JOIN owned USING (owner_code) JOIN sheet_receipts r ON r.partner_code = owned.code
            AND n.kind = 'receipt' AND n.target IN (r.reference, CAST(r.receipt_id AS text))
        UNION ALL
        SELECT n.query_id, c.number, c.currency, c.total_minor FROM named n
            JOIN owned USING (owner_code) JOIN sheet_credit_notes c ON c.partner_code = owned.code
            AND n.kind = 'credit_note' AND n.target IN (c.number, CAST(c.note_id AS text))
    ), summed AS (
        SELECT query_id, json_agg(number ORDER BY number) AS about,
            CASE count(DISTINCT currency) WHEN 1 THEN min(currency) END AS currency,
            CASE count(DISTINCT currency) WHEN 1 THEN CAST(sum(minor) AS bigint) END AS amount_minor
        FROM amounts GROUP BY query_id
    )
    SELECT q.*, s.about, s.currency, s.amount_minor FROM listed q LEFT JOIN summed s USING (query_id)
    ORDER BY q.owner_code, q.place
"""
_DUES: Final = f"""
    {BALANCES}
    SELECT owner_code, currency, due_on, count(*) AS invoices, CAST(sum(open_minor) AS bigint) AS open_minor
    FROM balances WHERE open_minor > 0 GROUP BY 1, 2, 3 ORDER BY 1, 2, 3
"""
_OPEN_CHEQUES: Final = """
    SELECT owner_code, c.* FROM sheet_cheques c JOIN owned ON owned.code = c.partner_code
    WHERE c.standing = ANY(CAST(:standings AS text[]))
"""
_CHEQUES: Final = f"WITH {OWNED} {first_of_each(_OPEN_CHEQUES, 'cheque_on, cheque_number')}"


async def due_amounts(connection: AsyncConnection, codes: Sequence[str]) -> dict[str, list[DueAmount]]:
    """Everything open, per currency and due day, the earliest first."""
    rows = await connection.execute(sa.text(_DUES), {"codes": list(codes)})
    return by_owner(rows, _due_amount)


async def sheet_cheques(connection: AsyncConnection, codes: Sequence[str]) -> dict[str, list[SheetCheque]]:
    """Cheques in hand, at the bank or back from it, by the date written on them."""
    facts = {"codes": list(codes), "standings": list(OPEN_STANDINGS), "limit": LINES_MAX + 1}
    return by_owner(await connection.execute(sa.text(_CHEQUES), facts), _cheque)


async def tax_awaited(connection: AsyncConnection, codes: Sequence[str]) -> dict[str, list[TaxAwaited]]:
    """Quarters whose deducted tax is not certified, or certified otherwise than it was deducted."""
    return by_owner(await connection.execute(sa.text(_TAX), {"codes": list(codes)}), _tax_awaited)


async def sheet_query_lines(connection: AsyncConnection, codes: Sequence[str]) -> dict[str, list[SheetQuery]]:
    """Questions that are not closed, the oldest first."""
    facts = {"codes": list(codes), "limit": LINES_MAX + 1}
    return by_owner(await connection.execute(sa.text(_QUERIES), facts), _query)


def _due_amount(row: Row) -> DueAmount:
    return DueAmount(
        currency=row.currency, due_on=row.due_on, invoices=row.invoices, open_minor=row.open_minor
    )


def _cheque(row: Row) -> SheetCheque:
    return SheetCheque(
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


def _tax_awaited(row: Row) -> TaxAwaited:
    return TaxAwaited(
        financial_year=row.financial_year,
        quarter=row.quarter,
        quarter_ends_on=row.quarter_ends_on,
        currency=row.currency,
        deducted_minor=row.deducted_minor,
        certified_minor=row.certified_minor,
    )


def _query(row: Row) -> SheetQuery:
    return SheetQuery(
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
