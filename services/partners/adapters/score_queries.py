"""How well documents reach partners: on time, acknowledged, or not at all; summed where the rows are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.identity import RowScope

Row = sa.Row[Any]
GROUP_COLUMNS: Final = {"partner": "code", "zone": "zone"}


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoreQuestion:
    """Documents due, and deliveries queued, in [since, until); sent within `tolerance_seconds` counts as on time."""

    by: str
    since: datetime
    until: datetime
    tolerance_seconds: int


async def score_rows(
    connection: AsyncConnection, scope: RowScope, asked: ScoreQuestion, *, after: str, limit: int
) -> Sequence[Row]:
    """By partner code or zone, those with something due or queued; a partner counts in its zone of now.

    What went to a merged code counts for its survivor. An address counts as failing until every contact with it is retired.
    """
    statement = sa.text(_SCORES.replace("GROUP_COLUMN", GROUP_COLUMNS[asked.by]))
    values = {
        "since": asked.since,
        "until": asked.until,
        "tolerance": asked.tolerance_seconds,
        "after": after,
        "limit": limit,
        **scope.parameters(),
    }
    return (await connection.execute(statement, values)).all()


# A run that began late has no excuse in quiet hours; one on time waits for their end first.
_SCORES: Final = """
    WITH visible AS (
        SELECT w.code, p.code AS owner_code, p.GROUP_COLUMN AS name
        FROM partners p JOIN partner_owners w ON w.owner_code = p.code
        WHERE (:sees_all OR p.zone = ANY(CAST(:zones AS text[])) OR p.code = :own_code) AND p.GROUP_COLUMN > :after
    ), scheduled AS (
        SELECT p.name, count(*) AS scheduled, count(*) FILTER (WHERE s.sent_at <= CASE
            WHEN r.settled_at <= r.due_at + interval '5 minutes' THEN coalesce(r.release_at, r.due_at) ELSE r.due_at
            END + make_interval(secs => :tolerance)) AS on_time
        FROM document_schedule_runs r JOIN document_schedule_items i ON i.run_id = r.id
        JOIN visible p ON p.code = i.partner_code
        LEFT JOIN LATERAL (
            SELECT min(sent_at) AS sent_at FROM deliveries d WHERE d.request_id = i.request_id
        ) AS s ON true
        WHERE r.due_at >= :since AND r.due_at < :until AND i.state <> 'nothing_to_send'
        GROUP BY p.name
    ), answered AS (
        SELECT p.name, count(*) AS deliveries, count(a.at) AS acknowledged,
            percentile_cont(0.5) WITHIN GROUP (ORDER BY extract(epoch FROM a.at - d.sent_at)) AS median_seconds,
            percentile_cont(0.9) WITHIN GROUP (ORDER BY extract(epoch FROM a.at - d.sent_at)) AS p90_seconds,
            array_agg(DISTINCT d.channel || ':' || d.address ORDER BY d.channel || ':' || d.address)
                FILTER (WHERE d.state IN ('failed', 'bounced') AND (d.contact_id IS NULL OR EXISTS (
                    SELECT FROM partner_contacts c JOIN partner_owners w ON w.code = c.partner_code
                    WHERE w.owner_code = p.owner_code AND c.channel = d.channel AND c.address = d.address
                        AND c.retired_at IS NULL))) AS failing
        FROM deliveries d JOIN visible p ON p.code = d.partner_code
        LEFT JOIN LATERAL (
            SELECT min(at) AS at FROM delivery_steps t WHERE t.delivery_id = d.id AND t.step = 'acknowledged'
        ) AS a ON true
        WHERE d.queued_at >= :since AND d.queued_at < :until
        GROUP BY p.name
    )
    SELECT name, coalesce(scheduled, 0) AS scheduled, coalesce(on_time, 0) AS on_time,
        coalesce(deliveries, 0) AS deliveries, coalesce(acknowledged, 0) AS acknowledged,
        CAST(round(CAST(median_seconds AS numeric)) AS bigint) AS median_seconds,
        CAST(round(CAST(p90_seconds AS numeric)) AS bigint) AS p90_seconds, coalesce(failing, '{}') AS failing
    FROM scheduled FULL JOIN answered USING (name)
    ORDER BY name LIMIT :limit
"""
