"""Reads about balance confirmations: the register, one with all its parts, coverage, and what happened since."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.accounts_as_of import SPANS
from services.payments.adapters.repositories import Row
from services.payments.domain.receipt import MONEY

CONFIRMATION_SELECT = (
    "SELECT c.*, p.name AS partner_name, p.zone, s.number AS statement_number, s.language, q.number AS query_number"
    " FROM balance_confirmations c JOIN partners p ON p.code = c.partner_code"
    " JOIN account_statements s ON s.id = c.statement_id LEFT JOIN payment_queries q ON q.id = c.query_id"
)
_SUBSEQUENT = f"""
WITH {SPANS},
then_open AS (
    SELECT i.id, i.original_minor - coalesce((SELECT sum(s.amount_minor) FROM spans s WHERE s.open_item_id = i.id
        AND s.applied_from <= :since AND (s.ends_on IS NULL OR s.ends_on > :since)), 0) AS minor
    FROM open_items i WHERE i.partner_code = ANY(CAST(:partners AS text[])) AND i.currency = :currency
        AND i.kind IN ('invoice', 'charge') AND i.document_on <= :since
),
settled AS (
    SELECT s.receipt_id, s.amount_minor, s.kind = '{MONEY}' AND r.received_on > :since AS is_receipt
    FROM spans s JOIN then_open o ON o.id = s.open_item_id AND o.minor > 0 LEFT JOIN receipts r ON r.id = s.receipt_id
    WHERE s.applied_from > :since AND s.applied_from <= :until AND (s.ends_on IS NULL OR s.ends_on > :until)
)
SELECT CAST((SELECT coalesce(sum(minor), 0) FROM then_open) AS bigint) AS open_then,
    CAST(coalesce(sum(amount_minor) FILTER (WHERE is_receipt), 0) AS bigint) AS by_receipts,
    CAST(coalesce(sum(amount_minor) FILTER (WHERE is_receipt IS NOT TRUE), 0) AS bigint) AS otherwise,
    count(DISTINCT receipt_id) FILTER (WHERE is_receipt) AS receipts
FROM settled
"""
RULE_SELECT = "SELECT r.* FROM confirmation_rules r"


async def replies_of(connection: AsyncConnection, confirmation_id: UUID) -> Sequence[Row]:
    """Every reply, also the unsigned ones, the oldest first."""
    return (
        await connection.execute(
            sa.text("SELECT * FROM balance_confirmation_replies WHERE confirmation_id = :id ORDER BY id"),
            {"id": confirmation_id},
        )
    ).all()


async def differences_shown(connection: AsyncConnection, confirmation_id: UUID) -> Sequence[Row]:
    """Each line with its explanation, and what of ours goes by the number the partner names."""
    return (
        await connection.execute(
            sa.text(
                "SELECT d.*, e.explained_minor, e.item_kind, e.item_id, e.note AS explanation, e.actor AS explained_by,"
                " (SELECT coalesce(jsonb_agg(ours), '[]') FROM ("
                "  SELECT jsonb_build_object('kind', i.kind, 'id', i.id, 'number', i.document_number, 'on',"
                "   i.document_on, 'minor', i.original_minor) AS ours FROM open_items i"
                "  WHERE i.partner_code = c.partner_code AND i.kind <> 'advance' AND d.document_number <> ''"
                "   AND upper(regexp_replace(i.document_number, '[^0-9A-Za-z]', '', 'g'))"
                "    = upper(regexp_replace(d.document_number, '[^0-9A-Za-z]', '', 'g'))"
                "  UNION ALL SELECT jsonb_build_object('kind', 'receipt', 'id', r.id, 'number', r.reference, 'on',"
                "   r.received_on, 'minor', r.amount_minor) FROM receipts r WHERE r.partner_code = c.partner_code"
                "   AND d.document_number <> '' AND d.document_number IN (r.reference, r.cheque_number)) AS named)"
                "  AS our_items"
                " FROM balance_differences d JOIN balance_confirmations c ON c.id = d.confirmation_id"
                " LEFT JOIN LATERAL (SELECT * FROM difference_explanations e WHERE e.difference_id = d.id"
                "  ORDER BY revision DESC LIMIT 1) e ON true WHERE d.confirmation_id = :id ORDER BY d.id"
            ),
            {"id": confirmation_id},
        )
    ).all()


async def events_of(connection: AsyncConnection, confirmation_id: UUID) -> Sequence[Row]:
    """The history, the oldest first."""
    return (
        await connection.execute(
            sa.text(
                "SELECT * FROM balance_confirmation_events WHERE confirmation_id = :id ORDER BY revision"
            ),
            {"id": confirmation_id},
        )
    ).all()


async def coverage(connection: AsyncConnection, as_of: date | None) -> Sequence[Row]:
    """Count and balance by currency, kind and state; a balance in the partner's favour counts with its amount."""
    return (
        await connection.execute(
            sa.text(
                "SELECT currency, kind, state, count(*) AS found, CAST(sum(abs(balance_minor)) AS bigint) AS balance_minor"
                " FROM balance_confirmations WHERE (CAST(:as_of AS date) IS NULL OR as_of = :as_of)"
                " GROUP BY 1, 2, 3 ORDER BY 1, 2, 3"
            ),
            {"as_of": as_of},
        )
    ).all()


async def subsequent_receipts(
    connection: AsyncConnection, partner_code: str, currency: str, days: tuple[date, date]
) -> Row:
    """What became of the debits open at the end of the first day by the end of the second: evidence from the ledger.

    Minor units: `by_receipts` is money the bank credited afterwards, `otherwise` notes, deductions and older advances.
    """
    parameters = {
        "partners": [partner_code],
        "currency": currency,
        "since": days[0],
        "until": days[1],
    }
    return (await connection.execute(sa.text(_SUBSEQUENT), parameters)).one()
