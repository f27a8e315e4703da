"""Reads for bank against book: what statements say, what the ledger says, and what stands in only one of them."""

from collections.abc import Sequence
from datetime import date
from typing import Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row
from services.payments.domain.bank_reconciliation import (
    BankBalance,
    BankBasis,
    BankReconciliation,
    ItemKind,
    ReconcilingItem,
    StatementSpan,
    balance_between,
    covering_span,
)
from services.payments.domain.chart_of_accounts import bank_ledger_account

_SPANS = """
SELECT p.statement_id, p.part_number, s.file_name, encode(s.content_hash, 'hex') AS sha256,
    coalesce(least(moved.first_on, p.closing_on), p.opening_on) AS first_on,
    coalesce(greatest(moved.last_on, p.closing_on), p.opening_on) AS last_on,
    coalesce(p.opening_minor, p.closing_minor - p.lines_minor) AS opening_minor,
    coalesce(p.closing_minor, p.opening_minor + p.lines_minor) AS closing_minor,
    (SELECT count(*) FROM statement_lines t JOIN bank_lines l ON l.id = t.bank_line_id
     WHERE t.statement_id = p.statement_id AND t.part_number = p.part_number AND l.booked_on = moved.last_on)
FROM statement_parts p JOIN bank_statements s ON s.id = p.statement_id
LEFT JOIN LATERAL (
    SELECT min(l.booked_on) AS first_on, max(l.booked_on) AS last_on FROM statement_lines t
    JOIN bank_lines l ON l.id = t.bank_line_id
    WHERE t.statement_id = p.statement_id AND t.part_number = p.part_number
) AS moved ON true
WHERE s.bank_account_id = :account AND s.state = 'imported' AND p.is_final AND p.proof = 'proved'
    AND coalesce(moved.first_on, p.closing_on, p.opening_on) IS NOT NULL
    AND coalesce(p.closing_minor, p.opening_minor) IS NOT NULL
ORDER BY s.imported_at, p.part_number
"""
_OF_ENTRIES: Final = {
    "receipt": ItemKind.RECEIPT_NOT_AT_BANK,
    "conversion": ItemKind.RECEIPT_NOT_AT_BANK,  # foreign money that the bank credits in rupees
    "refund": ItemKind.REFUND_NOT_AT_BANK,
}
_MOVED_UNTIL = """
SELECT coalesce(sum(l.amount_minor), 0) FROM statement_lines t JOIN bank_lines l ON l.id = t.bank_line_id
WHERE t.statement_id = :statement AND t.part_number = :part AND l.booked_on <= :day
"""
# A movement's witness is the line of the bank that shows it. An entry that a person took back stands for nothing
# together with its mirror: the line it had is in the books no more. Only a returned cheque moves the bank as well.
_BOOK_AND_ITEMS = """
WITH book AS (
    SELECT coalesce(sum(amount_minor), 0) AS book_minor,
        coalesce(sum(amount_minor) FILTER (WHERE kind = 'opening_balance'), 0) AS opening_minor
    FROM journal_movements
    WHERE account_code = :ledger AND currency = :currency AND effective_on <= :day
), movements AS (
    SELECT e.entry_id AS id, e.kind, e.source_id, e.effective_on, e.description, e.reverses_entry_id, w.bank_line_id,
        sum(e.amount_minor) AS amount_minor,
        e.reverses_entry_id IS NOT NULL AND w.bank_line_id IS NULL
            AND coalesce(v.reason_code, '') <> 'cheque_returned' AS is_undoing
    FROM journal_movements e
    LEFT JOIN receipts r ON e.kind IN ('receipt', 'conversion') AND r.id = e.source_id
    LEFT JOIN receipt_confirmations c ON e.kind IN ('receipt', 'conversion') AND c.receipt_id = e.source_id
    LEFT JOIN receipt_reversals v ON e.kind IN ('receipt_reversal', 'conversion_reversal')
        AND v.receipt_id = e.source_id
    LEFT JOIN bank_line_links k ON k.source_id = e.source_id
        AND k.kind = CASE e.kind WHEN 'refund' THEN 'refund' WHEN 'receipt_reversal' THEN 'returned_cheque'
            WHEN 'conversion_reversal' THEN 'returned_cheque' END
    LEFT JOIN bank_line_postings p ON e.kind = 'bank_line' AND p.id = e.source_id
    CROSS JOIN LATERAL (SELECT coalesce(r.bank_line_id, c.bank_line_id, v.bank_line_id, k.bank_line_id,
        p.bank_line_id) AS bank_line_id) w
    WHERE e.account_code = :ledger AND e.currency = :currency AND e.effective_on <= :day
        AND e.kind <> 'opening_balance'
    GROUP BY e.entry_id, e.kind, e.source_id, e.effective_on, e.description, e.reverses_entry_id, w.bank_line_id,
        v.reason_code
), standing AS (
    SELECT m.* FROM movements m LEFT JOIN movements mirror ON mirror.reverses_entry_id = m.id
    WHERE NOT m.is_undoing AND NOT coalesce(mirror.is_undoing, false)
), lines AS (
    SELECT * FROM bank_lines l WHERE l.bank_account_id = :account AND l.booked_on <= :day
), differing AS (
    SELECT m.id AS entry_id, m.kind AS entry_kind, m.source_id, m.amount_minor AS entry_minor, m.description,
        l.id AS bank_line_id, l.amount_minor AS line_minor, coalesce(l.booked_on, m.effective_on) AS occurred_on,
        coalesce(nullif(l.strong_reference, ''), nullif(l.bank_reference, ''), m.description) AS reference, l.narration
    FROM standing m FULL JOIN lines l ON l.id = m.bank_line_id
    WHERE m.id IS NULL OR l.id IS NULL OR m.amount_minor <> l.amount_minor
)
SELECT b.book_minor, b.opening_minor, i.*, d.decision, d.reasons -> 0 ->> 'code' AS reason, x.id AS exception_id,
    x.owner
FROM book b LEFT JOIN differing i ON true
LEFT JOIN LATERAL (SELECT * FROM line_decisions d WHERE d.bank_line_id = i.bank_line_id
    ORDER BY revision DESC LIMIT 1) d ON true
LEFT JOIN LATERAL (SELECT * FROM payment_exceptions x WHERE x.bank_line_id = i.bank_line_id
    AND x.resolved_at IS NULL ORDER BY x.raised_at LIMIT 1) x ON true
ORDER BY i.occurred_on, i.bank_line_id, i.entry_id
"""


