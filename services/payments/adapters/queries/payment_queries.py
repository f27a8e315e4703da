"""Reads about questions on payments, and everything known about one payment's reference."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row
from services.payments.domain.cheque_return import return_reason
from services.payments.domain.payment_trace import TracedCheque, TracedLine, TracedReceipt

QUERY_SELECT = "SELECT q.*, p.zone FROM payment_queries q JOIN partners p ON p.code = q.partner_code"
THREAD_SELECT = "SELECT m.* FROM payment_query_messages m"
_FOUND_MAX = 20
_PREFIX_MIN = 10  # banks cut references: ten characters of a UTR still name one transfer


@dataclass(frozen=True, slots=True)
class TraceFacts:
    """What the books and the bank's lines know."""

    receipts: list[TracedReceipt]
    lines: list[TracedLine]
    cheques: list[TracedCheque]
    statements_until: date | None


@dataclass(frozen=True, slots=True)
class TraceWanted:
    """A payment as somebody asks for it; `partner_code` limits what may be seen of receipts and cheques."""

    reference: str
    partner_code: str | None = None
    zones: tuple[str, ...] | None = None
    amount_minor: int | None = None


async def links_of(connection: AsyncConnection, query_id: object) -> Sequence[Row]:
    return (
        await connection.execute(
            sa.text(
                "SELECT kind, target_id FROM payment_query_links WHERE query_id = :id ORDER BY kind, target_id"
            ),
            {"id": query_id},
        )
    ).all()


async def trace_facts(connection: AsyncConnection, wanted: TraceWanted) -> TraceFacts:
    """Everything about the reference, or its first ten characters and more, the oldest first."""
    parameters = {
        "reference": wanted.reference,
        "prefix": f"{wanted.reference}%" if len(wanted.reference) >= _PREFIX_MIN else wanted.reference,
        "partner": wanted.partner_code,
        "zones": None if wanted.zones is None else list(wanted.zones),
        "amount": wanted.amount_minor,
        "limit": _FOUND_MAX,
    }
    receipts = await connection.execute(sa.text(_RECEIPTS), parameters)
    lines = await connection.execute(sa.text(_LINES), parameters)
    cheques = await connection.execute(sa.text(_CHEQUES), parameters)
    until = await connection.scalar(sa.text("SELECT max(booked_on) FROM bank_lines"))
    return TraceFacts(
        [_receipt(row) for row in receipts],
        [TracedLine(str(r.id), r.booked_on, r.currency, r.amount_minor, r.due_at) for r in lines],
        [
            TracedCheque(r.cheque_number, r.cheque_on, r.currency, r.amount_minor, r.standing, r.deposited_on)
            for r in cheques
        ],
        until,
    )


_SCOPE = (
    " AND (CAST(:partner AS text) IS NULL OR p.code = :partner)"
    " AND (CAST(:zones AS text[]) IS NULL OR p.zone = ANY(CAST(:zones AS text[])))"
)
_RECEIPTS = f"""
SELECT r.*, coalesce(o.open_minor, 0) AS open_minor, v.reversed_on, v.reason_code, b.return_code,
    (SELECT coalesce(jsonb_agg(jsonb_build_array(t.document_number, t.kind, t.total) ORDER BY t.document_number), '[]')
     FROM (SELECT i.document_number, a.kind, sum(a.amount_minor) AS total FROM allocations a
           JOIN open_items i ON i.id = a.open_item_id WHERE a.receipt_id = r.id
           GROUP BY 1, 2 HAVING sum(a.amount_minor) <> 0) AS t) AS settled
FROM receipts r JOIN partners p ON p.code = r.partner_code LEFT JOIN open_items o ON o.id = r.id
LEFT JOIN receipt_reversals v ON v.receipt_id = r.id LEFT JOIN bounces b ON b.receipt_id = r.id
WHERE (r.reference LIKE :prefix OR (r.cheque_number <> '' AND r.cheque_number = :reference))
  AND (CAST(:amount AS bigint) IS NULL OR r.amount_minor = :amount){_SCOPE}
ORDER BY r.booked_at, r.id LIMIT :limit
"""
_LINES = """
SELECT l.id, l.booked_on, l.currency, l.amount_minor, c.due_at
FROM bank_lines l JOIN booking_clocks c ON c.bank_line_id = l.id
WHERE l.strong_reference LIKE :prefix AND l.amount_minor > 0
  AND (CAST(:amount AS bigint) IS NULL OR l.amount_minor = :amount)
  AND c.booked_at IS NULL AND NOT c.is_excused ORDER BY l.id LIMIT :limit
"""
_CHEQUES = f"""
SELECT i.* FROM instruments i JOIN partners p ON p.code = i.partner_code
WHERE i.cheque_number = :reference AND (CAST(:amount AS bigint) IS NULL OR i.amount_minor = :amount){_SCOPE}
ORDER BY i.cheque_on LIMIT :limit
"""


def _receipt(row: Row) -> TracedReceipt:
    return TracedReceipt(
        id=str(row.id),
        reference=row.reference,
        received_on=row.received_on,
        booked_at=row.booked_at,
        currency=row.currency,
        amount_minor=row.amount_minor,
        open_minor=row.open_minor,
        applied=tuple((number, int(total)) for number, kind, total in row.settled if kind == "receipt"),
        deductions=tuple(
            (number, kind, int(total)) for number, kind, total in row.settled if kind != "receipt"
        ),
        reversed_on=row.reversed_on,
        reversal_reason=row.reason_code or "",
        return_reason=return_reason(row.return_code) if row.return_code else "",
    )


async def query_service(
    connection: AsyncConnection,
    opened_on: tuple[date | None, date | None],
    category: str | None,
    at: datetime,
) -> Row:
    """Counts, median hours to the first answer and mean satisfaction of questions opened on days in India."""
    return (
        await connection.execute(
            sa.text(
                "SELECT count(*) AS opened, count(answered_at) AS answered,"
                " count(*) FILTER (WHERE answered_at <= due_at) AS on_time,"
                " count(*) FILTER (WHERE state = 'open' AND due_at < :at) AS overdue,"
                " CAST(percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM answered_at - opened_at) / 3600)"
                "  AS numeric) AS hours, avg(satisfaction) AS satisfaction FROM payment_queries"
                " WHERE (CAST(:first AS date) IS NULL OR (opened_at AT TIME ZONE 'Asia/Kolkata')::date >= :first)"
                " AND (CAST(:last AS date) IS NULL OR (opened_at AT TIME ZONE 'Asia/Kolkata')::date <= :last)"
                " AND (CAST(:category AS text) IS NULL OR category = :category)"
            ),
            {"first": opened_on[0], "last": opened_on[1], "category": category, "at": at},
        )
    ).one()
