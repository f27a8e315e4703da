"""The background process of a service: relays the outbox, consumes events, runs jobs and timers."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from shared.database import UnitOfWork
from shared.inbox import Subscription
from shared.jobs import JobTask, Timer
from shared.observability import configure_logging
from shared.settings import ServiceSettings

WORKER_POOL_SIZE: Final = 12
Part = Callable[[asyncio.Event], Awaitable[None]]


def run_worker(
    name: str,
    settings: ServiceSettings,
    *,
    subscriptions: Sequence[Subscription[UnitOfWork]],
    tasks: Sequence[JobTask] = (),
    timers: Sequence[Timer] = (),
) -> None:
    """Run until SIGTERM or SIGINT. A part that ends by itself takes the process down: its supervisor restarts it."""
    configure_logging(service=f"{name}-worker", level=settings.log_level, log_format=settings.log_format)
    asyncio.run(_run(name, settings, subscriptions, tasks, timers))
