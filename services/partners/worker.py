"""The background process of the partners service: `python -m services.partners.worker`."""

import asyncio
from datetime import UTC, datetime
from typing import Final
from uuid import UUID

import structlog

from services.partners.adapters.schedule_store import due_schedule_ids
from services.partners.adapters.standing import PARTNERS_STANDING
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.fire_schedules import fire_schedule
from services.partners.application.keep_sending import keep_sending
from services.partners.application.prove_sheets import compare_every_sheet, watch_sheets
from services.partners.application.queue_scheduled import ITEMS_AT_ONCE, queue_scheduled
from services.partners.application.remove_expired_documents import remove_expired_documents
from services.partners.application.resend_delivery import remind_of_answers
from services.partners.application.send_deliveries import DeliverySender
from services.partners.application.watch_schedules import watch_schedules
from services.partners.consumers import SUBSCRIPTIONS
from services.partners.settings import PartnersSettings
from shared.database import Database
from shared.jobs import Timer
from shared.service_worker import WorkerPart, run_worker
from shared.settings import load_settings
from shared.standing import watch
from shared.webhooks.client import WebhookClient

log = structlog.get_logger()

SERVICE = "partners"
SCHEDULES_AT_ONCE_MAX = 500
ITEM_ROUNDS_MAX = 200


async def fire_schedules(database: Database, at: datetime) -> None:
    """Settle every schedule that is due; one that cannot be settled holds up no other."""
    async with database.reading() as connection:
        due = await due_schedule_ids(connection, at, SCHEDULES_AT_ONCE_MAX)
    for schedule_id in due:
        try:
            await _fire(database, schedule_id, at)
        except Exception:
            log.exception("schedule_not_fired", schedule_id=str(schedule_id))


async def _fire(database: Database, schedule_id: UUID, at: datetime) -> None:
    is_due = True
    while is_due:
        async with UnitOfWork(database) as work:
            is_due = await fire_schedule(work, schedule_id, at)
            await work.commit()


async def queue_planned_items(database: Database, at: datetime) -> None:
    """Give the deliveries what runs have planned, 20,000 documents at most."""
    for _ in range(ITEM_ROUNDS_MAX):
        async with UnitOfWork(database) as work:
            taken = await queue_scheduled(work, at)
            await work.commit()
        if taken < ITEMS_AT_ONCE:
            return


async def run_schedule_firing(database: Database) -> None:
    """Every quarter of a minute: runs that are due, and the documents they have planned."""
    await fire_schedules(database, datetime.now(UTC))
    await queue_planned_items(database, datetime.now(UTC))


async def run_schedule_watch(database: Database) -> None:
    """Every minute: runs that nobody started."""
    async with UnitOfWork(database) as work:
        await watch_schedules(work, datetime.now(UTC))
        await work.commit()


async def run_retention(database: Database) -> None:
    """Each night in India: documents whose retention is over."""
    files = load_settings(PartnersSettings).document_files(database)
    await remove_expired_documents(files, datetime.now(UTC))


async def run_reminders(database: Database) -> None:
    """Each morning in India: documents that nobody answered in time."""
    async with UnitOfWork(database) as work:
        await remind_of_answers(work, datetime.now(UTC))
        await work.commit()


async def run_sheet_watch(database: Database) -> None:
    """Every half minute: sheets that are not what the ledger says; how many are an alarm is in the standing."""
    async with UnitOfWork(database) as work:
        await watch_sheets(work, datetime.now(UTC))
        await work.commit()


async def run_sheet_comparison(database: Database) -> None:
    """Each night in India: every sheet, also those whose figures were never told."""
    after: str | None = ""
    while after is not None:
        async with UnitOfWork(database) as work:
            after = await compare_every_sheet(work, datetime.now(UTC), after)
            await work.commit()


def delivery_sender(settings: PartnersSettings) -> WorkerPart:
    """The part of this worker that makes documents and sends them."""

    async def send_documents(database: Database, stop: asyncio.Event) -> None:
        async with WebhookClient(settings.target_rules()) as client:
            parts = settings.sender_parts(database, client)
            await keep_sending(DeliverySender(parts), stop)
            await parts.files.close()

    return send_documents


TIMERS: Final = (
    Timer(name="fire_schedules", cron="* * * * * */15", run=run_schedule_firing),
    Timer(name="watch_schedules", cron="* * * * *", run=run_schedule_watch),
    Timer(name="watch_sheets", cron="* * * * * */30", run=run_sheet_watch),
    Timer(name="compare_every_sheet", cron="10 20 * * *", run=run_sheet_comparison),  # 01:40 in India
    Timer(name="remove_expired_documents", cron="40 20 * * *", run=run_retention),  # 02:10 in India
    Timer(name="remind_of_answers", cron="0 4 * * *", run=run_reminders),  # 09:30 in India
)


def main() -> None:
    settings = load_settings(PartnersSettings)
    parts = (delivery_sender(settings), watch(PARTNERS_STANDING))
    run_worker(SERVICE, settings, subscriptions=SUBSCRIPTIONS, timers=TIMERS, parts=parts)


if __name__ == "__main__":
    main()
