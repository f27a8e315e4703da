"""Reads about how lines stand in the books, about rules, tolerances and frozen reconciliations."""

from typing import Final

from services.payments.adapters.repositories.exceptions import LINE_IN_BOOKS as LINE_IN_BOOKS

LINE_STANDING_SELECT: Final = (
    "SELECT l.*, b.number AS bank_account, d.decision, p.account_code, p.note AS posting_note, p.rule_id,"
    " k.kind AS linked_kind, k.source_id AS linked_id, coalesce((SELECT r.id FROM receipts r"
    "  WHERE r.bank_line_id = l.id ORDER BY r.id DESC LIMIT 1), (SELECT c.receipt_id FROM receipt_confirmations c"
    "  WHERE c.bank_line_id = l.id), (SELECT v.receipt_id FROM receipt_reversals v WHERE v.bank_line_id = l.id LIMIT 1))"
    f" AS receipt_id, {LINE_IN_BOOKS} AS is_in_books"
    " FROM bank_lines l JOIN bank_accounts b ON b.id = l.bank_account_id"
    " LEFT JOIN LATERAL (SELECT * FROM line_decisions d WHERE d.bank_line_id = l.id ORDER BY revision DESC LIMIT 1) d"
    "  ON true"
    " LEFT JOIN bank_line_postings p ON p.bank_line_id = l.id AND p.reversed_at IS NULL"
    " LEFT JOIN bank_line_links k ON k.bank_line_id = l.id"
)
RULE_SELECT: Final = (
    "SELECT r.*, b.number AS bank_account, b.currency FROM reconciliation_rules r"
    " LEFT JOIN bank_accounts b ON b.id = r.bank_account_id"
)
TOLERANCE_SELECT: Final = (
    "SELECT t.*, b.number AS bank_account FROM reconciliation_tolerances t"
    " LEFT JOIN bank_accounts b ON b.id = t.bank_account_id"
)
RECONCILIATION_SELECT: Final = (
    "SELECT r.*, b.number AS bank_account"
    " FROM reconciliations r JOIN bank_accounts b ON b.id = r.bank_account_id"
)
