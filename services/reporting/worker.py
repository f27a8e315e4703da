"""The background process of the reporting service: `python -m services.reporting.worker`."""

import asyncio
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import structlog

from services.reporting.adapters.connectors.port import SourceAccess
from services.reporting.adapters.extracts import Extracts
from services.reporting.adapters.source_schedules import due_system_ids
from services.reporting.adapters.standing import REPORTING_STANDING
from services.reporting.adapters.subscription_store import due_subscription_ids
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.application.define_report import ship_definitions
from services.reporting.application.define_template import ship_templates
from services.reporting.application.fire_saved_analyses import fire_saved_analyses
from services.reporting.application.follow_checklist import follow_checklists
from services.reporting.application.follow_sources import follow_source, watch_sources
from services.reporting.application.make_subscribed_reports import make_subscribed_reports
from services.reporting.application.post_letters import Post, keep_posting
from services.reporting.application.rebuild_projections import TASK as REBUILD_TASK
from services.reporting.application.rebuild_projections import rebuild_projections
from services.reporting.application.run_report import TASK, make_report
from services.reporting.application.run_saved_analysis import TASK as SAVED_ANALYSIS_TASK
from services.reporting.application.run_saved_analysis import make_saved_analysis
from services.reporting.application.settle_subscriptions import TASK as SUBSCRIBED_TASK
from services.reporting.application.settle_subscriptions import fire_subscription, watch_subscriptions
from services.reporting.application.submit_filled import TASK as SUBMISSION_TASK
from services.reporting.application.submit_filled import check_submission
from services.reporting.application.take_snapshot import TASK as SNAPSHOT_TASK
from services.reporting.application.take_snapshot import take_snapshot, validate_again
from services.reporting.application.tell_dashboards import tell_dashboards
from services.reporting.application.watch_collections import watch_collections
from services.reporting.application.write_rule import VALIDATE_TASK
from services.reporting.consumers import PROJECTIONS, SUBSCRIPTIONS
from services.reporting.domain.shipped_definitions import SHIPPED
from services.reporting.domain.shipped_templates import SHIPPED_TEMPLATES
from services.reporting.settings import ReportingSettings
from shared.database import Database
from shared.jobs import Job, JobTask, Timer
from shared.service_worker import WorkerPart, run_worker
from shared.settings import load_settings
from shared.standing import watch

log = structlog.get_logger()

SERVICE = "reporting"
SUBSCRIPTIONS_AT_ONCE_MAX: Final = 500
SOURCES_AT_ONCE_MAX: Final = 200
ANALYSIS_TASK: Final = JobTask(name=SAVED_ANALYSIS_TASK, run=make_saved_analysis)
CHECK_TASK: Final = JobTask(name=SUBMISSION_TASK, run=check_submission)


async def ship_reports(database: Database, _stop: asyncio.Event) -> None:
    """Once, when the process starts: the definitions and templates that come with this version."""
    async with UnitOfWork(database) as work:
        await ship_definitions(work, SHIPPED, datetime.now(UTC))
        await ship_templates(work, SHIPPED_TEMPLATES, datetime.now(UTC))
        await work.commit()


async def run_collection_watch(database: Database) -> None:
    """Every quarter of an hour: reminders, and who is late."""
    async with UnitOfWork(database) as work:
        await watch_collections(work, datetime.now(UTC))
        await work.commit()


def review_tasks(access: SourceAccess) -> tuple[JobTask, ...]:
    """Snapshots of what the operator opened, and looking at them again."""

    async def run(database: Database, job: Job) -> None:
        await take_snapshot(database, access, job)

    return JobTask(name=SNAPSHOT_TASK, run=run), JobTask(name=VALIDATE_TASK, run=validate_again)


def report_task(extracts: Extracts) -> JobTask:
    async def run(database: Database, job: Job) -> None:
        await make_report(database, extracts, job)

    return JobTask(name=TASK, run=run)


def rebuild_task() -> JobTask:
    async def run(database: Database, job: Job) -> None:
        await rebuild_projections(database, PROJECTIONS, job)

    return JobTask(name=REBUILD_TASK, run=run)


