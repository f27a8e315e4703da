"""Reads about invoices, receipts, open items and the books."""

from collections.abc import Sequence
from datetime import date
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row
from services.payments.domain.errors import EntryArchived

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


# From an entry back to the line of the bank that shows it, where one does.
ENTRY_TRACE_SELECT = (
    "SELECT e.*, b.position AS audit_position, b.actor AS posted_by, (SELECT jsonb_agg(jsonb_build_object('account',"
    " l.account_code, 'partner', l.partner_code, 'minor', l.amount_minor, 'worth', l.base_minor)"
    " ORDER BY l.line_number) FROM journal_lines l"
    " WHERE l.entry_id = e.id) AS lines, w.id AS bank_line_id, w.statement_id, w.line_number"
    " FROM journal_entries e LEFT JOIN audit_batches b ON b.id = e.batch_id"
    " LEFT JOIN receipts r ON e.kind IN ('receipt', 'allocation', 'allocation_undone') AND r.id = e.source_id"
    " LEFT JOIN receipt_confirmations c ON c.receipt_id = r.id"
    " LEFT JOIN receipt_reversals v ON e.kind LIKE '%\\_reversal' AND v.receipt_id = e.source_id"
    " LEFT JOIN bank_line_links k ON k.source_id = e.source_id"
    " LEFT JOIN bank_line_postings p ON p.id = e.source_id"
    " LEFT JOIN bank_lines w ON w.id = coalesce(r.bank_line_id, c.bank_line_id, v.bank_line_id, k.bank_line_id,"
    "  p.bank_line_id)"
)


async def refuse_archived_entry(connection: AsyncConnection, entry_id: UUID) -> None:
    """EntryArchived, with the file to look in, when an entry of this id would have been made in a month that left."""
    file = await connection.scalar(_ARCHIVED_IN, {"id": entry_id})
    if file is not None:
        raise EntryArchived(
            f"If there was a journal entry {entry_id}, it left with its month and is in {file} of the archive; have an"
            " administrator ask for it"
        )


async def trial_balance(connection: AsyncConnection, as_of: date | None) -> Sequence[Row]:
    """Debit and credit turnover per account up to a day, summed from the journal itself.

    `running_minor` is the running balance beside it, which knows no days: it is to be compared only without `as_of`.
    """
    return (
        await connection.execute(
            sa.text(
                "SELECT m.account_code, m.currency, sum(m.debit_minor) AS debit_minor,"
                " sum(m.credit_minor) AS credit_minor, sum(m.amount_minor) AS balance_minor,"
                " min(b.balance_minor) AS running_minor, sum(m.base_minor) AS worth_minor"
                " FROM journal_movements m"
                " JOIN account_balances b ON b.account_code = m.account_code AND b.currency = m.currency"
                " WHERE CAST(:as_of AS date) IS NULL OR m.effective_on <= :as_of"
                " GROUP BY m.account_code, m.currency ORDER BY m.currency, m.account_code"
            ),
            {"as_of": as_of},
        )
    ).all()


_ARCHIVED_IN: Final = sa.text(
    "SELECT entries_file FROM carried_months WHERE ends_before > :id ORDER BY ends_before LIMIT 1"
)
