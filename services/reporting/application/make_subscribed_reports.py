"""Makes the reports of a due instant, decides what is sent, and queues it: letters to the house, events to partners."""

import asyncio
from datetime import UTC, datetime
from uuid import UUID

import msgspec
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.definition_store import definition_of
from services.reporting.adapters.extracts import Extracts
from services.reporting.adapters.letter_store import add_letters
from services.reporting.adapters.published_reports import publish_report
from services.reporting.adapters.report_letter import comparison_facts
from services.reporting.adapters.report_limits import figures_beyond, measures_of
from services.reporting.adapters.run_comparison import RunComparison, compared_runs
from services.reporting.adapters.run_store import Row, result_content, run_of_job
from services.reporting.adapters.subscription_runs import (
    Decision,
    add_outcome,
    report_sent_before,
    subscribed_run,
    undecided_reports,
)
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.application.run_report import make_run
from services.reporting.domain.report_subscription import (
    ReportOutcome,
    SubscriptionRule,
    Threshold,
    outcome_of,
)
from shared.database import Database
from shared.errors import Refusal
from shared.jobs import Job


async def make_subscribed_reports(database: Database, extracts: Extracts, job: Job) -> None:
    """Each report once, whatever happens to the others; a repeat goes on with those whose outcome is open."""
    run_id = UUID(str(job.payload["subscription_run_id"]))
    async with database.reading() as connection:
        due = await subscribed_run(connection, run_id)
        reports = await undecided_reports(connection, run_id)
    rule = msgspec.convert(due.rule, type=SubscriptionRule)
    for report in reports:
        try:
            await make_run(database, extracts, job, report.report_run_id)
        except Refusal as refusal:
            refused = Decision(
                report_run_id=report.report_run_id, outcome=ReportOutcome.FAILED, refusal=refusal.detail
            )
            async with UnitOfWork(database) as work:
                await add_outcome(work.connection, refused, datetime.now(UTC))
                await work.commit()
            continue
        async with UnitOfWork(database) as work:
            await _send(work, due.subscription_id, rule, report)
            await work.commit()


async def _send(work: UnitOfWork, subscription_id: UUID, rule: SubscriptionRule, report: Row) -> None:
    """The outcome and what it leads to stand or fall together."""
    run = await run_of_job(work.connection, report.report_run_id)
    before_id = await report_sent_before(work.connection, subscription_id, run.id, report.partner_code)
    before = None if before_id is None else await run_of_job(work.connection, before_id)
    found = None if before is None else await _compared(work.connection, run, before)
    beyond = await _beyond(work.connection, run, rule.threshold)
    is_limited = rule.threshold is None or rule.threshold.measure in measures_of(
        definition_of(run.definition)
    )
    outcome = (
        ReportOutcome.FAILED
        if not is_limited
        else outcome_of(
            rule.condition,
            rows_count=run.rows_count,
            is_changed=found is None or bool(found.differences),
            is_beyond=bool(beyond),
        )
    )
    decision = Decision(
        report_run_id=run.id,
        outcome=outcome,
        compared_run_id=before_id,
        comparison=None if found is None or before is None else comparison_facts(found, before),
        beyond=beyond,
        refusal=None if is_limited else "The report does not have the figure any more that has the limit",
    )
    at = datetime.now(UTC)
    is_first = await add_outcome(work.connection, decision, at)
    if not is_first or outcome is not ReportOutcome.SENT:
        return
    if report.partner_code is None:
        await add_letters(work.connection, run.id, rule.recipients, at)
    else:
        publish_report(work, subscription_id, rule, run, at)


async def _beyond(connection: AsyncConnection, run: Row, threshold: Threshold | None) -> list[str]:
    if threshold is None:
        return []
    return await asyncio.to_thread(figures_beyond, run, await result_content(connection, run.id), threshold)


async def _compared(connection: AsyncConnection, run: Row, before: Row) -> RunComparison | None:
    contents = [await result_content(connection, one.id) for one in (run, before)]
    return await asyncio.to_thread(compared_runs, (run, contents[0]), (before, contents[1]))