def subscribed_task(extracts: Extracts) -> JobTask:
    async def run(database: Database, job: Job) -> None:
        await make_subscribed_reports(database, extracts, job)

    return JobTask(name=SUBSCRIBED_TASK, run=run)


async def fire_subscriptions(database: Database, at: datetime) -> None:
    """Settle every subscription that is due; one that cannot be settled holds up no other."""
    async with database.reading() as connection:
        due = await due_subscription_ids(connection, at, SUBSCRIPTIONS_AT_ONCE_MAX)
    for subscription_id in due:
        try:
            await _fire(database, subscription_id, at)
        except Exception:
            log.exception("subscription_not_fired", subscription_id=str(subscription_id))


async def _fire(database: Database, subscription_id: UUID, at: datetime) -> None:
    is_due = True
    while is_due:
        async with UnitOfWork(database) as work:
            is_due = await fire_subscription(work, subscription_id, at)
            await work.commit()


async def run_subscription_firing(database: Database) -> None:
    """Every quarter of a minute: subscriptions that are due."""
    await fire_subscriptions(database, datetime.now(UTC))


async def run_source_following(database: Database) -> None:
    """Every quarter of a minute: source systems whose snapshot is due or ended; one that cannot be holds up no other."""
    at = datetime.now(UTC)
    async with database.reading() as connection:
        due = await due_system_ids(connection, at, SOURCES_AT_ONCE_MAX)
    for system_id in due:
        try:
            async with UnitOfWork(database) as work:
                await follow_source(work, system_id, at)
                await work.commit()
        except Exception:
            log.exception("source_not_followed", system_id=str(system_id))


async def run_source_watch(database: Database) -> None:
    """Every minute: snapshots that nobody started."""
    async with UnitOfWork(database) as work:
        await watch_sources(work, datetime.now(UTC))
        await work.commit()


async def run_saved_analyses(database: Database) -> None:
    """Every minute: saved analyses that are due, a bounded number of them."""
    async with UnitOfWork(database) as work:
        await fire_saved_analyses(work, datetime.now(UTC))
        await work.commit()


async def run_subscription_watch(database: Database) -> None:
    """Every minute: runs that nobody started."""
    async with UnitOfWork(database) as work:
        await watch_subscriptions(work, datetime.now(UTC))
        await work.commit()


async def run_dashboard_telling(database: Database) -> None:
    """Every five seconds: dashboards that show other figures."""
    async with UnitOfWork(database) as work:
        await tell_dashboards(work, datetime.now(UTC))
        await work.commit()


def letter_poster(post: Post) -> WorkerPart:
    """The part of this worker that hands letters in."""

    async def run(database: Database, stop: asyncio.Event) -> None:
        await keep_posting(database, post, stop)

    return run


TIMERS: Final = (
    Timer(name="watch_collections", cron="*/15 * * * *", run=run_collection_watch),
    Timer(name="fire_subscriptions", cron="* * * * * */15", run=run_subscription_firing),
    Timer(name="tell_dashboards", cron="* * * * * */5", run=run_dashboard_telling),
    Timer(name="watch_subscriptions", cron="* * * * *", run=run_subscription_watch),
    Timer(name="follow_sources", cron="* * * * * */15", run=run_source_following),
    Timer(name="watch_sources", cron="* * * * *", run=run_source_watch),
    Timer(name="fire_saved_analyses", cron="* * * * *", run=run_saved_analyses),
    Timer(name="follow_checklists", cron="* * * * *", run=follow_checklists),
)


def main() -> None:
    settings = load_settings(ReportingSettings)
    post = settings.post()
    parts = [ship_reports, watch(REPORTING_STANDING), *([letter_poster(post)] if post else [])]
    extracts = Extracts()
    try:
        run_worker(
            SERVICE,
            settings,
            subscriptions=SUBSCRIPTIONS,
            tasks=(
                report_task(extracts),
                subscribed_task(extracts),
                rebuild_task(),
                ANALYSIS_TASK,
                *review_tasks(settings.source_access()),
                CHECK_TASK,
            ),
            timers=TIMERS,
            parts=parts,
        )
    finally:
        extracts.close()


if __name__ == "__main__":
    main()
