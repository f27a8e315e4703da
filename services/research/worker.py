"""The background process of the research service: `python -m services.research.worker`."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from services.research.adapters.unit_of_work import UnitOfWork
from services.research.application.answer_query import answer_query
from services.research.application.ask_fetch import FETCH_TASK
from services.research.application.ask_query import QUERY_TASK
from services.research.application.draft_brief import DRAFT_TASK, draft_brief
from services.research.application.fetch_page import FetchParts, fetch_page
from services.research.application.fire_saved_queries import fire_saved_queries
from services.research.application.load_dataset import LoadParts, load_dataset
from services.research.application.make_digest import fire_digests
from services.research.application.resolve_entities import RESOLVE_TASK, ask_if_changed, resolve_entities
from services.research.application.send_file import LOAD_TASK
from services.research.application.watch_assignments import watch_assignments
from services.research.consumers import SUBSCRIPTIONS
from services.research.settings import ResearchSettings
from shared.database import Database
from shared.jobs import Job, JobTask, Timer
from shared.service_worker import run_worker
from shared.settings import load_settings

SERVICE = "research"


async def run_assignment_watch(database: Database) -> None:
    """Every quarter of an hour: assignments whose time runs out or ran out."""
    async with UnitOfWork(database) as work:
        await watch_assignments(work, datetime.now(UTC))
        await work.commit()


async def run_load(database: Database, job: Job) -> None:
    """The job of a file that was sent; a run that died is repeated from the file."""
    settings = load_settings(ResearchSettings)
    parts = LoadParts(database, settings.opened_dataset_store(), settings.scratch)
    await load_dataset(parts, UUID(str(job.payload["upload_id"])), job.progress)


async def run_query(database: Database, job: Job) -> None:
    """The job of a question that was asked; a run that died is repeated."""
    settings = load_settings(ResearchSettings)
    parts = LoadParts(database, settings.opened_dataset_store(), settings.scratch)
    await answer_query(parts, UUID(str(job.payload["run_id"])))


async def run_draft(database: Database, job: Job) -> None:
    """The job of a draft of a brief; a run that died is repeated."""
    settings = load_settings(ResearchSettings)
    parts = LoadParts(database, settings.opened_dataset_store(), settings.scratch)
    await draft_brief(parts, UUID(str(job.payload["draft_id"])))


async def run_fetch(database: Database, job: Job) -> None:
    """The job of a page that was asked for; a run that died is repeated."""
    settings = load_settings(ResearchSettings)
    parts = FetchParts(database, settings.opened_evidence_store(), settings.fetcher_access())
    await fetch_page(parts, UUID(str(job.payload["fetch_id"])))


async def run_resolution(database: Database, job: Job) -> None:
    """The job that finds companies; a run that died is repeated."""
    settings = load_settings(ResearchSettings)
    parts = LoadParts(database, settings.opened_dataset_store(), settings.scratch)
    await resolve_entities(parts, UUID(str(job.payload["resolution_id"])), job.progress)


async def run_resolution_watch(database: Database) -> None:
    """Every ten minutes: what partners and accounts changed is resolved."""
    async with UnitOfWork(database) as work:
        await ask_if_changed(work, at=datetime.now(UTC))
        await work.commit()


async def run_saved_queries(database: Database) -> None:
    """Every minute: saved queries that are due, a bounded number of them."""
    async with UnitOfWork(database) as work:
        await fire_saved_queries(work, datetime.now(UTC))
        await work.commit()


async def run_digests(database: Database) -> None:
    """Every minute: digests of competitors that are due, a bounded number of them."""
    async with UnitOfWork(database) as work:
        await fire_digests(work, datetime.now(UTC))
        await work.commit()


TASKS: Final = (
    JobTask(name=LOAD_TASK, run=run_load),
    JobTask(name=QUERY_TASK, run=run_query),
    JobTask(name=DRAFT_TASK, run=run_draft),
    JobTask(name=FETCH_TASK, run=run_fetch),
    JobTask(name=RESOLVE_TASK, run=run_resolution),
)
TIMERS: Final = (
    Timer(name="watch_assignments", cron="*/15 * * * *", run=run_assignment_watch),
    Timer(name="fire_saved_queries", cron="* * * * *", run=run_saved_queries),
    Timer(name="fire_digests", cron="* * * * *", run=run_digests),
    Timer(name="watch_entities", cron="*/10 * * * *", run=run_resolution_watch),
)


def main() -> None:
    settings = load_settings(ResearchSettings)
    run_worker(SERVICE, settings, subscriptions=SUBSCRIPTIONS, tasks=TASKS, timers=TIMERS)


if __name__ == "__main__":
    main()
