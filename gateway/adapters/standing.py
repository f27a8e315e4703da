"""What operators watch of the gateway's worker: dead letters, webhooks, what goes to Salesforce, and months of the audit."""

from typing import Final

from shared.standing import Figure, Standing

GATEWAY_STANDING: Final = Standing(
    """
    SELECT 'webhooks_waiting' AS figure, '' AS label, count(*) AS value
        FROM webhook_deliveries WHERE state = 'waiting'
    UNION ALL SELECT 'webhook_overdue_seconds', '', extract(epoch FROM now() - min(next_attempt_at))
        FROM webhook_deliveries WHERE state = 'waiting' AND next_attempt_at <= now()
    UNION ALL SELECT 'webhook_endpoints_stopped', '', count(*) FROM webhook_endpoints WHERE state = 'disabled'
    UNION ALL SELECT 'salesforce_writes_waiting', '', count(*) FROM salesforce_writes WHERE state = 'waiting'
    UNION ALL SELECT 'salesforce_writes_dead', '', count(*) FROM salesforce_writes WHERE state = 'dead'
    UNION ALL SELECT 'dead_letters_waiting', service, count(*)
        FROM dead_letters WHERE state = 'waiting' GROUP BY service
    UNION ALL SELECT 'dead_letters_oldest_seconds', service, extract(epoch FROM now() - min(died_at))
        FROM dead_letters WHERE state = 'waiting' GROUP BY service
    UNION ALL SELECT 'audit_months_ahead', '', count(*) FROM pg_inherits JOIN pg_class ON oid = inhrelid
        WHERE inhparent = 'request_audit'::regclass AND relname ~ '^request_audit_p[0-9]{6}$'
          AND relname > 'request_audit_p' || to_char(now() AT TIME ZONE 'UTC', 'YYYYMM')
    UNION ALL SELECT 'audit_rows_misplaced', '', count(*) FROM (
        SELECT FROM request_audit_default LIMIT 100000) AS misplaced
    """,
    [
        Figure("webhooks_waiting", "Webhooks that are not delivered yet"),
        Figure("webhook_overdue_seconds", "How long the one that waits longest has been due"),
        Figure("webhook_endpoints_stopped", "Endpoints that were stopped because they never answered"),
        Figure("salesforce_writes_waiting", "Writes to Salesforce that wait"),
        Figure("salesforce_writes_dead", "Writes that Salesforce refuses for good"),
        Figure("dead_letters_waiting", "Dead letters that wait for somebody", "service"),
        Figure("dead_letters_oldest_seconds", "Since when the oldest of them is dead", "service"),
        Figure("audit_months_ahead", "Months to come for which the request audit has a partition"),
        Figure("audit_rows_misplaced", "Rows of the request audit that no month takes, counted up to 100000"),
    ],
)
