"""Proofs that two ways to the same figure meet."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row
from services.payments.domain.chart_of_accounts import (
    CUSTOMER_ADVANCES,
    CUSTOMER_CREDIT_NOTES,
    RECEIVABLES,
)

_DIFFERENCES = """
SELECT * FROM (
    SELECT partner_code, account_code, currency, sum(amount_minor) AS ledger_minor,
        sum(base_minor) AS ledger_worth_minor
    FROM journal_movements
    WHERE account_code IN (:receivables, :advances, :credit_notes) GROUP BY 1, 2, 3
) AS ledger FULL JOIN (
    SELECT partner_code, currency,
        CASE kind WHEN 'advance' THEN CAST(:advances AS text) WHEN 'credit_note' THEN CAST(:credit_notes AS text)
                  ELSE CAST(:receivables AS text) END AS account_code,
        sum(CASE WHEN kind IN ('advance', 'credit_note') THEN -open_minor ELSE open_minor END) AS items_minor,
        sum(CASE WHEN kind IN ('advance', 'credit_note') THEN -1 ELSE 1 END * coalesce(open_base_minor, open_minor))
            AS items_worth_minor
    FROM open_items GROUP BY 1, 2, 3
) AS items USING (partner_code, account_code, currency)
WHERE (coalesce(ledger_minor, 0), coalesce(ledger_worth_minor, 0))
    <> (coalesce(items_minor, 0), coalesce(items_worth_minor, 0)) ORDER BY partner_code, account_code
"""


async def partner_differences(connection: AsyncConnection) -> Sequence[Row]:
    """Control accounts of a partner whose ledger balance is not the sum of its open items, in their
    currency or in rupees; none in sound books."""
    parameters = {
        "receivables": RECEIVABLES,
        "advances": CUSTOMER_ADVANCES,
        "credit_notes": CUSTOMER_CREDIT_NOTES,
    }
    return (await connection.execute(sa.text(_DIFFERENCES), parameters)).all()
