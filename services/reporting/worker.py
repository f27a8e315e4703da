"""The background process of the reporting service: `python -m services.reporting.worker`."""

import asyncio
from datetime import UTC, datetime
from typing import Final

from services.reporting.adapters.extracts import Extracts
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.application.define_report import ship_definitions
from services.reporting.application.define_template import ship_templates
from services.reporting.application.run_report import TASK, make_report
from services.reporting.application.run_saved_analysis import TASK as SAVED_ANALYSIS_TASK
from services.reporting.application.run_saved_analysis import make_saved_analysis
from services.reporting.application.submit_filled import TASK as SUBMISSION_TASK
from services.reporting.application.submit_filled import check_submission
from services.reporting.application.take_snapshot import TASK as SNAPSHOT_TASK
from services.reporting.application.take_snapshot import take_snapshot, validate_again
from services.reporting.application.watch_collections import watch_collections
from services.reporting.application.write_rule import VALIDATE_TASK
from services.reporting.consumers import SUBSCRIPTIONS
from services.reporting.domain.shipped_definitions import SHIPPED
from services.reporting.domain.shipped_templates import SHIPPED_TEMPLATES
from services.reporting.settings import ReportingSettings
from shared.database import Database
from shared.jobs import Job, JobTask, Timer
from shared.service_worker import run_worker
from shared.settings import load_settings

SERVICE = "reporting"
ANALYSIS_TASK: Final = JobTask(name=SAVED_ANALYSIS_TASK, run=make_saved_analysis)
REVIEW_TASKS: Final = (
    JobTask(name=SNAPSHOT_TASK, run=take_snapshot),
    JobTask(name=VALIDATE_TASK, run=validate_again),
)
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


TIMERS: Final = (Timer(name="watch_collections", cron="*/15 * * * *", run=run_collection_watch),)


def report_task(extracts: Extracts) -> JobTask:
    async def run(database: Database, job: Job) -> None:
        await make_report(database, extracts, job)

    return JobTask(name=TASK, run=run)


def main() -> None:
    extracts = Extracts()
    try:
        run_worker(
            SERVICE,
            load_settings(ReportingSettings),
            subscriptions=SUBSCRIPTIONS,
            tasks=(
                report_task(extracts),
                ANALYSIS_TASK,
                *REVIEW_TASKS,
                CHECK_TASK,
            ),
            timers=TIMERS,
            parts=(ship_reports,),
        )
    finally:
        extracts.close()


if __name__ == "__main__":
    main()
