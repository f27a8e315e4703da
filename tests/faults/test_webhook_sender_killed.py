"""The worker dies while it posts webhooks: nothing is lost, and what comes twice has the same id."""

import asyncio
import os
import signal
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
import sqlalchemy as sa

from deploy.local.ports import free_ports
from gateway.adapters.webhook_deliveries import PER_ENDPOINT_MAX
from gateway.application.deliver_webhooks import WebhookSender
from gateway.application.register_webhook import WantedEndpoint, register_webhook
from shared.database import Database, UnitOfWork
from shared.webhooks.client import WebhookClient
from tests.integration.gateway.receiving import Receiver, receiving
from tests.integration.gateway.test_webhooks import BOX, LOOPBACK, book, make_due, sent
from tests.integration.service_callers import a_caller
from tests.provisions import DatabaseFactory

ROOT = Path(__file__).parents[2]
RECEIPTS = 12


@pytest.fixture
async def database(fresh_database: DatabaseFactory) -> AsyncIterator[Database]:
    database = Database(await fresh_database("gateway"), application_name="test")
    yield database
    await database.close()


@asynccontextmanager
async def worker(database: Database, amqp_url: str) -> AsyncIterator[asyncio.subprocess.Process]:
    variables = {
        "ENVIRONMENT": "test",
        "LOG_LEVEL": "error",
        "AMQP_URL": amqp_url,
        "GATEWAY_DATABASE_URL": database.url,
        "GATEWAY_METRICS_PORT": str(free_ports(1)[0]),
        "WEBHOOK_SECRET": "webhooks of the tests, sealed",
        "WEBHOOK_NETWORKS": "127.0.0.0/8",
        "WEBHOOK_HTTP_ALLOWED": "true",
    }
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "gateway.worker", cwd=ROOT, env={**os.environ, **variables}
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


async def under_way(receiver: Receiver, count: int) -> None:
    async with asyncio.timeout(60):
        while receiver.under_way < count:
            receiver.arrived.clear()
            await receiver.arrived.wait()


async def test_a_killed_worker_loses_no_webhook_and_repeats_only_what_was_under_way(
    database: Database, broker_url: Callable[[str], str]
) -> None:
    async with receiving() as receiver:
        receiver.may_answer.clear()
        async with UnitOfWork(database) as work:
            wanted = WantedEndpoint(url=receiver.url, description="", types=("receipt.booked",))
            await register_webhook(work, BOX, a_caller("integration"), wanted)
            await work.commit()
        await book(database, *(f"CP{number:04}" for number in range(RECEIPTS)))

        async with worker(database, broker_url("gateway")) as process:
            await under_way(receiver, PER_ENDPOINT_MAX)
            process.send_signal(signal.SIGKILL)
            await process.wait()
        receiver.may_answer.set()
        await make_due(database)
        async with WebhookClient(LOOPBACK) as client:
            await sent(WebhookSender(database, client, BOX))

    bodies: dict[str, set[str]] = {}
    for one in receiver.received:
        bodies.setdefault(one.headers["webhook-id"], set()).add(one.body)
    times = Counter(Counter(one.headers["webhook-id"] for one in receiver.received).values())
    assert times == {1: RECEIPTS - PER_ENDPOINT_MAX, 2: PER_ENDPOINT_MAX}
    assert all(len(different) == 1 for different in bodies.values())
    async with database.reading() as connection:
        states = (await connection.execute(sa.text("SELECT state FROM webhook_deliveries"))).scalars().all()
    assert Counter(states) == {"delivered": RECEIPTS}
