"""Reads a payment sheet: every sum is made here, from facts that arrived in whatever order."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeVar

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.partners.adapters.sheet_facts import PROJECTION
from services.partners.domain.payment_sheet import (
    Settlement,
    SheetCreditNote,
    SheetInvoice,
    SheetReceipt,
    SheetTotals,
)

Row = sa.Row[Any]
Line = TypeVar("Line")
# A sheet is for reading; what is beyond this is counted in its totals and marked as left out.
LINES_MAX: Final = 2_000

# What settles each invoice now: with the receipt's booking or since; a reversed receipt settles nothing.
STANDING: Final = """
    SELECT s.invoice_id, s.invoice_number, s.receipt_id AS credit_id, 'advance' AS credit_kind, s.kind, s.amount_minor,
        r.received_on AS settled_on
    FROM sheet_settlements s JOIN sheet_receipts r USING (receipt_id)
    UNION ALL
    SELECT invoice_id, invoice_number, credit_id, credit_kind, kind, amount_minor, coalesce(settled_on, effective_on)
    FROM sheet_changes
"""

# Whose facts a sheet holds: those of its partner, and of partners that were merged into it. The first part of a WITH.
OWNED: Final = (
    "owned AS (SELECT code, owner_code FROM partner_owners WHERE owner_code = ANY(CAST(:codes AS text[])))"
)

# What is open on each invoice of the owned codes, whoever paid it: the second part of a WITH.
OWNED_BALANCES: Final = f"""
    settled AS (
        SELECT s.invoice_id, max(s.settled_on) AS last_received_on,
            CAST(sum(s.amount_minor) FILTER (WHERE s.kind = 'money' AND s.credit_kind = 'advance') AS bigint)
                AS received_minor,
            CAST(sum(s.amount_minor) FILTER (WHERE s.kind = 'money' AND s.credit_kind <> 'advance') AS bigint)
                AS credited_minor,
            CAST(sum(s.amount_minor) FILTER (WHERE s.kind <> 'money') AS bigint) AS deducted_minor
        FROM sheet_invoices i
        JOIN owned ON owned.code = i.partner_code
        JOIN ({STANDING}) AS s USING (invoice_id)
        WHERE NOT EXISTS (SELECT FROM sheet_reversals v WHERE v.receipt_id = s.credit_id)
        GROUP BY s.invoice_id
    ), balances AS (
        SELECT i.*, owned.owner_code, last_received_on, coalesce(received_minor, 0) AS received_minor,
            coalesce(credited_minor, 0) AS credited_minor, coalesce(deducted_minor, 0) AS deducted_minor,
            i.total_minor - coalesce(received_minor, 0) - coalesce(credited_minor, 0) - coalesce(deducted_minor, 0)
                AS open_minor
        FROM sheet_invoices i JOIN owned ON owned.code = i.partner_code LEFT JOIN settled USING (invoice_id)
    )
"""

# The same for partners with those merged into them.
BALANCES: Final = f"WITH {OWNED}, {OWNED_BALANCES}"

# What no invoice uses of a receipt now, and what was not sent back.
ON_ACCOUNT: Final = """
    CAST(r.on_account_minor
        - coalesce((SELECT sum(c.amount_minor) FROM sheet_changes c
                    WHERE c.credit_id = r.receipt_id AND c.kind = 'money'), 0)
        - coalesce((SELECT sum(f.amount_minor) FROM sheet_refunds f WHERE f.credit_id = r.receipt_id), 0) AS bigint)
"""


# What is left of an issued credit note.
UNUSED_NOTE: Final = """
    CAST(n.total_minor
        - coalesce((SELECT sum(c.amount_minor) FROM sheet_changes c
                    WHERE c.credit_id = n.note_id AND c.kind = 'money'), 0)
        - coalesce((SELECT sum(f.amount_minor) FROM sheet_refunds f WHERE f.credit_id = n.note_id), 0) AS bigint)
"""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far the projection is; None before the first fact."""

    newest_fact_at: datetime
    applied_at: datetime


