"""Reads about policies of the matching."""

POLICY_SELECT = (
    "SELECT p.*, encode(p.content_hash, 'hex') AS content_sha256, (SELECT jsonb_agg(jsonb_build_object('state', e.state,"
    " 'at', e.at, 'actor', e.actor) ORDER BY e.position) FROM matching_policy_events e WHERE e.version = p.version)"
    " AS events FROM matching_policies p"
)
SIMULATION_SELECT = (
    "SELECT s.*, encode(s.content_hash, 'hex') AS content_sha256, j.state AS job_state, j.percent, r.counts,"
    " r.finished_at, r.code_version FROM policy_simulations s LEFT JOIN jobs j ON j.id = s.job_id"
    " LEFT JOIN simulation_results r ON r.simulation_id = s.id"
)
SIMULATED_LINE_SELECT = (
    "SELECT d.*, l.booked_on, l.amount_minor, l.currency, l.narration FROM simulated_lines d"
    " JOIN bank_lines l ON l.id = d.bank_line_id"
)
