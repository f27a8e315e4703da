"""What operators watch of reporting: whether subscriptions fire, and whether their letters leave."""

from typing import Final

from shared.standing import Figure, Standing

REPORTING_STANDING: Final = Standing(
    """
    SELECT 'report_subscription_lag_seconds' AS figure, '' AS label,
            extract(epoch FROM now() - min(next_due_at)) AS value
        FROM report_subscriptions WHERE next_due_at <= now()
    UNION ALL SELECT 'report_letters_waiting', '', count(*) FROM report_letters WHERE state = 'queued'
    UNION ALL SELECT 'report_letter_oldest_seconds', '', extract(epoch FROM now() - min(queued_at))
        FROM report_letters WHERE state = 'queued'
    UNION ALL SELECT 'report_letters_failed_lately', '', count(*)
        FROM report_letters WHERE state = 'failed' AND queued_at > now() - interval '1 day'
    UNION ALL SELECT 'collection_letter_oldest_seconds', '', extract(epoch FROM now() - min(queued_at))
        FROM collection_letters WHERE state = 'queued'
    UNION ALL SELECT 'collection_letters_failed_lately', '', count(*)
        FROM collection_letters WHERE state = 'failed' AND queued_at > now() - interval '1 day'
    """,
    [
        Figure(
            "report_subscription_lag_seconds", "How long the subscription that waits longest has been due"
        ),
        Figure("report_letters_waiting", "Letters with reports that are to be handed in"),
        Figure("report_letter_oldest_seconds", "Since when the oldest of them is"),
        Figure("report_letters_failed_lately", "Letters with reports of a day that nobody got"),
        Figure("collection_letter_oldest_seconds", "Since when the oldest letter about a collection waits"),
        Figure("collection_letters_failed_lately", "Letters about collections of a day that nobody got"),
    ],
)
