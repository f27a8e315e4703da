"""Reads about remittance advices: what was told, and whether its money came."""

from typing import Final

# A receipt with the same reference explains the money even when a person booked it without the advice.
_STATE: Final = (
    "CASE WHEN a.standing <> 'told' THEN a.standing WHEN EXISTS (SELECT FROM receipts r"
    "  WHERE r.reference = a.reference AND r.reference <> '' AND r.partner_code = a.partner_code"
    "  AND r.received_on >= a.paid_on - 10"
    "  AND NOT EXISTS (SELECT FROM receipt_reversals v WHERE v.receipt_id = r.id)) THEN 'received_otherwise'"
    " ELSE 'waiting' END"
)
# The outer SELECT lets conditions name the state; :today and :overdue_days come with every listing of it.
ADVICE_SELECT: Final = (
    "SELECT w.* FROM (SELECT a.*, p.zone, m.receipt_id, m.bank_line_id, m.matched_at, s.state,"
    " CASE WHEN s.state = 'waiting' THEN greatest(CAST(:today AS date) - a.paid_on, 0) ELSE 0 END AS age_days,"
    " s.state = 'waiting' AND CAST(:today AS date) - a.paid_on > :overdue_days AS is_overdue,"
    " (SELECT coalesce(jsonb_agg(jsonb_build_object('position', t.position, 'kind', t.kind, 'item', t.item,"
    "  'minor', t.amount_minor) ORDER BY t.position, t.kind), '[]')"
    "  FROM remittance_advice_parts t WHERE t.advice_id = a.id) AS parts,"
    " (SELECT jsonb_agg(jsonb_build_object('standing', e.standing, 'detail', e.detail, 'at', e.at, 'actor', e.actor)"
    "  ORDER BY e.revision) FROM remittance_advice_events e WHERE e.advice_id = a.id) AS events"
    " FROM remittance_advices a JOIN partners p ON p.code = a.partner_code"
    " LEFT JOIN remittance_advice_matches m ON m.advice_id = a.id"
    f" CROSS JOIN LATERAL (SELECT {_STATE} AS state) s) w"
)
