"""The background process of the payments service: `python -m services.payments.worker`."""

from datetime import UTC, datetime
from uuid import UUID

from services.payments.adapters.einvoice_registry import Credentials, EInvoiceRegistry
from services.payments.adapters.journal_months import keep_journal_months
from services.payments.adapters.standing import PAYMENTS_STANDING
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.chase_confirmations import chase_confirmations
from services.payments.application.explain_bank_lines import explain_all_accounts
from services.payments.application.import_bank_statement import import_bank_statement
from services.payments.application.publish_statements import PUBLISH_TASK, publish_statements
from services.payments.application.receive_bank_statement import IMPORT_TASK
from services.payments.application.redecide_lines import (
    REDECISION_TASK,
    redecide_lines,
    redecide_when_asked,
)
from services.payments.application.register_einvoice import settle_with_portal
from services.payments.application.simulate_policy import SIMULATION_TASK, simulate_policy
from services.payments.application.tell_accounts import tell_moved_accounts
from services.payments.application.watch_bounces import watch_bounces
from services.payments.application.watch_clocks import AT_ONCE_MAX, watch_clocks
from services.payments.application.watch_einvoices import (
    PORTAL_TASK,
    queue_due_einvoices,
    watch_reporting_clock,
)
from services.payments.application.watch_exceptions import watch_exceptions
from services.payments.application.watch_queries import watch_queries
from services.payments.consumers import SUBSCRIPTIONS
from services.payments.settings import PaymentsSettings
from shared.database import Database
from shared.jobs import Job, JobTask, Timer
from shared.observability import logger
from shared.service_worker import run_worker
from shared.settings import load_settings
from shared.standing import watch

SERVICE = "payments"
CLOCK_ROUNDS_MAX = 20
TELLING_ROUNDS_MAX = 20


async def run_import(database: Database, job: Job) -> None:
    """The job that `receive_bank_statement` queues; a run that died is repeated and goes on where it stopped."""
    lines_per_chunk = load_settings(PaymentsSettings).import_lines_per_chunk
    statement_id = UUID(str(job.payload["statement_id"]))
    await import_bank_statement(database, statement_id, job.progress, lines_per_chunk=lines_per_chunk)


async def run_simulation(database: Database, job: Job) -> None:
    """The job that `ask_for_simulation` queues."""
    await simulate_policy(database, UUID(str(job.payload["simulation_id"])), job.progress)


async def run_bounce_watch(database: Database) -> None:
    """Each morning in India: the days that the law sets for returned cheques."""
    async with UnitOfWork(database) as work:
        await watch_bounces(work, datetime.now(UTC))
        await work.commit()


async def run_query_watch(database: Database) -> None:
    """Every five minutes: questions whose time ran out."""
    async with UnitOfWork(database) as work:
        await watch_queries(work, datetime.now(UTC))
        await work.commit()


async def run_exception_watch(database: Database) -> None:
    """Every quarter of an hour: what rules explain, and exceptions whose cause is gone."""
    await explain_all_accounts(database, datetime.now(UTC))
    async with UnitOfWork(database) as work:
        await watch_exceptions(work, datetime.now(UTC))
        await work.commit()


async def run_clock_watch(database: Database) -> None:
    """Every minute: credits whose 24 hours are half gone, nearly gone or over, 10,000 at most."""
    for _ in range(CLOCK_ROUNDS_MAX):
        async with UnitOfWork(database) as work:
            told = await watch_clocks(work, datetime.now(UTC))
            await work.commit()
        if told < AT_ONCE_MAX:
            return


async def run_statements(database: Database, job: Job) -> None:
    """The job of a batch of account statements; a run that died is repeated and goes on where it stopped."""
    await publish_statements(database, UUID(str(job.payload["batch_id"])), job.progress)


async def run_confirmation_chase(database: Database) -> None:
    """Each morning in India: partners that have not confirmed their balance."""
    after: UUID | None = UUID(int=0)
    while after is not None:
        async with UnitOfWork(database) as work:
            _, after = await chase_confirmations(work, datetime.now(UTC), after)
            await work.commit()


