"""Reads about payers that are known to pay for partners."""

from typing import Final

EVIDENCE_MAX: Final = 20  # the latest proofs tell enough; all of them are in the table

# One row per payer and partner: its id is that of the first proof.
ALIAS_SELECT: Final = f"""
SELECT g.*, (SELECT count(*) FROM standing_payer_aliases s
             WHERE s.alias_key = g.alias_key AND s.partner_code = g.partner_code) AS standing,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('kind', w.kind, 'reason', w.reason, 'bank_line_id', w.bank_line_id,
        'by', w.withdrawn_by, 'at', w.withdrawn_at) ORDER BY w.withdrawn_at), '[]') FROM payer_alias_withdrawals w
     WHERE w.alias_key = g.alias_key AND w.partner_code = g.partner_code) AS objections
FROM (
    SELECT (array_agg(a.id ORDER BY a.learned_at, a.id))[1] AS id, a.alias_key, a.partner_code,
        CASE WHEN split_part(a.alias_key, ':', 1) IN ('account', 'vpa') THEN split_part(a.alias_key, ':', 1)
             ELSE 'name' END AS kind,
        min(a.learned_at) AS first_learned_at, count(*) AS proofs,
        to_jsonb((array_agg(jsonb_build_object('source', a.source, 'bank_line_id', a.bank_line_id, 'by', a.learned_by,
            'at', a.learned_at) ORDER BY a.learned_at DESC, a.id DESC))[1:{EVIDENCE_MAX}]) AS evidence
    FROM payer_aliases a GROUP BY a.alias_key, a.partner_code
) g
"""
STANDS: Final = (
    "EXISTS (SELECT FROM standing_payer_aliases s WHERE s.alias_key = g.alias_key"
    " AND s.partner_code = g.partner_code)"
)
PROVED_BY: Final = (
    "EXISTS (SELECT FROM payer_aliases e WHERE e.alias_key = g.alias_key AND e.partner_code = g.partner_code"
    " AND e.bank_line_id = :bank_line_id)"
)
HAS_PROOF: Final = (
    "EXISTS (SELECT FROM payer_aliases e WHERE e.alias_key = g.alias_key AND e.partner_code = g.partner_code"
    " AND e.id = :alias_id)"
)
