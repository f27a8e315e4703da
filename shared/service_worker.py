"""The background process of a service: relays the outbox, consumes events, runs jobs and timers."""

import asyncio
import gc
import signal
from collections.abc import Callable, Coroutine, Sequence
from datetime import UTC, datetime
from typing import Final

from prometheus_client import REGISTRY, start_http_server

from shared.database import Database, UnitOfWork
from shared.freed_memory import keep_one_heap
from shared.idempotency_table import forget_replies
from shared.inbox import Subscription, event_consumer
from shared.inbox_table import keep_months, prune
from shared.jobs import JobRunner, JobTask, Timer
from shared.jobs.standing import JOBS_STANDING
from shared.messaging.publisher import Publisher
from shared.observability import configure_logging, logger
from shared.outbox.relay import OutboxRelay
from shared.settings import WorkerSettings
from shared.standing import watch
from shared.tracing import start_tracing

WORKER_POOL_SIZE: Final = 12
PRUNING_ROUNDS_MAX: Final = 200

# Runs beside the others until the event is set, e.g. to send what only this service sends.
WorkerPart = Callable[[Database, asyncio.Event], Coroutine[None, None, None]]


async def forget_old_claims(database: Database) -> None:
    """Events cannot be told again after thirty days: months that are older go whole, and what lies in none row by row.

    Row by row in transactions of a bounded size, and until none is left.
    """
    async with database.engine.begin() as connection:
        by_row = await keep_months(connection, datetime.now(UTC))
    for partition in by_row:
        for _ in range(PRUNING_ROUNDS_MAX):
            async with database.engine.begin() as connection:
                gone = await prune(connection, partition)
            if gone == 0:
                break


async def forget_old_replies(database: Database) -> None:
    """Stored replies are promised for seven days."""
    async with database.engine.begin() as connection:
        await forget_replies(connection)


UPKEEP: Final = (
    Timer(name="forget_old_claims", cron="17 * * * *", run=forget_old_claims),
    Timer(name="forget_old_replies", cron="37 * * * *", run=forget_old_replies),
)


def run_worker(
    name: str,
    settings: WorkerSettings,
    *,
    subscriptions: Sequence[Subscription[UnitOfWork]] = (),
    tasks: Sequence[JobTask] = (),
    timers: Sequence[Timer] = (),
    parts: Sequence[WorkerPart] = (),
) -> None:
    """Run until SIGTERM or SIGINT; work under way is finished.

    A part that fails takes the process down with it: a supervisor restarts it, and everything it did resumes.
    """
    keep_one_heap()
    configure_logging(service=f"{name}-worker", level=settings.log_level, log_format=settings.log_format)
    start_tracing(f"{name}-worker", settings.otlp_endpoint, share=settings.trace_share)
    # What start-up leaves behind stays for good: it is not looked at again, neither at work nor at the end.
    gc.collect()
    gc.freeze()
    asyncio.run(_run(name, settings, subscriptions, (tasks, timers), parts))


async def _run(
    name: str,
    settings: WorkerSettings,
    subscriptions: Sequence[Subscription[UnitOfWork]],
    schedule: tuple[Sequence[JobTask], Sequence[Timer]],
    own_parts: Sequence[WorkerPart],
) -> None:
    database = Database(
        settings.database_url.get_secret_value(),
        application_name=f"{name}-worker",
        pool_size=WORKER_POOL_SIZE,
    )
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    REGISTRY.register(database.pool_use)
    start_http_server(settings.metrics_port, addr=settings.host)
    amqp_url = settings.amqp_url.get_secret_value()
    async with Publisher(amqp_url, name=name) as publisher, asyncio.TaskGroup() as parts:
        parts.create_task(OutboxRelay(database.engine, publisher).run(stop))
        if subscriptions:
            consumer = event_consumer(amqp_url, name, subscriptions, lambda: UnitOfWork(database))
            parts.create_task(consumer.run(stop))
        tasks, timers = schedule
        parts.create_task(JobRunner(database, tasks, (*timers, *UPKEEP)).run(stop))
        for own_part in (watch(JOBS_STANDING), *own_parts):
            parts.create_task(own_part(database, stop))
        logger(name).info("worker_started")
    await database.close()
