"""A report is asked for, made by a worker from one snapshot, and frozen with its hash."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from uuid_utils.compat import uuid7

from services.reporting.adapters.definition_store import KeptDefinition, definition_of
from services.reporting.adapters.extracts import Extracts
from services.reporting.adapters.projection_queries import projection_states
from services.reporting.adapters.report_query import Rows
from services.reporting.adapters.report_rows import found_rows
from services.reporting.adapters.run_store import NewResult, NewRun, add_result, add_run, run_of_job
from services.reporting.adapters.source_rows import tables_of
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.domain.errors import ScopeEmpty
from services.reporting.domain.report_definition import Parameters
from services.reporting.domain.report_period import ReportPeriod, Unit, resolved_period
from services.reporting.domain.report_source import SOURCES
from shared.database import Database
from shared.errors import FieldProblem
from shared.identity import Caller, RowScope
from shared.jobs import Job, enqueue

TASK: Final = "make_report"
BUSINESS_TIME_ZONE: Final = ZoneInfo("Asia/Kolkata")


@dataclass(frozen=True, slots=True)
class RunWish:
    """What a caller wants otherwise than the definition says."""

    period: str | None
    zone: str | None
    partner_code: str | None


@dataclass(frozen=True, slots=True)
class Asker:
    """Who a run is asked for by, and whose rows it shows."""

    actor: str
    scope: RowScope


async def ask_report(
    work: UnitOfWork, kept: KeptDefinition, wish: RunWish, caller: Caller, at: datetime
) -> tuple[UUID, UUID]:
    """Queue a run within the rows of the caller; returns the ids of run and job. PeriodUnknown, ScopeEmpty."""
    run_id = uuid7()
    job_id = await enqueue(
        work.connection,
        TASK,
        {"run_id": str(run_id)},
        created_by=caller.actor,
        result_url=f"/v1/report-runs/{run_id}",
    )
    asker = Asker(caller.actor, caller.row_scope())
    await add_asked_run(work, kept, wish, asker, RunKey(run_id, job_id, at, at))
    return run_id, job_id


@dataclass(frozen=True, slots=True)
class RunKey:
    """Ids of a run and of the job that makes it, when it was asked for, and the instant whose day its period is of."""

    run_id: UUID
    job_id: UUID
    asked_at: datetime
    due_at: datetime


async def add_asked_run(
    work: UnitOfWork, kept: KeptDefinition, wish: RunWish, asker: Asker, key: RunKey
) -> None:
    """The run, with the words of its period resolved. PeriodUnknown, ScopeEmpty."""
    defaults: Parameters = kept.definition.parameters
    today = key.due_at.astimezone(BUSINESS_TIME_ZONE).date()
    period = resolved_period(wish.period or defaults.period, today)
    zone, partner_code = wish.zone or defaults.zone, wish.partner_code or defaults.partner_code
    scope = asker.scope
    if zone is not None and not scope.sees_all and scope.partner_code is None and zone not in scope.zones:
        problem = FieldProblem("/zone", f"expected one of {', '.join(sorted(scope.zones)) or 'none'}")
        raise ScopeEmpty("The zone lies outside of what you see", problems=[problem])
    run = NewRun(
        id=key.run_id,
        definition_id=kept.id,
        revision=kept.revision,
        period=period.expression,
        first_on=period.first_on,
        last_on=period.last_on,
        period_unit=period.unit,
        zone=zone,
        partner_code=partner_code,
        sees_all=scope.sees_all,
        zones=sorted(scope.zones),
        own_code=scope.partner_code,
        job_id=key.job_id,
        asked_by=asker.actor,
        asked_at=key.asked_at,
    )
    await add_run(work.connection, run)


async def make_report(database: Database, extracts: Extracts, job: Job) -> None:
    """All of it from one snapshot; a run that has its result already is done."""
    await make_run(database, extracts, job, UUID(str(job.payload["run_id"])))


async def make_run(database: Database, extracts: Extracts, job: Job, run_id: UUID) -> None:
    """The result of one run, once."""
    async with database.reading() as connection:
        run = await run_of_job(connection, run_id)
        if run.content_sha256 is not None:
            return
        await job.progress(message="Bringing the columnar copies up to now", percent=10)
        definition = definition_of(run.definition)
        states = {one.projection: one for one in await projection_states(connection)}
        cut_off: dict[str, object] = {
            name.value: {"revision": states[name].revision, "newest_fact_at": states[name].newest_fact_at}
            for name in SOURCES[definition.source].projections
        }
        at = datetime.now(UTC)
        async with extracts.reading(connection, tables_of(definition.source)) as engine:
            await job.progress(message="Calculating", percent=50)
            found = await asyncio.to_thread(found_rows, engine, extracts.folder, definition, _rows_of(run))
    result = NewResult(cut_off=cut_off, cut_off_at=at, found=found)
    async with UnitOfWork(database) as work:
        await add_result(work.connection, run_id, result)
        await work.commit()
    counts = {"rows": found.rows_count, "rows_behind": found.details_count}
    await job.progress(message="Done", counts=counts, percent=100)


def _rows_of(run: Any) -> Rows:  # noqa: ANN401 - a row of the table
    period = ReportPeriod(run.period, run.first_on, run.last_on, Unit(run.period_unit))
    scope = RowScope(run.sees_all, frozenset(run.zones), run.own_code)
    return Rows(period=period, scope=scope, zone=run.zone, partner_code=run.partner_code)
