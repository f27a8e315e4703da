"""Due instants of subscriptions: each once, with the reports it asked for and what came of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.domain.report_subscription import ReportOutcome, ReportSubscription
from shared.scheduling.planned_runs import PlannedRun

Row = sa.Row[Any]


@dataclass(frozen=True, slots=True)
class Miss:
    """A run that was noticed to be late, left out or not started."""

    subscription_id: UUID
    name: str
    due_at: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SettledRun:
    """What becomes of a due instant; `refusal` says why nothing was asked for."""

    id: UUID
    is_fired: bool
    at: datetime
    job_id: UUID | None = None
    refusal: str | None = None


async def is_settled(connection: AsyncConnection, subscription_id: UUID, due_at: datetime) -> bool:
    """The instant has its row. Hold the subscription."""
    statement = "SELECT EXISTS (SELECT FROM report_subscription_runs WHERE subscription_id = :id AND due_at = :due_at)"
    return bool(await connection.scalar(sa.text(statement), {"id": subscription_id, "due_at": due_at}))


async def write_run(
    connection: AsyncConnection, subscription: ReportSubscription, run: PlannedRun, settled: SettledRun
) -> None:
    """The row of a due instant; a second one of it breaks the key."""
    moved = [{"wall": one.wall.isoformat(), "because": one.because} for one in run.moved]
    await connection.execute(
        sa.text(
            "INSERT INTO report_subscription_runs (id, subscription_id, revision, due_at, is_fired, settled_at, moved,"
            " job_id, refusal) VALUES (:id, :subscription_id, :revision, :due_at, :is_fired, :at,"
            " CAST(:moved AS jsonb), :job_id, :refusal)"
        ),
        {
            "id": settled.id,
            "subscription_id": subscription.id,
            "revision": subscription.revision,
            "due_at": run.due_at,
            "is_fired": settled.is_fired,
            "at": settled.at,
            "moved": msgspec.json.encode(moved).decode(),
            "job_id": settled.job_id,
            "refusal": settled.refusal,
        },
    )


async def add_reports(
    connection: AsyncConnection, ids: tuple[UUID, UUID], reports: Sequence[tuple[UUID, str | None]]
) -> None:
    """`ids` are those of the subscription and its run; the reports by id, with the partner one is for."""
    await connection.execute(
        sa.text(
            "INSERT INTO subscribed_reports (report_run_id, subscription_run_id, subscription_id, partner_code)"
            " VALUES (:report_id, :run_id, :subscription_id, :partner_code)"
        ),
        [
            {"report_id": report, "run_id": ids[1], "subscription_id": ids[0], "partner_code": code}
            for report, code in reports
        ],
    )


async def subscribed_run(connection: AsyncConnection, run_id: UUID) -> Row:
    """The due instant with the rule that held, for the worker."""
    statement = """
        SELECT r.*, v.rule, v.subscriber FROM report_subscription_runs r JOIN report_subscription_versions v
            ON v.subscription_id = r.subscription_id AND v.revision = r.revision
        WHERE r.id = :id
    """
    return (await connection.execute(sa.text(statement), {"id": run_id})).one()


async def undecided_reports(connection: AsyncConnection, run_id: UUID) -> Sequence[Row]:
    """Reports of a run whose outcome is open."""
    statement = """
        SELECT s.report_run_id, s.partner_code FROM subscribed_reports s
        LEFT JOIN subscribed_report_outcomes o USING (report_run_id)
        WHERE s.subscription_run_id = :id AND o.report_run_id IS NULL ORDER BY s.report_run_id
    """
    return (await connection.execute(sa.text(statement), {"id": run_id})).all()


async def report_sent_before(
    connection: AsyncConnection, subscription_id: UUID, report_run_id: UUID, partner_code: str | None
) -> UUID | None:
    """What this subscription sent the same side the last time."""
    statement = """
        SELECT s.report_run_id FROM subscribed_reports s JOIN subscribed_report_outcomes o USING (report_run_id)
        WHERE s.subscription_id = :id AND s.report_run_id < :report AND o.outcome = 'sent'
            AND s.partner_code IS NOT DISTINCT FROM CAST(:partner AS text)
        ORDER BY s.report_run_id DESC LIMIT 1
    """
    values = {"id": subscription_id, "report": report_run_id, "partner": partner_code}
    found: UUID | None = await connection.scalar(sa.text(statement), values)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What came of a report."""

    report_run_id: UUID
    outcome: ReportOutcome
    compared_run_id: UUID | None = None
    comparison: Mapping[str, object] | None = None
    beyond: Sequence[str] = ()
    refusal: str | None = None


