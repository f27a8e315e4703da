"""The background process of the reporting service: `python -m services.reporting.worker`."""

from services.reporting.consumers import SUBSCRIPTIONS
from services.reporting.settings import ReportingSettings
from shared.service_worker import run_worker
from shared.settings import load_settings

SERVICE = "reporting"


def main() -> None:
    run_worker(SERVICE, load_settings(ReportingSettings), subscriptions=SUBSCRIPTIONS)


if __name__ == "__main__":
    main()
