"""What an export for an auditor holds: every table with its columns by name, which rows belong to a period, every document.

Columns are named one by one, so that a new one leaves only when somebody wrote it here. Amounts leave as decimals: a column
`…_minor` becomes one without that ending, in the currency of its row, or in rupees when it begins with `base`.
"""

from dataclasses import dataclass
from typing import Final

DURING: Final = "{column} >= %(begin)s AND {column} < %(end)s"
DAYS: Final = "{column} BETWEEN %(from_on)s AND %(to_on)s"


@dataclass(frozen=True, slots=True)
class ExportedTable:
    """`query` without its column list. Those of `personal` are left empty unless personal data is asked for."""

    name: str
    columns: str
    source: str
    personal: frozenset[str] = frozenset()

    @property
    def query(self) -> str:
        return f"SELECT {self.columns} FROM {self.source}"


@dataclass(frozen=True, slots=True)
class ExportedDocuments:
    """Frozen files. The query gives path, content and the SHA-256 that was stored when they were made."""

    name: str
    query: str


def _during(column: str) -> str:
    return DURING.format(column=column)


def _days(column: str) -> str:
    return DAYS.format(column=column)


_CHAIN: Final = "audit_batches b JOIN journal_entries e ON e.batch_id = b.id"
_IN_CHAIN: Final = "b.position BETWEEN %(first)s AND %(last)s"
_RECEIPTS: Final = f"({_days('r.received_on')} OR {_during('r.booked_at')})"
_NOTES: Final = f"({_during('n.requested_at')} OR {_days('n.issued_on')})"
_STATEMENTS: Final = f"({_during('s.published_at')} OR {_days('s.to_on')})"

