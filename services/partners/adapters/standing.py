"""What operators watch of partners: whether schedules fire, and whether documents reach their recipients."""

from typing import Final

from shared.standing import Figure, Standing

PARTNERS_STANDING: Final = Standing(
    """
    SELECT 'schedule_lag_seconds' AS figure, '' AS label, extract(epoch FROM now() - min(next_due_at)) AS value
        FROM document_schedules WHERE next_due_at <= now()
    UNION ALL SELECT 'document_requests_waiting', '', count(*)
        FROM delivery_requests WHERE document_id IS NULL AND failure IS NULL
    UNION ALL SELECT 'deliveries_waiting', channel, count(*)
        FROM deliveries WHERE state = 'queued' GROUP BY channel
    UNION ALL SELECT 'delivery_oldest_seconds', channel, extract(epoch FROM now() - min(queued_at))
        FROM deliveries WHERE state = 'queued' GROUP BY channel
    UNION ALL SELECT 'deliveries_failed_lately', channel, count(*)
        FROM deliveries WHERE state IN ('failed', 'bounced') AND queued_at > now() - interval '1 day' GROUP BY channel
    UNION ALL SELECT 'payment_sheets_differing', '', count(*)
        FROM sheet_differences WHERE agreed_at IS NULL AND alarmed_at IS NOT NULL
    """,
    [
        Figure("schedule_lag_seconds", "How long the run that waits longest has been due"),
        Figure("document_requests_waiting", "Documents that are to be made"),
        Figure("deliveries_waiting", "Documents on their way, by channel", "channel"),
        Figure("delivery_oldest_seconds", "Since when the oldest of them is", "channel"),
        Figure("deliveries_failed_lately", "Deliveries of a day that failed or bounced", "channel"),
        Figure("payment_sheets_differing", "Accounts whose payment sheet is not what the ledger says"),
    ],
)
