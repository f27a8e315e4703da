"""The rows of each source, in SQL over the columnar copies.

`$first_on`, `$last_on` are the days of the period, `$as_of` its last day. Days are days in India, which has no summer
time: five and a half hours after UTC since 1945.
"""

import re
from collections.abc import Mapping
from typing import Final

from services.reporting.domain import report_source as sources

_IST: Final = "INTERVAL 330 MINUTE"


def _day(instant: str) -> str:
    return f"CAST({instant} + {_IST} AS DATE)"


# Not settled any more once its receipt was taken back; counted from the day on which each took effect.
_SETTLED: Final = """
    SELECT s.* FROM settlements s
    LEFT JOIN reversed_receipts v ON v.receipt_id = s.credit_id AND v.reversed_on <= $as_of
    WHERE s.effective_on <= $as_of AND v.receipt_id IS NULL
"""
_USED: Final = f"""
    SELECT credit_id, sum(amount_minor) AS used_minor FROM (
        SELECT credit_id, amount_minor FROM ({_SETTLED}) WHERE kind = 'money'
        UNION ALL SELECT credit_id, amount_minor FROM paid_refunds WHERE refunded_on <= $as_of
    ) GROUP BY credit_id
"""

# Under the last of the partners that a code was merged into, with that one's name and zone.
_PARTNERS: Final = """(
    WITH RECURSIVE chain AS (
        SELECT code, code AS owner_code, merged_into, 0 AS depth FROM known_partners
        UNION ALL
        SELECT c.code, k.code, k.merged_into, c.depth + 1 FROM chain c
        JOIN known_partners k ON k.code = c.merged_into WHERE c.depth < 20
    )
    SELECT c.code, k.code AS owner_code, k.name, k.zone
    FROM (SELECT code, arg_max(owner_code, depth) AS owner_code FROM chain GROUP BY code) AS c
    JOIN known_partners k ON k.code = c.owner_code
)"""

_COLLECTIONS: Final = f"""
    SELECT m.day, m.movement, coalesce(p.owner_code, m.partner_code) AS partner_code,
        p.name AS partner_name, coalesce(m.zone, p.zone) AS zone, m.bank_account,
        m.currency, m.amount, m.is_on_time, m.booked_at, CAST(m.receipt_id AS VARCHAR) AS receipt_id
    FROM (
        SELECT received_on AS day, 'receipt' AS movement, partner_code, zone, bank_account, currency,
            amount_minor AS amount, is_on_time, booked_at, receipt_id
        FROM collected_receipts
        UNION ALL
        SELECT v.reversed_on, 'reversal', r.partner_code, r.zone, r.bank_account, r.currency, -r.amount_minor, NULL,
            NULL, r.receipt_id
        FROM reversed_receipts v JOIN collected_receipts r USING (receipt_id)
    ) AS m LEFT JOIN {_PARTNERS} p ON p.code = m.partner_code
"""

_RECEIVABLES: Final = f"""
    WITH settled AS (
        SELECT invoice_id, sum(amount_minor) AS settled_minor FROM ({_SETTLED}) GROUP BY invoice_id
    ), used AS ({_USED}), items AS (
        SELECT 'invoice' AS item, number, partner_code, CAST(NULL AS VARCHAR) AS zone, issued_on, due_on, currency,
            total_minor AS total, total_minor - coalesce(settled_minor, 0) AS open
        FROM registered_invoices LEFT JOIN settled USING (invoice_id) WHERE issued_on <= $as_of
        UNION ALL
        SELECT 'receipt', CAST(r.receipt_id AS VARCHAR), r.partner_code, r.zone, r.received_on, NULL, r.currency,
            -r.amount_minor, coalesce(used_minor, 0) - r.amount_minor
        FROM collected_receipts r
        LEFT JOIN used ON used.credit_id = r.receipt_id
        LEFT JOIN reversed_receipts v ON v.receipt_id = r.receipt_id AND v.reversed_on <= $as_of
        WHERE r.received_on <= $as_of AND v.receipt_id IS NULL
        UNION ALL
        SELECT 'credit_note', n.number, n.partner_code, n.zone, n.issued_on, NULL, n.currency, -n.total_minor,
            coalesce(used_minor, 0) - n.total_minor
        FROM known_credit_notes n LEFT JOIN used ON used.credit_id = n.note_id
        WHERE n.standing = 'issued' AND n.issued_on <= $as_of
    ), aged AS (
        SELECT *, greatest($as_of - due_on, 0) AS overdue_days FROM items WHERE open <> 0
    )
    SELECT a.item, a.number, coalesce(p.owner_code, a.partner_code) AS partner_code,
        p.name AS partner_name, coalesce(p.zone, a.zone) AS zone, a.issued_on,
        a.due_on, CASE WHEN a.due_on IS NULL THEN 'on account' WHEN overdue_days = 0 THEN 'not due'
            WHEN overdue_days <= 30 THEN '1-30 days' WHEN overdue_days <= 60 THEN '31-60 days'
            WHEN overdue_days <= 90 THEN '61-90 days' ELSE '91 days and more' END AS age_band,
        a.overdue_days, a.currency, a.total, CAST(a.open AS BIGINT) AS open,
        CAST(CASE WHEN overdue_days > 0 THEN a.open ELSE 0 END AS BIGINT) AS overdue
    FROM aged a LEFT JOIN {_PARTNERS} p ON p.code = a.partner_code
"""

