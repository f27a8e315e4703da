"""The background process of the partners service: `python -m services.partners.worker`."""

from datetime import UTC, datetime
from typing import Final

from services.partners.application.remove_expired_documents import remove_expired_documents
from services.partners.consumers import SUBSCRIPTIONS
from services.partners.settings import PartnersSettings
from shared.database import Database
from shared.jobs import Timer
from shared.service_worker import run_worker
from shared.settings import load_settings

SERVICE = "partners"


async def run_retention(database: Database) -> None:
    """Each night in India: documents whose retention is over."""
    files = load_settings(PartnersSettings).document_files(database)
    await remove_expired_documents(files, datetime.now(UTC))


TIMERS: Final = (
    Timer(name="remove_expired_documents", cron="40 20 * * *", run=run_retention),
)  # 02:10 in India


def main() -> None:
    run_worker(SERVICE, load_settings(PartnersSettings), subscriptions=SUBSCRIPTIONS, timers=TIMERS)


if __name__ == "__main__":
    main()
