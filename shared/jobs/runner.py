"""Runs jobs and timers in a worker process, and takes over those of workers that died.

The queue is Procrastinate's (docs/decisions/0003-jobs-library.md). What its users see is our own table, in the
same database and written with the same transactions; the queue only decides who runs what, and when.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

import psycopg
import structlog
from procrastinate import App, BaseRetryStrategy, PsycopgConnector, RetryDecision
from procrastinate.exceptions import ConnectorException
from procrastinate.jobs import Job as QueuedJob
from procrastinate.jobs import Status
from prometheus_client import Counter
from psycopg_pool import PoolTimeout
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.database import Database
from shared.errors import Refusal
from shared.freed_memory import give_back_freed
from shared.jobs.job import ATTEMPTS_MAX, Job, JobGivenUp, JobTask, Timer
from shared.jobs.table import QUEUE
from shared.primary import conninfo_of
from shared.tracing import continued_trace

log = structlog.get_logger()
job_runs_total = Counter("job_runs", "Runs of jobs by what became of them", ["kind", "outcome"])
timer_runs_total = Counter("timer_runs", "Runs of timers by what became of them", ["timer", "outcome"])

QUEUE_ERRORS = (ConnectorException, psycopg.Error, PoolTimeout, SQLAlchemyError, OSError)
TIMER_PREFIX = "timer:"


@dataclass(frozen=True, slots=True, kw_only=True)
class JobLimits:
    """A worker silent for `silence_seconds` is dead. One that stops gives its jobs `grace_seconds` to end by
    themselves, which has to be less: a stopping worker is silent."""

    concurrency: int = 4
    poll_seconds: float = 2.0
    heartbeat_seconds: float = 2.0
    silence_seconds: float = 10.0
    rescue_seconds: float = 2.0
    grace_seconds: float = 5.0
    outage_seconds: float = 2.0


class JobRunner:
    """Any number may run, in any number of processes."""

    def __init__(
        self,
        database: Database,
        tasks: Sequence[JobTask],
        timers: Sequence[Timer] = (),
        *,
        limits: JobLimits | None = None,
    ) -> None:
        self._database = database
        self._tasks = tasks
        self._timers = timers
        self._limits = limits or JobLimits()

    async def run(self, stop: asyncio.Event) -> None:
        """Run jobs until `stop`; those under way may end, or go back to the queue after a short grace."""
        while not stop.is_set():
            try:
                await self._run_until_lost(stop)
            except QUEUE_ERRORS as error:
                log.warning("job_queue_lost", error=repr(error))
            await _pause(self._limits.outage_seconds, stop)

    async def _run_until_lost(self, stop: asyncio.Event) -> None:
        app = self._app()
        async with app.open_async():
            working = asyncio.create_task(
                app.run_worker_async(
                    queues=[QUEUE],
                    concurrency=self._limits.concurrency,
                    fetch_job_polling_interval=self._limits.poll_seconds,
                    abort_job_polling_interval=self._limits.poll_seconds,
                    update_heartbeat_interval=self._limits.heartbeat_seconds,
                    shutdown_graceful_timeout=self._limits.grace_seconds,
                    install_signal_handlers=False,
                    delete_jobs="always",
                )
            )
            rescuing = asyncio.create_task(self._rescue_for_ever(app))
            stopping = asyncio.create_task(stop.wait())
            try:
                await asyncio.wait({working, rescuing, stopping}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                parts = (rescuing, stopping, working)
                for part in parts:
                    part.cancel()
                ends = await asyncio.gather(*parts, return_exceptions=True)
        for end in ends:
            if isinstance(end, Exception):
                raise end

    def _app(self) -> App:
        """A fresh one for every connection to the queue: it cannot be opened again after a loss."""
        conninfo = conninfo_of(self._database.url)
        app = App(
            connector=PsycopgConnector(conninfo=conninfo, min_size=1, max_size=self._limits.concurrency + 2)
        )
        for task in self._tasks:
            _register_task(app, self._database, task)
        for timer in self._timers:
            _register_timer(app, self._database, timer)
        return app

    async def _rescue_for_ever(self, app: App) -> None:
        while True:
            await asyncio.sleep(self._limits.rescue_seconds)
            async with self._database.engine.begin() as connection:
                if (await connection.execute(_ONE_RESCUER)).scalar():
                    await self._rescue(app, connection)

    async def _rescue(self, app: App, connection: AsyncConnection) -> None:
        """Queue the jobs of dead workers again. A job that keeps killing its worker ends as failed; a timer
        is due again anyway."""
        limits = {task.name: task.attempts_max for task in self._tasks}
        for abandoned in await app.job_manager.get_stalled_jobs(
            queue=QUEUE, seconds_since_heartbeat=self._limits.silence_seconds
        ):
            log.error("job_abandoned", task=abandoned.task_name, queue_id=abandoned.id)
            if abandoned.task_name.startswith(TIMER_PREFIX):
                await app.job_manager.finish_job(abandoned, Status.FAILED, delete_job=True)
                continue
            attempts_max = limits.get(abandoned.task_name, ATTEMPTS_MAX)
            await connection.execute(_ABANDON, {"queue_id": abandoned.id, "attempts_max": attempts_max})
            await app.job_manager.retry_job(abandoned)


def _register_task(app: App, database: Database, task: JobTask) -> None:
    # Jobs that were asked for by a version before this one carry no trace.
    async def run(job_id: str, traceparent: str | None = None) -> None:
        with continued_trace(traceparent, f"job {task.name}"):
            job = await Job.start(database.engine, UUID(job_id))
            if job is not None:
                await _run_task(database, task, job)
                give_back_freed()

    app.task(name=task.name, queue=QUEUE, retry=_WhenAsked())(run)


async def _run_task(database: Database, task: JobTask, job: Job) -> None:
    job_id = str(job.id)
    try:
        await task.run(database, job)
        await job.succeed()
        job_runs_total.labels(task.name, "succeeded").inc()
    except JobGivenUp as error:
        log.warning("job_given_up", task=task.name, job_id=job_id, error=error.detail)
    except Refusal as refusal:
        log.info("job_refused", task=task.name, job_id=job_id, code=refusal.code, detail=refusal.detail)
        await job.fail(refusal)
        job_runs_total.labels(task.name, "refused").inc()
    except asyncio.CancelledError:
        await _step_aside(job)
    except Exception as error:
        job_runs_total.labels(task.name, "failed").inc()
        log.exception("job_failed", task=task.name, job_id=job_id, failures=job.failures + 1)
        if job.failures + 1 >= task.attempts_max:
            await job.fail(error)
            return
        await job.wait_for_next_attempt()
        raise _TryAgainError(2 ** (job.failures + 1)) from error


async def _step_aside(job: Job) -> None:
    """The run was stopped: by its asker, then all is said; or because the worker stops, then another goes on."""
    try:
        await job.wait_for_next_worker()
    except JobGivenUp as error:
        raise asyncio.CancelledError from error
    raise _TryAgainError(0)


def _register_timer(app: App, database: Database, timer: Timer) -> None:
    async def run(timestamp: int) -> None:
        log.debug("timer_due", timer=timer.name, due=timestamp)
        with continued_trace(None, f"timer {timer.name}"):
            await _run_timer(database, timer)

    name = TIMER_PREFIX + timer.name
    task = app.task(name=name, queue=QUEUE, lock=name, queueing_lock=name)(run)
    app.periodic(cron=timer.cron)(task)


async def _run_timer(database: Database, timer: Timer) -> None:
    try:
        await timer.run(database)
        timer_runs_total.labels(timer.name, "succeeded").inc()
    except Exception:
        timer_runs_total.labels(timer.name, "failed").inc()
        log.exception("timer_failed", timer=timer.name)


class _TryAgainError(Exception):
    def __init__(self, seconds: int) -> None:
        super().__init__(f"again in {seconds} s")
        self.seconds = seconds


class _WhenAsked(BaseRetryStrategy):
    """The queue tries again only what asks for it; how often is decided with the job's own count."""

    def get_retry_decision(self, *, exception: BaseException, job: QueuedJob) -> RetryDecision | None:
        if isinstance(exception, _TryAgainError):
            return RetryDecision(retry_in={"seconds": exception.seconds})
        # The bookkeeping itself failed, most likely for want of the database.
        return RetryDecision(retry_in={"seconds": 5}) if isinstance(exception, QUEUE_ERRORS) else None


async def _pause(seconds: float, stop: asyncio.Event) -> None:
    try:
        await asyncio.wait_for(stop.wait(), seconds)
    except TimeoutError:
        return


_ONE_RESCUER = text("SELECT pg_try_advisory_xact_lock(hashtext('job_rescue'))")

# The run number grows, so that a run that was only slow, not dead, cannot write any more.
_ABANDON = text(
    """
    UPDATE jobs SET run = run + 1, failures = failures + 1, updated_at = now(),
        state = CASE WHEN failures + 1 >= :attempts_max THEN 'failed' ELSE 'queued' END,
        failure_code = CASE WHEN failures + 1 >= :attempts_max THEN 'fault' END,
        message = CASE WHEN failures + 1 >= :attempts_max
            THEN 'The work was interrupted too often.' ELSE message END,
        finished_at = CASE WHEN failures + 1 >= :attempts_max THEN now() END
    WHERE queue_id = :queue_id AND state = 'running'
    """
)