_ORDER_LINES: Final = f"""
    SELECT o.order_number, l.number AS line_number, coalesce(p.owner_code, o.partner_code) AS partner_code,
        p.name AS partner_name, p.zone, l.product_code,
        l.state, l.state NOT IN ('dispatched', 'cancelled') AS is_open, o.is_held,
        coalesce(l.state NOT IN ('dispatched', 'cancelled') AND l.promised_on < $as_of, false) AS is_late,
        o.ordered_on, l.requested_on, l.promised_on,
        CASE WHEN l.state NOT IN ('dispatched', 'cancelled') AND l.promised_on < $as_of
            THEN $as_of - l.promised_on END AS days_late,
        l.quantity, CAST(l.quantity - l.cancelled - l.dispatched AS DECIMAL(15, 3)) AS open_quantity, o.currency,
        l.value_minor AS value, l.open_minor AS open
    FROM known_orders o JOIN told_order_lines l USING (order_number, version)
    LEFT JOIN {_PARTNERS} p ON p.code = o.partner_code
    WHERE o.ordered_on <= $as_of
"""

_CREDIT_NOTES: Final = f"""
    WITH used AS ({_USED}), notes AS (
        SELECT n.*, CAST(CASE WHEN n.standing = 'issued' THEN n.total_minor - coalesce(used_minor, 0) ELSE 0 END AS BIGINT)
            AS unused
        FROM known_credit_notes n LEFT JOIN used ON used.credit_id = n.note_id
        WHERE n.issued_on IS NULL OR n.issued_on <= $as_of
    )
    SELECT n.number, n.note_type, n.standing, n.reason_code, coalesce(p.owner_code, n.partner_code) AS partner_code,
        p.name AS partner_name,
        coalesce(p.zone, n.zone) AS zone, n.issued_on, $as_of - n.issued_on AS age_days,
        n.unused <> 0 OR n.standing IN ('requested', 'approved') AS is_outstanding, n.currency,
        n.total_minor AS total, n.unused
    FROM notes n LEFT JOIN {_PARTNERS} p ON p.code = n.partner_code
"""

# The answer of an opening is the first after it; one that was opened again waits anew.
_PAYMENT_QUERIES: Final = f"""
    WITH answered AS (
        SELECT o.query_id, o.due_at, min(a.answered_at) AS answered_at FROM query_openings o
        JOIN query_answers a ON a.query_id = o.query_id AND a.answered_at >= o.opened_at GROUP BY ALL
    )
    SELECT {_day("o.opened_at")} AS opened_on, o.number, o.category, o.owner,
        coalesce(p.owner_code, o.partner_code) AS partner_code, p.name AS partner_name,
        coalesce(p.zone, o.zone) AS zone, o.due_at, a.answered_at, a.answered_at IS NOT NULL AS is_answered,
        CASE WHEN a.answered_at IS NOT NULL THEN a.answered_at <= o.due_at
            WHEN {_day("o.due_at")} <= $as_of THEN false END AS is_on_time,
        CAST(date_diff('minute', o.opened_at, a.answered_at) / CAST(60 AS DECIMAL(4, 0)) AS DECIMAL(12, 2))
            AS answer_hours
    FROM query_openings o LEFT JOIN answered a USING (query_id, due_at)
    LEFT JOIN {_PARTNERS} p ON p.code = o.partner_code
"""

