"""What accounts of partners come to now, and whose accounts moved since a link of the audit chain."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.domain.chart_of_accounts import PARTNER_ACCOUNTS
from shared.events.accounts import AccountFigures

# One statement, so that position, journal and open items belong to one instant. Links of the chain commit in the order
# of their positions, because each is written under the chain's lock as the last thing of its transaction.
_FIGURES: Final = """
WITH ledger AS (
    SELECT partner_code, currency, sum(amount_minor) AS minor FROM journal_movements
    WHERE partner_code = ANY(CAST(:codes AS text[])) AND account_code = ANY(CAST(:accounts AS text[]))
    GROUP BY 1, 2
), items AS (
    SELECT partner_code, currency, CASE kind WHEN 'charge' THEN 'invoice' ELSE kind END AS kind, id, open_minor
    FROM open_items WHERE partner_code = ANY(CAST(:codes AS text[])) AND open_minor <> 0
), summed AS (
    SELECT partner_code, currency,
        count(*) FILTER (WHERE kind = 'invoice') AS invoices_count,
        coalesce(sum(open_minor) FILTER (WHERE kind = 'invoice'), 0) AS invoices_minor,
        count(*) FILTER (WHERE kind = 'advance') AS advances_count,
        coalesce(sum(open_minor) FILTER (WHERE kind = 'advance'), 0) AS advances_minor,
        count(*) FILTER (WHERE kind = 'credit_note') AS credit_notes_count,
        coalesce(sum(open_minor) FILTER (WHERE kind = 'credit_note'), 0) AS credit_notes_minor,
        string_agg(kind || ' ' || id || ' ' || open_minor, E'\n' ORDER BY id) AS lines
    FROM items GROUP BY 1, 2
)
SELECT partner_code, currency, CAST(coalesce(minor, 0) AS bigint) AS ledger_minor,
    coalesce(invoices_count, 0) AS invoices_count, CAST(coalesce(invoices_minor, 0) AS bigint) AS invoices_minor,
    coalesce(advances_count, 0) AS advances_count, CAST(coalesce(advances_minor, 0) AS bigint) AS advances_minor,
    coalesce(credit_notes_count, 0) AS credit_notes_count,
    CAST(coalesce(credit_notes_minor, 0) AS bigint) AS credit_notes_minor,
    encode(sha256(convert_to(coalesce(lines, ''), 'UTF8')), 'hex') AS items_sha256,
    (SELECT coalesce(max(position), 0) FROM audit_batches) AS position
FROM ledger FULL JOIN summed USING (partner_code, currency) ORDER BY partner_code, currency
"""
_MOVED: Final = """
SELECT DISTINCT l.partner_code FROM audit_batches b JOIN journal_entries e ON e.batch_id = b.id
JOIN journal_lines l ON l.entry_id = e.id
WHERE b.position > :after AND b.position <= :last AND l.partner_code IS NOT NULL
    AND l.account_code = ANY(CAST(:accounts AS text[])) ORDER BY 1
"""


@dataclass(frozen=True, slots=True)
class TellableAccounts:
    """Figures of one instant; nothing to tell when no account is known."""

    position: int
    accounts: tuple[AccountFigures, ...]


async def account_figures(connection: AsyncConnection, codes: Sequence[str]) -> TellableAccounts:
    """The accounts of these partners in every currency in which they have any."""
    rows = (
        (
            await connection.execute(
                sa.text(_FIGURES), {"codes": list(codes), "accounts": list(PARTNER_ACCOUNTS)}
            )
        )
        .mappings()
        .all()
    )
    accounts = tuple(
        AccountFigures(**{name: value for name, value in row.items() if name != "position"}) for row in rows
    )
    return TellableAccounts(rows[0]["position"] if rows else 0, accounts)


async def moved_accounts(connection: AsyncConnection, *, after: int, last: int) -> list[str]:
    """Codes of partners with postings in these links of the chain."""
    rows = await connection.execute(
        sa.text(_MOVED), {"after": after, "last": last, "accounts": list(PARTNER_ACCOUNTS)}
    )
    return list(rows.scalars())