async def add_outcome(connection: AsyncConnection, decision: Decision, at: datetime) -> bool:
    """Once; False when another run of the job was first."""
    comparison = decision.comparison
    added = await connection.execute(
        sa.text(
            "INSERT INTO subscribed_report_outcomes (report_run_id, outcome, compared_run_id, comparison, beyond,"
            " refusal, decided_at) VALUES (:id, :outcome, :compared, CAST(:comparison AS jsonb),"
            " CAST(:beyond AS jsonb), :refusal, :at)"
            " ON CONFLICT (report_run_id) DO NOTHING"
        ),
        {
            "id": decision.report_run_id,
            "outcome": decision.outcome,
            "compared": decision.compared_run_id,
            "comparison": None if comparison is None else msgspec.json.encode(comparison).decode(),
            "beyond": msgspec.json.encode(decision.beyond).decode(),
            "refusal": decision.refusal,
            "at": at,
        },
    )
    return added.rowcount == 1


async def record_misses(connection: AsyncConnection, misses: Sequence[Miss], at: datetime) -> list[Miss]:
    """Those that were not noticed before."""
    rows = await connection.execute(
        sa.text(
            "INSERT INTO report_subscription_misses (subscription_id, due_at, reason, noticed_at)"
            " SELECT subscription_id, due_at, reason, :at FROM unnest(CAST(:ids AS uuid[]),"
            "  CAST(:dues AS timestamptz[]), CAST(:reasons AS text[])) AS m (subscription_id, due_at, reason)"
            " ON CONFLICT DO NOTHING RETURNING subscription_id, due_at, reason"
        ),
        {
            "at": at,
            "ids": [miss.subscription_id for miss in misses],
            "dues": [miss.due_at for miss in misses],
            "reasons": [miss.reason for miss in misses],
        },
    )
    new = {tuple(row) for row in rows}
    return [miss for miss in misses if (miss.subscription_id, miss.due_at, miss.reason) in new]


async def runs_not_started(connection: AsyncConnection, before: datetime) -> list[Miss]:
    """Subscriptions whose next run should have begun by then, each by the first run that did not."""
    rows = await connection.execute(
        sa.text(
            "SELECT s.id, v.rule ->> 'name' AS name, s.next_due_at FROM report_subscriptions s"
            " JOIN report_subscription_versions v ON v.subscription_id = s.id AND v.revision = s.revision"
            " WHERE s.next_due_at < :before AND NOT EXISTS (SELECT FROM report_subscription_misses m"
            "  WHERE m.subscription_id = s.id AND m.due_at = s.next_due_at AND m.reason = 'not_started')"
            " ORDER BY s.next_due_at, s.id LIMIT 500"
        ),
        {"before": before},
    )
    return [Miss(row.id, row.name, row.next_due_at, "not_started") for row in rows]


async def run_rows(
    connection: AsyncConnection, subscription_id: UUID, *, before: datetime | None, limit: int
) -> Sequence[Row]:
    """Due instants, the newest first."""
    statement = sa.text(
        f"{_RUNS} WHERE r.subscription_id = :id AND (CAST(:before AS timestamptz) IS NULL OR r.due_at < :before)"
        " ORDER BY r.due_at DESC LIMIT :limit"
    )
    values = {"id": subscription_id, "before": before, "limit": limit}
    return (await connection.execute(statement, values)).all()


async def report_rows(
    connection: AsyncConnection, keys: tuple[UUID, UUID], *, after: UUID | None, limit: int
) -> Sequence[Row]:
    """Reports of a run of the subscription, with their letters."""
    statement = sa.text(_REPORTS)
    values = {"id": keys[0], "run_id": keys[1], "after": after, "limit": limit}
    return (await connection.execute(statement, values)).all()


_RUNS: Final = """
    SELECT r.*, j.state AS job_state, j.message AS job_message,
        (SELECT count(*) FROM subscribed_reports s WHERE s.subscription_run_id = r.id) AS reports,
        (SELECT count(*) FROM subscribed_reports s JOIN subscribed_report_outcomes o USING (report_run_id)
            WHERE s.subscription_run_id = r.id AND o.outcome = 'sent') AS sent
    FROM report_subscription_runs r LEFT JOIN jobs j ON j.id = r.job_id
"""
_REPORTS: Final = """
    SELECT s.report_run_id, s.partner_code, o.outcome, o.compared_run_id, o.comparison, o.beyond, o.refusal, o.decided_at,
        coalesce((
            SELECT jsonb_agg(jsonb_build_object('name', l.name, 'address', l.address, 'state', l.state,
                'attempts', l.attempts, 'next_attempt_at', l.next_attempt_at, 'said', l.said, 'ended_at', l.ended_at)
                ORDER BY l.address)
            FROM report_letters l WHERE l.report_run_id = s.report_run_id
        ), '[]') AS letters
    FROM subscribed_reports s LEFT JOIN subscribed_report_outcomes o USING (report_run_id)
    WHERE s.subscription_id = :id AND s.subscription_run_id = :run_id
        AND (CAST(:after AS uuid) IS NULL OR s.report_run_id > :after)
    ORDER BY s.report_run_id LIMIT :limit
"""
