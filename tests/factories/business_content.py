"""What a payments database says, without ids and instants: two ways to the same books say the same."""

from typing import Final

from tests.factories.payments_books import PaymentsBooks

_CONTENT: Final = {
    "statements": "SELECT state, lines_read, failure_code FROM bank_statements",
    "parts": (
        "SELECT part_number, identification, opening_minor, closing_minor, lines_minor, lines_count, proof"
        " FROM statement_parts"
    ),
    "lines of files": "SELECT line_number, part_number, outcome, amount_minor, code, detail, raw FROM statement_lines",
    "bank lines": (
        "SELECT line_number, booked_on, value_on, amount_minor, currency, narration, strong_reference, narration_key,"
        " encode(fingerprint, 'hex') AS fingerprint, occurrence FROM bank_lines"
    ),
    "decisions": (
        "SELECT l.line_number, d.revision, d.decision, d.kind, d.partner_code,"
        " regexp_replace(d.allocations::text, '\"item\": \"[^\"]*\", ', '', 'g') AS allocations,"
        " regexp_replace(d.deductions::text, '\"item\": \"[^\"]*\", ', '', 'g') AS deductions,"
        " d.on_account_minor, d.score, d.reasons::text, d.receipt_id IS NULL AS nothing_booked"
        " FROM line_decisions d JOIN bank_lines l ON l.id = d.bank_line_id"
    ),
    "receipts": (
        "SELECT l.line_number, r.partner_code, r.amount_minor, r.allocated_minor, r.on_account_minor, r.received_on,"
        " r.rail, r.reference, r.cheque_number FROM receipts r JOIN bank_lines l ON l.id = r.bank_line_id"
    ),
    "reversals": (
        "SELECT r.reference, v.reason_code, v.reversed_on, l.line_number FROM receipt_reversals v"
        " JOIN receipts r ON r.id = v.receipt_id JOIN bank_lines l ON l.id = v.bank_line_id"
    ),
    "allocations": (
        "SELECT r.reference, o.document_number, a.kind, a.amount_minor, a.is_reversal FROM allocations a"
        " JOIN receipts r ON r.id = a.receipt_id JOIN open_items o ON o.id = a.open_item_id"
    ),
    "open items": "SELECT kind, partner_code, document_number, original_minor, open_minor FROM open_items",
    "journal": (
        "SELECT e.kind, e.effective_on, e.description, l.line_number, l.account_code, l.partner_code, l.amount_minor"
        " FROM journal_lines l JOIN journal_entries e ON e.id = l.entry_id"
    ),
    "balances": "SELECT account_code, currency, balance_minor FROM account_balances",
    "clocks": (
        "SELECT l.line_number, c.zone, c.amount_minor, c.due_at, c.identified_at IS NULL AS is_unidentified,"
        " c.booked_at IS NULL AS is_waiting, c.is_excused FROM booking_clocks c JOIN bank_lines l ON l.id = c.bank_line_id"
    ),
    "exceptions": "SELECT code, detail FROM payment_exceptions WHERE resolved_at IS NULL",
    "aliases": "SELECT alias_key, partner_code, source FROM payer_aliases",
    "events": "SELECT type, count(*) AS times FROM outbox WHERE type NOT LIKE '%receipts_booked%' GROUP BY type",
}


async def business_content(books: PaymentsBooks) -> dict[str, list[str]]:
    """Rows as text, sorted, by what they are about."""
    return {
        name: sorted(str(tuple(row)) for row in await books.rows(statement))
        for name, statement in _CONTENT.items()
    }
