"""What the worker of the partners service does for scheduled documents, by a clock that starts when it is told to.

`python -m tests.faults.document_worker 2026-11-26T03:30:00+00:00`, with the settings of the real one; SIGTERM
ends it when what is under way is sent.
"""

import asyncio
import signal
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from services.partners.application.keep_sending import keep_sending
from services.partners.application.send_deliveries import DeliverySender
from services.partners.settings import PartnersSettings
from services.partners.worker import fire_schedules, queue_planned_items
from shared.database import Database
from shared.observability import configure_logging
from shared.service_worker import WORKER_POOL_SIZE
from shared.settings import load_settings
from shared.webhooks.client import WebhookClient

TIMER_SECONDS = 1.0  # fifteen in production


def clock_from(start: datetime) -> Callable[[], datetime]:
    """The instant that it would be had the process begun at `start`."""
    began = time.monotonic()
    return lambda: start + timedelta(seconds=time.monotonic() - began)


async def run_timers(database: Database, now: Callable[[], datetime], stop: asyncio.Event) -> None:
    """Fire and queue as the timers of the worker do."""
    while not stop.is_set():
        await fire_schedules(database, now())
        await queue_planned_items(database, now())
        with suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), TIMER_SECONDS)


async def run(settings: PartnersSettings, start: datetime) -> None:
    now, stop = clock_from(start), asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    url = settings.database_url.get_secret_value()
    database = Database(url, application_name="partners-worker", pool_size=WORKER_POOL_SIZE)
    async with WebhookClient(settings.target_rules()) as client, asyncio.TaskGroup() as parts:
        sender = DeliverySender(replace(settings.sender_parts(database, client), now=now))
        parts.create_task(run_timers(database, now, stop))
        parts.create_task(keep_sending(sender, stop))


if __name__ == "__main__":
    loaded = load_settings(PartnersSettings)
    configure_logging(service="partners-worker", level=loaded.log_level, log_format=loaded.log_format)
    asyncio.run(run(loaded, datetime.fromisoformat(sys.argv[1])))
