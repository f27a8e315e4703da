"""The background process of the research service: `python -m services.research.worker`."""

from datetime import UTC, datetime
from typing import Final

from services.research.adapters.unit_of_work import UnitOfWork
from services.research.application.watch_assignments import watch_assignments
from services.research.consumers import SUBSCRIPTIONS
from services.research.settings import ResearchSettings
from shared.database import Database
from shared.jobs import Timer
from shared.service_worker import run_worker
from shared.settings import load_settings

SERVICE = "research"


async def run_assignment_watch(database: Database) -> None:
    """Every quarter of an hour: assignments whose time runs out or ran out."""
    async with UnitOfWork(database) as work:
        await watch_assignments(work, datetime.now(UTC))
        await work.commit()


TIMERS: Final = (Timer(name="watch_assignments", cron="*/15 * * * *", run=run_assignment_watch),)


def main() -> None:
    run_worker(SERVICE, load_settings(ResearchSettings), subscriptions=SUBSCRIPTIONS, timers=TIMERS)


if __name__ == "__main__":
    main()