async def run_portal_attempt(database: Database, job: Job) -> None:
    """One conversation with the invoice registration portal; what it could not do is tried again when it is due."""
    settings = load_settings(PaymentsSettings)
    if not settings.einvoice_base_url:
        return
    credentials = Credentials(
        settings.einvoice_client_id,
        settings.einvoice_client_secret.get_secret_value(),
        settings.einvoice_user_name,
        settings.einvoice_password.get_secret_value(),
    )
    async with EInvoiceRegistry(settings.einvoice_base_url, credentials) as registry:
        await settle_with_portal(database, registry, UUID(str(job.payload["note_id"])), datetime.now(UTC))


async def run_portal_retries(database: Database) -> None:
    """Each minute: what the portal did not answer and is due again."""
    if not load_settings(PaymentsSettings).einvoice_base_url:
        return
    async with UnitOfWork(database) as work:
        await queue_due_einvoices(work, datetime.now(UTC))
        await work.commit()


async def run_reporting_clock(database: Database) -> None:
    """Each morning in India: notes whose days to be registered run out."""
    async with UnitOfWork(database) as work:
        await watch_reporting_clock(work, datetime.now(UTC))
        await work.commit()


async def run_redecision(database: Database, job: Job) -> None:
    """The job somebody asks for by hand: every waiting line is weighed again."""
    await redecide_lines(database, datetime.now(UTC), job.progress)


async def run_asked_redecision(database: Database) -> None:
    """Every few seconds: what arrived since may explain lines that wait."""
    await redecide_when_asked(database, datetime.now(UTC))


async def run_account_telling(database: Database) -> None:
    """Every few seconds: accounts that moved, for those who compare with them."""
    for _ in range(TELLING_ROUNDS_MAX):
        async with UnitOfWork(database) as work:
            is_more = await tell_moved_accounts(work, datetime.now(UTC))
            await work.commit()
        if not is_more:
            return


async def run_journal_months(database: Database) -> None:
    """Each hour: the months of the journal that are missing, two ahead."""
    async with database.engine.begin() as connection:
        made = await keep_journal_months(connection, datetime.now(UTC))
    for name in made:
        logger(SERVICE).info("journal_month_made", partition=name)


TASKS = (
    JobTask(name=IMPORT_TASK, run=run_import),
    JobTask(name=PUBLISH_TASK, run=run_statements),
    JobTask(name=PORTAL_TASK, run=run_portal_attempt),
    JobTask(name=REDECISION_TASK, run=run_redecision),
    JobTask(name=SIMULATION_TASK, run=run_simulation),
)


TIMERS = (
    Timer(name="keep_journal_months", cron="12 * * * *", run=run_journal_months),
    Timer(name="redecide_lines", cron="* * * * * */15", run=run_asked_redecision),
    Timer(name="tell_accounts", cron="* * * * * */5", run=run_account_telling),
    Timer(name="watch_clocks", cron="* * * * *", run=run_clock_watch),
    Timer(name="watch_queries", cron="*/5 * * * *", run=run_query_watch),
    Timer(name="watch_exceptions", cron="*/15 * * * *", run=run_exception_watch),
    Timer(name="chase_confirmations", cron="35 3 * * *", run=run_confirmation_chase),  # 09:05 in India
    Timer(name="portal_retries", cron="* * * * *", run=run_portal_retries),
    Timer(name="reporting_clock", cron="30 3 * * *", run=run_reporting_clock),
    Timer(name="watch_bounces", cron="30 3 * * *", run=run_bounce_watch),  # 09:00 in India
)


def main() -> None:
    settings = load_settings(PaymentsSettings)
    parts = (watch(PAYMENTS_STANDING),)
    run_worker(SERVICE, settings, subscriptions=SUBSCRIPTIONS, tasks=TASKS, timers=TIMERS, parts=parts)


if __name__ == "__main__":
    main()
