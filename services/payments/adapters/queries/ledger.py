"""Reads about invoices, receipts, open items and the books."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row

RECEIPT_SELECT = (
    "SELECT r.*, coalesce(r.bank_line_id, f.bank_line_id) AS witness_id, b.number AS bank_account,"
    " v.reason_code AS reversal_reason, v.reversed_on,"
    " (SELECT coalesce(jsonb_agg(jsonb_build_object('number', i.document_number, 'kind', a.kind, 'minor',"
    "  a.amount_minor) ORDER BY a.id), '[]') FROM allocations a JOIN open_items i ON i.id = a.open_item_id"
    "  WHERE a.receipt_id = r.id AND NOT a.is_reversal) AS settled"
    " FROM receipts r JOIN bank_accounts b ON b.id = r.bank_account_id JOIN partners p ON p.code = r.partner_code"
    " LEFT JOIN receipt_reversals v ON v.receipt_id = r.id"
    " LEFT JOIN receipt_confirmations f ON f.receipt_id = r.id"
)
INVOICE_SELECT = (
    "SELECT i.*, o.open_minor FROM invoices i JOIN open_items o ON o.id = i.id"
    " JOIN partners p ON p.code = i.partner_code"
)
OPEN_ITEM_SELECT = "SELECT o.* FROM open_items o"
ENTRY_SELECT = (
    "SELECT e.*, (SELECT jsonb_agg(jsonb_build_object('account', l.account_code, 'partner', l.partner_code,"
    " 'minor', l.amount_minor, 'worth', l.base_minor) ORDER BY l.line_number)"
    " FROM journal_lines l WHERE l.entry_id = e.id) AS lines"
    " FROM journal_entries e"
)


async def trial_balance(connection: AsyncConnection) -> Sequence[Row]:
    """Debit and credit turnover per account, summed from the journal itself, beside the running balance."""
    return (
        await connection.execute(
            sa.text(
                "SELECT l.account_code, e.currency,"
                " coalesce(sum(l.amount_minor) FILTER (WHERE l.amount_minor > 0), 0) AS debit_minor,"
                " coalesce(-sum(l.amount_minor) FILTER (WHERE l.amount_minor < 0), 0) AS credit_minor,"
                " min(b.balance_minor) AS balance_minor, sum(l.base_minor) AS worth_minor"
                " FROM journal_lines l JOIN journal_entries e ON e.id = l.entry_id"
                " JOIN account_balances b ON b.account_code = l.account_code AND b.currency = e.currency"
                " GROUP BY l.account_code, e.currency ORDER BY e.currency, l.account_code"
            )
        )
    ).all()