_DELIVERIES: Final = f"""
    WITH replied AS (
        SELECT document_id, bool_or(NOT is_objection) AS is_acknowledged, bool_or(is_objection) AS is_objected
        FROM document_replies GROUP BY document_id
    )
    SELECT {_day("d.ended_at")} AS ended_on, d.kind, d.channel, coalesce(p.owner_code, d.partner_code) AS partner_code,
        p.name AS partner_name,
        coalesce(p.zone, d.zone) AS zone, d.is_delivered, coalesce(r.is_acknowledged, false) AS is_acknowledged,
        coalesce(r.is_objected, false) AS is_objected,
        CASE WHEN d.is_delivered THEN CAST(date_diff('minute', f.published_at, d.ended_at)
            / CAST(60 AS DECIMAL(4, 0)) AS DECIMAL(12, 2)) END AS delivery_hours,
        d.reason, f.number AS document_number
    FROM delivery_outcomes d LEFT JOIN published_documents f USING (document_id)
    LEFT JOIN replied r USING (document_id) LEFT JOIN {_PARTNERS} p ON p.code = d.partner_code
"""

_PIPELINE: Final = f"""
    SELECT o.close_on, o.name, o.stage, o.owner, coalesce(p.owner_code, o.partner_code) AS partner_code,
        p.name AS partner_name,
        coalesce(o.zone, p.zone) AS zone, o.is_closed, o.is_won, o.probability_percent, o.currency,
        o.amount_minor AS amount
    FROM known_opportunities o LEFT JOIN {_PARTNERS} p ON p.code = o.partner_code
    WHERE NOT o.is_deleted
"""

# Of each respondent the last accepted version, of each month the figure of the latest collection that has it.
_LATEST: Final = """
    SELECT f.* FROM (
        SELECT * FROM planned_figures
        QUALIFY version = max(version) OVER (PARTITION BY collection_id, respondent_id)
    ) AS f
    QUALIFY (f.collection_first_month, f.collection_id) = max((f.collection_first_month, f.collection_id))
        OVER (PARTITION BY f.template, f.month, f.partner_code, f.product_code, f.zone, f.segment)
"""
_FORECASTS: Final = f"""
    WITH ordered AS (
        SELECT coalesce(p.owner_code, o.partner_code) AS partner_code, l.product_code,
            CAST(date_trunc('month', o.ordered_on) AS DATE) AS month, sum(l.quantity - l.cancelled) AS quantity
        FROM known_orders o JOIN told_order_lines l USING (order_number, version)
        LEFT JOIN {_PARTNERS} p ON p.code = o.partner_code
        WHERE o.ordered_on <= $as_of GROUP BY ALL
    ), said AS (
        SELECT coalesce(p.owner_code, f.partner_code) AS partner_code, f.product_code, f.month,
            f.collection_first_month, sum(f.quantity) AS quantity
        FROM ({_LATEST}) AS f LEFT JOIN {_PARTNERS} p ON p.code = f.partner_code
        WHERE f.feed = 'forecast' GROUP BY ALL
    ), beside AS (
        SELECT s.*, last_day(s.month) <= $as_of AS is_over, coalesce(o.quantity, 0) AS ordered,
            coalesce(n.quantity, 0) AS naive
        FROM said s LEFT JOIN ordered o USING (partner_code, product_code, month)
        LEFT JOIN ordered n ON n.partner_code = s.partner_code AND n.product_code = s.product_code
            AND n.month = CAST(s.collection_first_month - INTERVAL 1 MONTH AS DATE)
    )
    SELECT b.month, b.partner_code, p.name AS partner_name, p.zone, b.product_code,
        CAST(b.quantity AS DECIMAL(15, 3)) AS forecast,
        CAST(CASE WHEN is_over THEN ordered END AS DECIMAL(15, 3)) AS ordered,
        CAST(CASE WHEN is_over THEN ordered - b.quantity END AS DECIMAL(15, 3)) AS gap,
        CAST(CASE WHEN is_over THEN abs(ordered - b.quantity) END AS DECIMAL(15, 3)) AS error,
        CAST(CASE WHEN is_over THEN abs(ordered - naive) END AS DECIMAL(15, 3)) AS naive_error,
        CAST(CASE WHEN is_over THEN abs(ordered - naive) - abs(ordered - b.quantity) END AS DECIMAL(15, 3))
            AS value_added
    FROM beside b LEFT JOIN known_partners p ON p.code = b.partner_code
"""
_PLAN_AND_SALES: Final = f"""
    WITH moved AS (
        SELECT month AS day, 'plan' AS movement, partner_code, zone, segment, currency, amount_minor AS plan, 0 AS sales
        FROM ({_LATEST}) WHERE feed = 'plan'
        UNION ALL
        SELECT issued_on, 'sale', partner_code, NULL, NULL, currency, 0, taxable_minor FROM registered_invoices
        UNION ALL
        SELECT issued_on, 'credit_note', partner_code, zone, NULL, currency, 0, -taxable_minor
        FROM known_credit_notes WHERE standing = 'issued'
    )
    SELECT m.day, m.movement, coalesce(p.owner_code, m.partner_code) AS partner_code, p.name AS partner_name,
        coalesce(m.zone, p.zone) AS zone, m.segment,
        m.currency, m.plan, CAST(m.sales AS BIGINT) AS sales, CAST(m.sales - m.plan AS BIGINT) AS gap
    FROM moved m LEFT JOIN {_PARTNERS} p ON p.code = m.partner_code
"""

