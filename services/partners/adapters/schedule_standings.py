"""SQL that says, for many partners at once, whether there is something to send, due, or changed.

Values: `audience`, `partner_codes`, `zones`, `on` (the local day of the run), `schedule_id`, `needs_change`. A
fingerprint is equal as long as the same facts are known, whatever order they came in; ageing alone changes nothing.
A sheet or statement is due with an open invoice that is, a board with an open line that was promised or wanted by then.
"""

from typing import Final

# A partner that is named stays in the list when it is closed or gone, so that its run says so.
AUDIENCE: Final = """
    SELECT p.code, p.zone, p.status FROM partners p
    WHERE (:audience = 'all' AND p.status = 'active')
        OR (:audience = 'zones' AND p.status = 'active' AND p.zone = ANY(CAST(:zones AS text[])))
    UNION ALL
    SELECT n.code, p.zone, p.status FROM unnest(CAST(:partner_codes AS text[])) AS n (code)
    LEFT JOIN partners p ON p.code = n.code WHERE :audience = 'partners'
"""

# Facts of partners that were merged are those of the one they were merged into.
_OWNED: Final = "(SELECT w.code FROM partner_owners w WHERE w.owner_code = a.code)"

_FACTS: Final = """
    SELECT partner_code, 'invoice' || invoice_id AS fact FROM sheet_invoices
    UNION ALL SELECT partner_code, 'receipt' || receipt_id FROM sheet_receipts
    UNION ALL SELECT r.partner_code, 'reversal' || v.receipt_id
    FROM sheet_reversals v JOIN sheet_receipts r USING (receipt_id)
    UNION ALL SELECT partner_code, 'change' || allocation_id FROM sheet_changes
    UNION ALL SELECT partner_code, 'refund' || refund_id FROM sheet_refunds
    UNION ALL SELECT partner_code, 'note' || note_id || '/' || revision FROM sheet_credit_notes
    UNION ALL SELECT partner_code, 'cheque' || instrument_id || '/' || revision FROM sheet_cheques
    UNION ALL SELECT partner_code, 'certificate' || certificate_id FROM sheet_tax_certificates
    UNION ALL SELECT partner_code, 'query' || query_id || '/' || revision FROM sheet_queries
"""

_OPEN_AND_DUE: Final = """
    SELECT DISTINCT w.owner_code FROM sheet_invoices i JOIN partner_owners w ON w.code = i.partner_code
    JOIN audience a ON a.code = w.owner_code
    LEFT JOIN LATERAL (
        SELECT sum(amount_minor) AS minor FROM (
            SELECT s.amount_minor FROM sheet_settlements s WHERE s.invoice_id = i.invoice_id
                AND NOT EXISTS (SELECT FROM sheet_reversals v WHERE v.receipt_id = s.receipt_id)
            UNION ALL
            SELECT c.amount_minor FROM sheet_changes c WHERE c.invoice_id = i.invoice_id
                AND NOT EXISTS (SELECT FROM sheet_reversals v WHERE v.receipt_id = c.credit_id)
        ) AS parts
    ) AS settled ON true
    WHERE i.due_on <= :on AND i.total_minor > coalesce(settled.minor, 0)
"""

STANDINGS: Final = f"""
    SELECT CAST('payment_sheet' AS text) AS kind, a.code AS partner_code,
        EXISTS (SELECT FROM sheet_invoices i WHERE i.partner_code IN {_OWNED})
            OR EXISTS (SELECT FROM sheet_receipts r WHERE r.partner_code IN {_OWNED})
            OR EXISTS (SELECT FROM sheet_credit_notes n WHERE n.partner_code IN {_OWNED}) AS has_facts,
        a.code IN ({_OPEN_AND_DUE}) AS is_due, f.fingerprint, CAST(NULL AS uuid) AS document_id
    FROM audience a LEFT JOIN (
        SELECT w.owner_code, count(*) || ':' || sum(CAST(hashtextextended(fact, 0) AS numeric)) AS fingerprint
        FROM ({_FACTS}) AS facts JOIN partner_owners w ON w.code = partner_code
        JOIN audience ON audience.code = w.owner_code WHERE :needs_change GROUP BY w.owner_code
    ) AS f ON f.owner_code = a.code
    UNION ALL
    SELECT 'account_statement', a.code, d.id IS NOT NULL, a.code IN ({_OPEN_AND_DUE}), CAST(d.id AS text), d.id
    FROM audience a LEFT JOIN LATERAL (
        SELECT id FROM documents p WHERE p.partner_code IN {_OWNED} AND p.kind = 'account_statement'
        ORDER BY published_at DESC, id DESC LIMIT 1
    ) AS d ON true
    UNION ALL
    SELECT 'order_board', a.code, b.owner_code IS NOT NULL, coalesce(b.is_due, false), b.fingerprint, NULL
    FROM audience a LEFT JOIN (
        SELECT w.owner_code, bool_or(EXISTS (
                SELECT FROM order_lines l WHERE l.order_id = o.id AND l.version = o.version
                AND l.state NOT IN ('dispatched', 'cancelled') AND coalesce(l.promised_on, l.requested_on) <= :on
            )) AS is_due,
            count(*) || ':' || sum(CAST(hashtextextended(o.id || '/' || o.version, 0) AS numeric)) AS fingerprint
        FROM orders o JOIN partner_owners w ON w.code = o.partner_code JOIN audience ON audience.code = w.owner_code
        WHERE o.state NOT IN ('dispatched', 'cancelled') GROUP BY w.owner_code
    ) AS b ON b.owner_code = a.code
"""

# What the partner got of this kind by this schedule the last time; NULL before the first.
LAST_SENT: Final = """
    SELECT i.fingerprint FROM document_schedule_items i
    WHERE i.schedule_id = :schedule_id AND i.partner_code = a.code AND i.kind = k.kind
        AND i.state IN ('planned', 'queued') ORDER BY i.run_id DESC LIMIT 1
"""
