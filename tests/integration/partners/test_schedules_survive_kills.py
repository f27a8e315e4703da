"""Two worker processes and kill -9 in the middle: a due instant fires once, and each document is queued once."""

import asyncio
import os
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import TypeVar
from uuid import UUID

import sqlalchemy as sa

from services.partners.domain.schedule import ScheduledKind
from tests.integration.partners.schedule_desk import DUE, Desk
from tests.integration.partners.test_scheduled_deliveries import partners_with_contacts, write

T = TypeVar("T")
PARTNERS = int(os.environ.get("SCHEDULED_PARTNERS", "60"))
PATIENCE_ROUNDS = 3_000
WORKER = f"""
import asyncio, sys
from datetime import datetime
from services.partners.worker import fire_schedules, queue_planned_items
from shared.database import Database

async def main(url, application_name):
    database, at = Database(url, application_name=application_name), datetime.fromisoformat("{DUE.isoformat()}")
    while True:
        await fire_schedules(database, at)
        await queue_planned_items(database, at)
        await asyncio.sleep(0.05)

asyncio.run(main(*sys.argv[1:]))
"""
STATEMENTS = """
    INSERT INTO documents (id, partner_code, kind, series, from_on, to_on, version, number, title, language,
        content_sha256, source_id, source_path, keep_until_on, published_at, published_by)
    SELECT gen_random_uuid(), code, 'account_statement', 'Statement', '2026-10-01', '2026-10-31', 1, 'AS/' || code,
        'Statement', 'en', repeat('ab', 32), gen_random_uuid(), '/v1/account-statements/' || code, '2035-03-31', now(),
        'payments'
    FROM unnest(CAST(:codes AS text[])) AS codes (code)
"""


async def test_every_partner_gets_two_documents_once_though_workers_die_in_the_middle(desk: Desk) -> None:
    codes = await partners_with_contacts(desk, PARTNERS)
    await write(desk, STATEMENTS, codes=codes)
    kinds = (ScheduledKind.PAYMENT_SHEET, ScheduledKind.ACCOUNT_STATEMENT)
    schedule_id = await desk.schedule(kinds=kinds)

    with a_worker(desk, "first") as first, a_worker(desk, "second") as second:
        workers = {"first": first, "second": second}
        async with stopped_at(desk, "deliveries"):
            async with stopped_at(desk, "document_schedule_items"):
                kill(workers.pop(await until(lambda: who_waits(desk, workers))))
            await until(lambda: who_waits(desk, workers))
            kill(workers.popitem()[1])
        with a_worker(desk, "third"):
            await until(lambda: all_queued(desk, schedule_id))

    assert await desk.runs(schedule_id) == [(DUE, True)]
    assert await desk.rows(COUNTS, schedule_id) == [
        ("account_statement", "queued", PARTNERS, PARTNERS), ("payment_sheet", "queued", PARTNERS, PARTNERS),
    ]  # fmt: skip


COUNTS = """
    SELECT i.kind, i.state, count(DISTINCT i.partner_code), count(d.id) FROM document_schedule_items i
    LEFT JOIN deliveries d ON d.request_id = i.request_id AND d.state = 'queued'
    WHERE i.schedule_id = :id GROUP BY i.kind, i.state ORDER BY i.kind
"""


@contextmanager
def a_worker(desk: Desk, name: str) -> Iterator[subprocess.Popen[bytes]]:
    """Fires and queues for ever, as the worker's timers do, at the instant of the test."""
    worker = subprocess.Popen([sys.executable, "-c", WORKER, desk.database.url, name])
    try:
        yield worker
    finally:
        kill(worker)


def kill(worker: subprocess.Popen[bytes]) -> None:
    worker.kill()
    worker.wait()


@asynccontextmanager
async def stopped_at(desk: Desk, table: str) -> AsyncIterator[None]:
    """Whoever is about to write to the table waits inside its transaction."""
    async with desk.database.engine.begin() as connection:
        await connection.execute(sa.text(f"LOCK TABLE {table} IN SHARE MODE"))
        yield


async def until(found: Callable[[], Awaitable[T | None]]) -> T:
    for _ in range(PATIENCE_ROUNDS):
        result = await found()
        if result:
            return result
        await asyncio.sleep(0.02)
    raise AssertionError("it never came to that")


async def who_waits(desk: Desk, workers: Iterable[str]) -> str | None:
    """The worker that waits for a lock, by its name."""
    async with desk.database.engine.connect() as connection:
        name = await connection.scalar(
            sa.text(
                "SELECT application_name FROM pg_stat_activity WHERE datname = current_database()"
                " AND wait_event_type = 'Lock' AND application_name = ANY(CAST(:names AS text[])) LIMIT 1"
            ),
            {"names": list(workers)},
        )
    return str(name) if name else None


async def all_queued(desk: Desk, schedule_id: UUID) -> bool:
    query = (
        "SELECT count(*) AS counted FROM document_schedule_items WHERE schedule_id = :id AND state = 'queued'"
    )
    (row,) = await desk.rows(query, schedule_id)
    return int(row.counted) == 2 * PARTNERS
