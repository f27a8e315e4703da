"""Tells the other services of reports for partners, and everybody of runs that were missed."""

from collections.abc import Sequence
from datetime import datetime
from typing import Literal, cast
from uuid import UUID

from services.reporting.adapters.definition_store import definition_of
from services.reporting.adapters.run_store import Row
from services.reporting.adapters.subscription_runs import Miss
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.domain.report_subscription import SubscriptionRule
from shared.events.document_schedules import MissReason
from shared.events.reporting import DashboardsChangedV1, ReportPublishedV1, SubscriptionMissedV1


def publish_report(
    work: UnitOfWork, subscription_id: UUID, rule: SubscriptionRule, run: Row, at: datetime
) -> None:
    """A finished run over one partner's own rows."""
    event = ReportPublishedV1(
        report_run_id=run.id,
        subscription_id=subscription_id,
        partner_code=run.own_code,
        title=definition_of(run.definition).title,
        from_on=run.first_on,
        to_on=run.last_on,
        roles=rule.partner_roles,
        formats=cast('tuple[Literal["pdf", "xlsx", "csv"], ...]', rule.formats),
        content_path=f"/v1/report-runs/{run.id}/content",
        published_at=at,
    )
    work.publish(event, partition_key=f"report-{run.own_code}", subject=str(run.id))


def publish_misses(work: UnitOfWork, misses: Sequence[Miss], at: datetime) -> None:
    for miss in misses:
        event = SubscriptionMissedV1(
            subscription_id=miss.subscription_id,
            name=miss.name,
            due_at=miss.due_at,
            reason=MissReason(miss.reason),
            noticed_at=at,
            late_seconds=max(int((at - miss.due_at).total_seconds()), 0),
        )
        key = f"report-subscription-{miss.subscription_id}"
        work.publish(event, partition_key=key, subject=str(miss.subscription_id))


def publish_dashboards(work: UnitOfWork, names: Sequence[str], at: datetime) -> None:
    """Those that show other figures from now on."""
    if names:
        work.publish(DashboardsChangedV1(dashboards=tuple(names), changed_at=at), partition_key="dashboards")