# Ten-thousandths of the rows that are right, half up: 2 of 3 are 0.6667.
_SCORE: Final = (
    "CAST((({0}.rows_count - {0}.faulty_count) * 20000 + {0}.rows_count) // nullif(2 * {0}.rows_count, 0)"
    " AS DECIMAL(5, 0)) * 0.0001"
)
# Every rule by zone and owner, and all of them together as 'all rules': a row that breaks two is faulty once.
_DATA_QUALITY: Final = f"""
    WITH placed AS (
        SELECT run_id, row_number() OVER (PARTITION BY system ORDER BY ran_at DESC, run_id DESC) AS place
        FROM (SELECT DISTINCT system, run_id, ran_at FROM rule_scores WHERE {_day("ran_at")} <= $as_of)
    ), reviewed AS (
        SELECT s.*, p.place FROM rule_scores s JOIN placed p USING (run_id) WHERE p.place <= 2
    ), newest AS (SELECT * FROM reviewed WHERE place = 1), former AS (SELECT * FROM reviewed WHERE place = 2)
    SELECT coalesce(n.system, b.system) AS system, coalesce(n.object, b.object) AS object,
        coalesce(n.rule, b.rule) AS rule, nullif(coalesce(n.zone, b.zone), '') AS zone,
        nullif(coalesce(n.owner, b.owner), '') AS owner, CAST(NULL AS VARCHAR) AS partner_code,
        {_day("n.ran_at")} AS reviewed_on, {_day("b.ran_at")} AS reviewed_before_on,
        coalesce(n.rows_count, 0) AS rows_checked, coalesce(n.faulty_count, 0) AS faulty,
        b.faulty_count AS faulty_before, coalesce(n.faulty_count, 0) - b.faulty_count AS faulty_change,
        {_SCORE.format("n")} AS score, {_SCORE.format("b")} AS score_before,
        {_SCORE.format("n")} - {_SCORE.format("b")} AS score_change
    FROM newest n FULL JOIN former b USING (system, object, rule, zone, owner)
"""

SOURCE_ROWS: Final[Mapping[str, str]] = {
    sources.COLLECTIONS.name: _COLLECTIONS,
    sources.RECEIVABLES.name: _RECEIVABLES,
    sources.ORDER_LINES.name: _ORDER_LINES,
    sources.CREDIT_NOTES.name: _CREDIT_NOTES,
    sources.PAYMENT_QUERIES.name: _PAYMENT_QUERIES,
    sources.DELIVERIES.name: _DELIVERIES,
    sources.PIPELINE.name: _PIPELINE,
    sources.FORECASTS.name: _FORECASTS,
    sources.PLAN_AND_SALES.name: _PLAN_AND_SALES,
    sources.DATA_QUALITY.name: _DATA_QUALITY,
}


def tables_of(source: str) -> frozenset[str]:
    """What the source is made of, by the words of its SQL."""
    return frozenset(re.findall(r"[a-z_]+", SOURCE_ROWS[source]))
