"""How many jobs wait to be run, and since when."""

from typing import Final

from shared.standing import Figure, Standing

# The queue's own table keeps only what has not ended; a job that is tried again later does not wait before its time.
JOBS_STANDING: Final = Standing(
    """
    WITH waiting AS (
        SELECT jobs.kind, jobs.created_at
        FROM procrastinate_jobs AS queue JOIN jobs ON jobs.id = CAST(queue.args ->> 'job_id' AS uuid)
        WHERE queue.status = 'todo' AND (queue.scheduled_at IS NULL OR queue.scheduled_at <= now())
    )
    SELECT 'jobs_waiting', kind, count(*) FROM waiting GROUP BY kind
    UNION ALL
    SELECT 'jobs_oldest_seconds', kind, extract(epoch FROM now() - min(created_at)) FROM waiting GROUP BY kind
    """,
    [
        Figure("jobs_waiting", "Jobs that may be run and are not yet", "kind"),
        Figure("jobs_oldest_seconds", "Since when the oldest of them was asked for", "kind"),
    ],
)