PAYMENTS: Final = (
    ExportedTable(
        "journal_entries",
        "b.position, e.id, e.kind, e.source_id, e.currency, e.effective_on, e.occurred_on, e.posted_at, e.description,"
        " e.reverses_entry_id, b.actor",
        f"{_CHAIN} WHERE {_IN_CHAIN} ORDER BY b.position, e.id",
    ),
    ExportedTable(
        "journal_lines",
        "b.position, l.entry_id, l.line_number, l.account_code, l.partner_code, l.amount_minor, e.currency, l.base_minor",
        f"{_CHAIN} JOIN journal_lines l ON l.entry_id = e.id WHERE {_IN_CHAIN} ORDER BY b.position, e.id, l.line_number",
    ),
    ExportedTable(
        "invoices",
        "id, number, partner_code, issued_on, due_on, currency, taxable_minor, tax_minor, total_minor, exchange_rate,"
        " base_minor, registered_at",
        f"invoices WHERE {_days('issued_on')} OR {_during('registered_at')} ORDER BY registered_at, id",
    ),
    ExportedTable(
        "receipts",
        "r.id, r.bank_line_id, a.number AS bank_account, r.partner_code, r.currency, r.amount_minor, r.allocated_minor,"
        " r.on_account_minor, r.received_on, r.counts_from, r.rail, r.channel, r.reference, r.cheque_number,"
        " r.exchange_rate, r.base_minor, r.booked_at",
        f"receipts r JOIN bank_accounts a ON a.id = r.bank_account_id WHERE {_RECEIPTS} ORDER BY r.booked_at, r.id",
    ),
    ExportedTable(
        "receipt_reversals",
        "receipt_id, bank_line_id, reason_code, reversed_on, reversed_at",
        f"receipt_reversals WHERE {_days('reversed_on')} OR {_during('reversed_at')} ORDER BY reversed_at, receipt_id",
    ),
    ExportedTable(
        "allocations",
        "x.id, x.receipt_id, x.credit_note_id, o.document_number, x.kind, x.amount_minor, o.currency, x.base_minor,"
        " x.is_reversal, x.reverses_id, x.effective_on, x.allocated_at",
        "allocations x JOIN open_items o ON o.id = x.open_item_id"
        f" WHERE {_days('x.effective_on')} OR {_during('x.allocated_at')} ORDER BY x.allocated_at, x.id",
    ),
    ExportedTable(
        "refunds",
        "id, receipt_id, credit_note_id, partner_code, currency, amount_minor, reason, state, requested_by, requested_at,"
        " decided_by, decided_at, refunded_on, reference",
        f"refunds WHERE {_during('requested_at')} OR {_days('refunded_on')} ORDER BY requested_at, id",
    ),
    ExportedTable(
        "credit_notes",
        "n.id, n.number, n.note_type, n.standing, n.partner_code, n.supplier_gstin, n.place_of_supply, n.reason_code,"
        " n.reason_text, n.currency, n.taxable_minor, n.cgst_minor, n.sgst_minor, n.igst_minor, n.total_minor,"
        " n.requested_by, n.requested_at, n.decided_by, n.decided_at, n.issued_on, n.issued_by, n.issued_at",
        f"credit_notes n WHERE {_NOTES} ORDER BY n.requested_at, n.id",
    ),
    ExportedTable(
        "credit_note_lines",
        "l.note_id, l.position, l.invoice_id, l.line_number, l.description, l.hsn, l.unit, l.quantity, l.tax_rate,"
        " n.currency, l.taxable_minor, l.cgst_minor, l.sgst_minor, l.igst_minor",
        f"credit_note_lines l JOIN credit_notes n ON n.id = l.note_id WHERE {_NOTES} ORDER BY l.note_id, l.position",
    ),
    ExportedTable(
        "credit_note_events",
        "v.note_id, v.revision, v.standing, v.detail, v.at, v.actor",
        f"credit_note_events v JOIN credit_notes n ON n.id = v.note_id WHERE {_NOTES} ORDER BY v.note_id, v.revision",
    ),
    ExportedTable(
        "account_statements",
        "s.id, s.number, s.partner_code, s.kind, s.from_on, s.to_on, b.currency, b.opening_minor, b.debit_minor,"
        " b.credit_minor, b.closing_minor, s.facts_hash, s.supersedes_id, s.published_at, s.published_by",
        "account_statements s LEFT JOIN account_statement_balances b ON b.statement_id = s.id"
        f" WHERE {_STATEMENTS} ORDER BY s.published_at, s.id, b.currency",
    ),
    ExportedTable(
        "bank_statements",
        "t.id, a.number AS bank_account, t.content_hash, t.file_name, t.statement_format, t.size_bytes, t.state,"
        " t.lines_read, t.counts, t.received_at, t.received_by, t.imported_at",
        "bank_statements t JOIN bank_accounts a ON a.id = t.bank_account_id"
        f" WHERE {_during('t.received_at')} ORDER BY t.received_at, t.id",
    ),
    ExportedTable(
        "bank_lines",
        "id, statement_id, line_number, booked_on, value_on, amount_minor, currency, bank_reference, customer_reference,"
        " narration, counterparty_name, counterparty_account, kind_code, is_reversal, stored_at",
        f"bank_lines WHERE {_days('value_on')} OR {_during('stored_at')} ORDER BY stored_at, id",
        frozenset({"customer_reference", "narration", "counterparty_name", "counterparty_account"}),
    ),
    ExportedTable(
        "line_decisions",
        "d.bank_line_id, d.revision, d.decision, d.kind, d.partner_code, d.allocations, d.deductions, d.score, d.reasons,"
        " d.policy_version, d.receipt_id, d.decided_at, d.decided_by, d.note",
        f"line_decisions d WHERE {_during('d.decided_at')} ORDER BY d.decided_at, d.bank_line_id, d.revision",
        frozenset({"reasons", "note"}),
    ),
    ExportedTable(
        "matching_policies",
        "version, content, content_hash, state, base_version, note, made_at, made_by, activated_at, activated_by",
        "matching_policies ORDER BY made_at, version",
    ),
    ExportedTable(
        "reconciliations",
        "r.id, a.number AS bank_account, r.day, r.revision, r.state, r.currency, r.bank_minor, r.book_minor,"
        " r.items_count, r.residual_minor, r.content_hash, r.made_by, r.made_at",
        "reconciliations r JOIN bank_accounts a ON a.id = r.bank_account_id"
        f" WHERE {_days('r.day')} OR {_during('r.made_at')} ORDER BY r.day, r.id",
    ),
    ExportedTable(
        "period_events",
        "month, revision, kind, reason, actor, at",
        f"period_events WHERE {_days('month')} OR {_during('at')} ORDER BY month, revision",
    ),
    ExportedTable(
        "period_waivers",
        "month, closing, check_name, reason, waived_by, waived_at",
        f"period_waivers WHERE {_days('month')} OR {_during('waived_at')} ORDER BY month, closing, check_name",
    ),
    ExportedTable(
        "payment_exception_events",
        "exception_id, revision, kind, value, note, evidence, actor, at",
        f"payment_exception_events WHERE {_during('at')} ORDER BY at, exception_id, revision",
        frozenset({"note", "evidence"}),
    ),
)
PAYMENTS_DOCUMENTS: Final = (
    ExportedDocuments(
        "account-statements",
        "SELECT f.statement_id || '.' || f.format, f.content, f.content_hash FROM account_statement_files f"
        f" JOIN account_statements s ON s.id = f.statement_id WHERE {_STATEMENTS} ORDER BY f.statement_id, f.format",
    ),
    ExportedDocuments(
        "credit-notes",
        "SELECT f.note_id || '-' || f.document_number || '-' || f.language || '.' || f.format, f.content, f.sha256"
        f" FROM note_document_files f JOIN credit_notes n ON n.id = f.note_id WHERE {_NOTES}"
        " ORDER BY f.note_id, f.document_number, f.language, f.format",
    ),
    ExportedDocuments(
        "credit-notes-of-before",
        "SELECT f.note_id || '-' || f.document_number || '.pdf', f.pdf, f.sha256 FROM note_files f"
        f" JOIN credit_notes n ON n.id = f.note_id WHERE {_NOTES} ORDER BY f.note_id, f.document_number",
    ),
)
REQUEST_AUDIT: Final = ExportedTable(
    "request_audit",
    "id, at, subject, owner, roles, method, route, path, status, trace_id, client_address, request_sha256, reply_sha256,"
    " version_before, version_after",
    f"request_audit WHERE {_during('at')} ORDER BY id",
    frozenset({"path", "client_address"}),
)
# Which parts the matching's decisions of the period were made from; those of people have no batch.
DECISION_PARTS: Final = f"""
    SELECT i.content_hash, i.kind, i.content FROM decision_inputs i WHERE i.content_hash IN (
        SELECT decode(part.value, 'hex') FROM decision_batches b CROSS JOIN LATERAL jsonb_each_text(b.inputs) part
        WHERE {_during("b.decided_at")} AND EXISTS (SELECT FROM line_decisions d
            WHERE d.bank_line_id = ANY(b.line_ids) AND d.decided_at = b.decided_at))
    ORDER BY i.content_hash
"""
DECISIONS: Final = f"""
    SELECT d.bank_line_id, d.revision, d.decided_at, d.decided_by, b.batch_id, b.place, b.policy_version, b.code_version,
        b.inputs
    FROM line_decisions d LEFT JOIN (
        SELECT made.id AS batch_id, made.decided_at, made.policy_version, made.code_version, made.inputs,
            line.id AS line_id, line.place
        FROM decision_batches made CROSS JOIN LATERAL unnest(made.line_ids) WITH ORDINALITY AS line(id, place)
        WHERE {_during("made.decided_at")}
    ) b ON b.line_id = d.bank_line_id AND b.decided_at = d.decided_at
    WHERE {_during("d.decided_at")} ORDER BY d.decided_at, d.bank_line_id, d.revision
"""
# The links that hold what was posted in the period, and what counts in it whenever it was posted.
CHAIN_SPAN: Final = f"""
    SELECT min(b.position), max(b.position) FROM {_CHAIN}
    WHERE {_during("b.posted_at")} OR {_days("e.effective_on")}
"""
# The latest month of the journal that left with something of the period, and until when it counts.
ARCHIVED_MONTHS: Final = f"""
    SELECT c.entries_file, c.last_effective_on FROM carried_months c
    WHERE EXISTS (SELECT FROM carried_movements m WHERE m.month = c.month AND {_days("m.effective_on")})
        OR EXISTS (SELECT FROM carried_batches x JOIN audit_batches b ON b.id = x.batch_id
            WHERE x.month = c.month AND {_during("b.posted_at")})
    ORDER BY c.ends_before DESC LIMIT 1
"""
CHAIN: Final = f"""
    SELECT b.position, b.id AS batch_id, b.actor, b.posted_at, b.entries_count, b.content_hash, b.previous_hash,
        b.chain_hash, e.id, e.kind, e.source_id, e.currency, e.effective_on, e.occurred_on, e.description,
        e.reverses_entry_id, (SELECT jsonb_agg(jsonb_build_array(account_code, amount_minor, partner_code, base_minor)
            ORDER BY line_number) FROM journal_lines l WHERE l.entry_id = e.id) AS lines
    FROM {_CHAIN} WHERE {_IN_CHAIN} ORDER BY b.position, e.id
"""
