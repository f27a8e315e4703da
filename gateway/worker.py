"""The background process of the gateway: `python -m gateway.worker`."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from gateway.adapters.live_events import prune_live_events
from gateway.adapters.salesforce_client import SalesforceClient
from gateway.adapters.salesforce_inbox import forget_bodies
from gateway.adapters.salesforce_sign_in import SalesforceAccess
from gateway.adapters.salesforce_sweeps import SWEEP_TASK
from gateway.adapters.standing import GATEWAY_STANDING
from gateway.adapters.webhook_deliveries import prune_deliveries
from gateway.application.archive_audit import archive_audit, keep_audit_months
from gateway.application.deliver_webhooks import WebhookSender
from gateway.application.keep_dead_letters import keep_dead_letters
from gateway.application.sweep_salesforce import Sweep
from gateway.application.take_in_records import tell_waiting_records
from gateway.application.write_back import WriteBack, note_newly_overdue
from gateway.consumers import SUBSCRIPTIONS
from gateway.domain.dead_letter import CORRESPONDENTS
from gateway.settings import GatewayWorkerSettings
from shared.database import Database, UnitOfWork
from shared.jobs import Job, JobTask, Timer, enqueue
from shared.messaging.dead_letters import DeadLetter, DeadLetterReader
from shared.service_worker import WorkerPart, run_worker
from shared.settings import load_settings
from shared.standing import watch
from shared.webhooks.client import WebhookClient

SERVICE = "gateway"
PRUNING_ROUNDS_MAX = 200


async def forget_live_events(database: Database) -> None:
    """Each hour: what is older than a week, in transactions of a bounded size."""
    for _ in range(PRUNING_ROUNDS_MAX):
        async with database.engine.begin() as connection:
            gone = await prune_live_events(connection)
        if gone == 0:
            return


async def forget_deliveries(database: Database) -> None:
    """Each hour: deliveries that ended a month ago, in transactions of a bounded size."""
    for _ in range(PRUNING_ROUNDS_MAX):
        async with database.engine.begin() as connection:
            gone = await prune_deliveries(connection)
        if gone == 0:
            return


def webhook_sender(settings: GatewayWorkerSettings) -> WorkerPart:
    """The part of this worker that delivers webhooks."""

    async def send_webhooks(database: Database, stop: asyncio.Event) -> None:
        async with WebhookClient(settings.target_rules()) as client:
            await WebhookSender(database, client, settings.secret_box()).run(stop)

    return send_webhooks


def dead_letter_reader(settings: GatewayWorkerSettings, service: str) -> WorkerPart:
    """The part of this worker that keeps the dead letters of one service."""

    async def read_dead_letters(database: Database, stop: asyncio.Event) -> None:
        async def keep(letters: Sequence[DeadLetter]) -> None:
            async with UnitOfWork(database) as work:
                await keep_dead_letters(work, letters)

        await DeadLetterReader(url=settings.amqp_url.get_secret_value(), service=service, keep=keep).run(stop)

    return read_dead_letters


@dataclass(frozen=True, slots=True)
class SalesforceWork:
    """What is asked of Salesforce and written to it, by one client that lives as long as the process."""

    client: SalesforceClient
    settings: GatewayWorkerSettings

    async def write_back(self, database: Database) -> None:
        """Every fifteen seconds: what changed since."""
        round_of_writing = WriteBack(database, self.client, is_rehearsal=self.settings.salesforce_dry_run)
        await round_of_writing.queue_figures()
        await round_of_writing.send_waiting()

    async def sweep(self, database: Database, job: Job) -> None:
        """The job of each night, or that somebody asked for; a run that died is repeated from where it stopped."""
        objects = job.payload.get("objects")
        overlap = timedelta(minutes=self.settings.salesforce_sweep_overlap_minutes)
        named = [str(name) for name in objects] if isinstance(objects, list) else []
        await Sweep(database, self.client, overlap, job.progress).run(named)

    def tasks(self) -> Sequence[JobTask]:
        return (JobTask(name=SWEEP_TASK, run=self.sweep),)

    def timers(self) -> Sequence[Timer]:
        return (
            Timer(name="write_to_salesforce", cron="* * * * * */15", run=self.write_back),
            Timer(name="sweep_salesforce", cron=self.settings.salesforce_sweep_cron, run=queue_sweep),
            Timer(name="note_newly_overdue", cron="35 18 * * *", run=run_overdue_watch),  # 00:05 in India
        )


async def queue_sweep(database: Database) -> None:
    """As a job, so that it is seen, and does not run beside one that somebody asked for."""
    async with database.engine.begin() as connection:
        await enqueue(connection, SWEEP_TASK, {"objects": []}, created_by="timer", lock=SWEEP_TASK)


async def run_overdue_watch(database: Database) -> None:
    """Just after midnight in India: what became overdue."""
    await note_newly_overdue(database, datetime.now(UTC))


def salesforce_work(settings: GatewayWorkerSettings) -> SalesforceWork | None:
    """None when there is no Salesforce to talk to."""
    if not settings.salesforce_instance_url:
        return None
    access = SalesforceAccess(
        instance_url=settings.salesforce_instance_url,
        client_id=settings.salesforce_client_id,
        client_secret=settings.salesforce_client_secret.get_secret_value(),
        username=settings.salesforce_username,
        private_key=settings.salesforce_private_key.get_secret_value(),
        audience=settings.salesforce_audience,
        api_version=settings.salesforce_api_version,
        allowed_hosts=settings.salesforce_allowed_hosts,
    )
    client = SalesforceClient(access, limit_share_percent=settings.salesforce_limit_percent)
    return SalesforceWork(client, settings)


async def tell_waiting(database: Database) -> None:
    """Records that waited for others, e.g. a case for its account, are told a minute after these have come."""
    async with UnitOfWork(database) as work:
        await tell_waiting_records(work, at=datetime.now(UTC))
        await work.commit()


async def forget_message_bodies(database: Database) -> None:
    """Messages of Salesforce hold personal data; their bodies are kept for ninety days."""
    async with database.engine.begin() as connection:
        await forget_bodies(connection)


async def keep_months_of_audit(database: Database) -> None:
    """Each hour: the months of the audit that are missing, two ahead."""
    await keep_audit_months(database, datetime.now(UTC))


def archive_timers(settings: GatewayWorkerSettings) -> Sequence[Timer]:
    """Each night, if old months of the audit leave the database."""
    archive = settings.audit_archive()
    if archive is None:
        return ()

    async def archive_old_months(database: Database) -> None:
        await archive_audit(database, archive, datetime.now(UTC), months_kept=settings.audit_months_kept)

    return (Timer(name="archive_audit", cron="40 21 * * *", run=archive_old_months),)


TIMERS: Final = (
    Timer(name="keep_audit_months", cron="7 * * * *", run=keep_months_of_audit),
    Timer(name="forget_live_events", cron="27 * * * *", run=forget_live_events),
    Timer(name="forget_deliveries", cron="47 * * * *", run=forget_deliveries),
    Timer(name="tell_waiting_salesforce_records", cron="* * * * *", run=tell_waiting),
    Timer(name="forget_salesforce_bodies", cron="52 * * * *", run=forget_message_bodies),
)


def main() -> None:
    settings = load_settings(GatewayWorkerSettings)
    salesforce = salesforce_work(settings)
    tasks = salesforce.tasks() if salesforce else ()
    timers = (*TIMERS, *archive_timers(settings), *(salesforce.timers() if salesforce else ()))
    readers = (dead_letter_reader(settings, name) for name in CORRESPONDENTS)
    parts = (webhook_sender(settings), watch(GATEWAY_STANDING), *readers)
    run_worker(SERVICE, settings, subscriptions=SUBSCRIPTIONS, tasks=tasks, timers=timers, parts=parts)


if __name__ == "__main__":
    main()
