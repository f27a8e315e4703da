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
    UNION ALL SELECT 'analysis_letter_oldest_seconds', '', extract(epoch FROM now() - min(queued_at))
        FROM analysis_letters WHERE state = 'queued'
    UNION ALL SELECT 'analysis_letters_failed_lately', '', count(*)
        FROM analysis_letters WHERE state = 'failed' AND queued_at > now() - interval '1 day'
    UNION ALL SELECT 'source_problem_seconds', s.name,
            coalesce(extract(epoch FROM now() - d.problem_since_at), 0)
        FROM source_schedules d JOIN source_systems s ON s.id = d.system_id
    UNION ALL SELECT 'source_snapshots_failed_lately', s.name, count(j.id)
        FROM source_systems s LEFT JOIN source_snapshots n ON n.system_id = s.id AND n.asked_at > now() - interval '1 day'
        LEFT JOIN jobs j ON j.id = n.job_id AND j.state = 'failed'
        GROUP BY s.name
    UNION ALL SELECT 'source_snapshots_missed_lately', s.name, count(DISTINCT m.due_at)
        FROM source_schedules d JOIN source_systems s ON s.id = d.system_id
        LEFT JOIN source_schedule_misses m ON m.system_id = s.id AND m.noticed_at > now() - interval '1 day'
        GROUP BY s.name
    UNION ALL SELECT 'source_snapshot_age_seconds', s.name, extract(epoch FROM now() - coalesce((
            SELECT c.taken_at FROM source_snapshots n JOIN snapshot_contents c ON c.snapshot_id = n.id
            WHERE n.system_id = s.id ORDER BY n.id DESC LIMIT 1), s.created_at))
        FROM source_systems s
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
        Figure("analysis_letter_oldest_seconds", "Since when the oldest letter with a saved analysis waits"),
        Figure("analysis_letters_failed_lately", "Letters with saved analyses of a day that nobody got"),
        Figure("source_problem_seconds", "Since when a source that is read by the clock cannot be", "system"),
        Figure("source_snapshots_failed_lately", "Snapshots of a day that failed, by source", "system"),
        Figure(
            "source_snapshots_missed_lately", "Due snapshots of a day that were late or left out", "system"
        ),
        Figure("source_snapshot_age_seconds", "How old the newest snapshot of a source is", "system"),
    ],
)
