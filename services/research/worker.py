"""The background process of the research service: `python -m services.research.worker`."""

from services.research.consumers import SUBSCRIPTIONS
from services.research.settings import ResearchSettings
from shared.service_worker import run_worker
from shared.settings import load_settings

SERVICE = "research"


def main() -> None:
    run_worker(SERVICE, load_settings(ResearchSettings), subscriptions=SUBSCRIPTIONS)


if __name__ == "__main__":
    main()