def first_of_each(rows: str, order: str) -> str:
    """A query for the first :limit rows of each owner, in this order."""
    return f"""
        SELECT * FROM (
            SELECT found.*, row_number() OVER (PARTITION BY owner_code ORDER BY {order}) AS place FROM ({rows}) AS found
        ) AS numbered WHERE place <= :limit ORDER BY owner_code, place
    """


def by_owner(rows: Iterable[Row], made: Callable[[Row], Line]) -> dict[str, list[Line]]:
    """What is made of the rows, by the code of whom they belong to; who has none is left out."""
    lines: dict[str, list[Line]] = {}
    for row in rows:
        lines.setdefault(row.owner_code, []).append(made(row))
    return lines


async def sheet_invoices(
    connection: AsyncConnection, codes: Sequence[str], *, paid_since: date | None
) -> dict[str, list[SheetInvoice]]:
    """Open invoices and, unless `paid_since` is None, those issued or paid since; earliest due first."""
    listed = "SELECT * FROM balances WHERE open_minor > 0 OR issued_on >= :paid_since OR last_received_on >= :paid_since"
    rows = await connection.execute(
        sa.text(BALANCES + first_of_each(listed, "due_on, number")),
        {"codes": list(codes), "paid_since": paid_since, "limit": LINES_MAX + 1},
    )
    return by_owner(rows, _invoice)


async def sheet_receipts(
    connection: AsyncConnection, codes: Sequence[str], *, since: date
) -> dict[str, list[SheetReceipt]]:
    """Receipts since then, the newest first, with what each settled, reversed ones as well."""
    listed = (
        "SELECT owner_code, receipt_id, received_on FROM sheet_receipts r JOIN owned ON owned.code = r.partner_code"
        " WHERE r.received_on >= :since"
    )
    rows = await connection.execute(
        sa.text(
            f"""
            WITH {OWNED}
            SELECT r.*, listed.owner_code, v.reversed_on, v.reason_code, {ON_ACCOUNT} AS unused_minor, (
                SELECT json_agg(json_build_array(invoice_number, kind, total) ORDER BY place) FROM (
                    SELECT invoice_number, kind, sum(amount_minor) AS total, min(place) AS place FROM (
                        SELECT invoice_number, kind, amount_minor, position AS place FROM sheet_settlements s
                        WHERE s.receipt_id = r.receipt_id
                        UNION ALL SELECT invoice_number, kind, amount_minor, 1000000 FROM sheet_changes c
                        WHERE c.credit_id = r.receipt_id) AS every_one
                    GROUP BY invoice_number, kind HAVING sum(amount_minor) <> 0) AS standing) AS settlements
            FROM ({first_of_each(listed, "received_on DESC, receipt_id DESC")}) AS listed
            JOIN sheet_receipts r USING (receipt_id) LEFT JOIN sheet_reversals v USING (receipt_id)
            ORDER BY listed.owner_code, listed.place
            """
        ),
        {"codes": list(codes), "since": since, "limit": LINES_MAX + 1},
    )
    return by_owner(rows, _receipt)


async def sheet_credit_notes(
    connection: AsyncConnection, codes: Sequence[str], *, since: date, is_partner: bool
) -> dict[str, list[SheetCreditNote]]:
    """Notes in work, unless the partner itself looks, and issued ones that are not used up or are since then."""
    listed = f"""
        SELECT * FROM (
            SELECT owner_code, n.*, {UNUSED_NOTE} AS unused_minor,
                (SELECT CAST(coalesce(sum(f.amount_minor), 0) AS bigint) FROM sheet_refunds f
                 WHERE f.credit_id = n.note_id) AS refunded_minor,
                (SELECT json_agg(json_build_array(invoice_number, kind, total) ORDER BY invoice_number, kind) FROM (
                    SELECT invoice_number, kind, sum(amount_minor) AS total FROM sheet_changes c
                    WHERE c.credit_id = n.note_id GROUP BY 1, 2 HAVING sum(amount_minor) <> 0) AS standing_ones
                ) AS settlements
            FROM sheet_credit_notes n JOIN owned ON owned.code = n.partner_code
            WHERE n.standing = 'issued' OR (n.standing IN ('requested', 'approved') AND NOT :is_partner)
        ) AS notes WHERE standing <> 'issued' OR unused_minor > 0 OR issued_on >= :since
    """
    rows = await connection.execute(
        sa.text(f"WITH {OWNED} {first_of_each(listed, 'note_id DESC')}"),
        {"codes": list(codes), "since": since, "is_partner": is_partner, "limit": LINES_MAX + 1},
    )
    return by_owner(rows, _credit_note)