async def bank_reconciliation(connection: AsyncConnection, account: Row, day: date) -> BankReconciliation:
    """Bank against book at the end of the day, from the stored lines and the journal; ask in one snapshot."""
    spans = await statement_spans(connection, account)
    where = {
        "account": account.id,
        "ledger": bank_ledger_account(account.number),
        "currency": account.currency,
        "day": day,
    }
    # One statement for both: what is posted meanwhile is in the balance and among the items, or in neither.
    rows = (await connection.execute(sa.text(_BOOK_AND_ITEMS), where)).all()
    items = [_item(row) for row in rows if row.entry_id is not None or row.bank_line_id is not None]
    opening = _opening_difference(spans, int(rows[0].opening_minor), day)
    return BankReconciliation(
        day=day,
        currency=account.currency,
        bank=await _bank_balance(connection, spans, day),
        book_minor=int(rows[0].book_minor),
        items=(*([opening] if opening else []), *items),
    )


async def statement_spans(connection: AsyncConnection, account: Row) -> list[StatementSpan]:
    """Every proved statement of the account, the later imported last."""
    rows = (await connection.execute(sa.text(_SPANS), {"account": account.id})).all()
    return [StatementSpan(*row) for row in rows]


def opening_span(spans: Sequence[StatementSpan]) -> StatementSpan | None:
    """The earliest statement: what it opens with was at the bank before our lines begin."""
    return min(spans, key=lambda span: (span.first_on, span.last_on), default=None)


def _opening_difference(
    spans: Sequence[StatementSpan], booked_minor: int, day: date
) -> ReconcilingItem | None:
    first = opening_span(spans)
    at_bank = first.opening_minor if first is not None and first.first_on <= day else 0
    if at_bank == booked_minor:
        return None
    return ReconcilingItem(
        ItemKind.OPENING_DIFFERENCE,
        at_bank - booked_minor,
        first.first_on if first else day,
        reference="The balance before the first statement is not taken over into the books",
    )


async def _bank_balance(
    connection: AsyncConnection, spans: Sequence[StatementSpan], day: date
) -> BankBalance:
    span = covering_span(spans, day)
    if span is None:
        return balance_between(spans, day)
    moved = await connection.scalar(
        sa.text(_MOVED_UNTIL), {"statement": span.statement_id, "part": span.part_number, "day": day}
    )
    return BankBalance(span.opening_minor + int(moved or 0), BankBasis.STATED, span)


def _item(row: Row) -> ReconcilingItem:
    """The item of a line without booking, of an entry without line, or of two that differ."""
    at_bank, in_book = row.line_minor, row.entry_minor
    if at_bank is not None and in_book is not None:
        kind = ItemKind.AMOUNT_DIFFERS
    elif at_bank is not None:
        kind = ItemKind.CREDIT_NOT_BOOKED if at_bank > 0 else ItemKind.DEBIT_NOT_BOOKED
    else:
        kind = _OF_ENTRIES.get(row.entry_kind, ItemKind.ENTRY_NOT_AT_BANK)
    return ReconcilingItem(
        kind=kind,
        amount_minor=(at_bank or 0) - int(in_book or 0),
        occurred_on=row.occurred_on,
        reference=row.reference or "",
        narration=row.narration or "",
        bank_line_id=row.bank_line_id,
        journal_entry_id=row.entry_id,
        source_id=row.source_id,
        decision=row.decision or "",
        reason=row.reason or "",
        exception_id=row.exception_id,
        owner=row.owner or "",
    )
