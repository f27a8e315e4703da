"""The background process of the payments service: `python -m services.payments.worker`."""

from uuid import UUID

from services.payments.application.import_bank_statement import import_bank_statement
from services.payments.application.receive_bank_statement import IMPORT_TASK
from services.payments.consumers import SUBSCRIPTIONS
from services.payments.settings import PaymentsSettings
from shared.database import Database
from shared.jobs import Job, JobTask
from shared.service_worker import run_worker
from shared.settings import load_settings

SERVICE = "payments"


async def run_import(database: Database, job: Job) -> None:
    """The job that `receive_bank_statement` queues; a run that died is repeated and goes on where it stopped."""
    await import_bank_statement(database, UUID(str(job.payload["statement_id"])), job.progress)


TASKS = (JobTask(name=IMPORT_TASK, run=run_import),)


def main() -> None:
    run_worker(SERVICE, load_settings(PaymentsSettings), subscriptions=SUBSCRIPTIONS, tasks=TASKS)


if __name__ == "__main__":
    main()