async def totals_of_partners(
    connection: AsyncConnection, codes: Sequence[str], *, overdue_on: date
) -> dict[str, list[SheetTotals]]:
    """By partner code, per currency; a partner without facts is left out."""
    rows = await connection.execute(
        sa.text(
            f"""{BALANCES}, parts AS (
                SELECT owner_code, currency, open_minor, 0 AS advance_minor, 0 AS note_minor,
                    CASE WHEN due_on < :overdue_on THEN open_minor ELSE 0 END AS overdue_minor
                FROM balances WHERE open_minor > 0
                UNION ALL
                SELECT owner_code, currency, 0, {ON_ACCOUNT}, 0, 0
                FROM sheet_receipts r JOIN owned ON owned.code = r.partner_code
                WHERE NOT EXISTS (SELECT FROM sheet_reversals v WHERE v.receipt_id = r.receipt_id)
                UNION ALL
                SELECT owner_code, currency, 0, 0, {UNUSED_NOTE}, 0
                FROM sheet_credit_notes n JOIN owned ON owned.code = n.partner_code
                WHERE standing = 'issued'
            )
            SELECT owner_code, currency, CAST(sum(open_minor) AS bigint) AS open_minor,
                CAST(sum(overdue_minor) AS bigint) AS overdue_minor,
                CAST(sum(advance_minor) AS bigint) AS advances_minor,
                CAST(sum(note_minor) AS bigint) AS credit_notes_minor
            FROM parts GROUP BY owner_code, currency ORDER BY owner_code, currency
            """
        ),
        {"codes": list(codes), "overdue_on": overdue_on},
    )
    return by_owner(rows, _totals)


async def projection_progress(connection: AsyncConnection) -> Progress | None:
    row = (
        await connection.execute(
            sa.text(
                "SELECT newest_fact_at, applied_at FROM projection_progress WHERE projection = :projection"
            ),
            {"projection": PROJECTION},
        )
    ).one_or_none()
    return None if row is None else Progress(row.newest_fact_at, row.applied_at)


def _invoice(row: Row) -> SheetInvoice:
    return SheetInvoice(
        number=row.number,
        issued_on=row.issued_on,
        due_on=row.due_on,
        currency=row.currency,
        total_minor=row.total_minor,
        received_minor=row.received_minor,
        deducted_minor=row.deducted_minor,
        credited_minor=row.credited_minor,
    )


def _totals(row: Row) -> SheetTotals:
    return SheetTotals(
        currency=row.currency,
        open_minor=row.open_minor,
        overdue_minor=row.overdue_minor,
        advances_minor=row.advances_minor,
        credit_notes_minor=row.credit_notes_minor,
    )


def _credit_note(row: Row) -> SheetCreditNote:
    return SheetCreditNote(
        note_id=row.note_id,
        note_type=row.note_type,
        standing=row.standing,
        number=row.number,
        issued_on=row.issued_on,
        reason_code=row.reason_code,
        currency=row.currency,
        total_minor=row.total_minor,
        refunded_minor=row.refunded_minor,
        settlements=tuple(Settlement(*one) for one in row.settlements or ()),
    )


def _receipt(row: Row) -> SheetReceipt:
    return SheetReceipt(
        received_on=row.received_on,
        booked_at=row.booked_at,
        reference=row.reference,
        rail=row.rail,
        currency=row.currency,
        amount_minor=row.amount_minor,
        on_account_minor=row.unused_minor,
        settlements=tuple(Settlement(*settlement) for settlement in row.settlements or ()),
        reversed_on=row.reversed_on,
        reversal_reason=row.reason_code,
    )
