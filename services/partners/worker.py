"""The background process of the partners service: `python -m services.partners.worker`."""

from services.partners.consumers import SUBSCRIPTIONS
from services.partners.settings import PartnersSettings
from shared.service_worker import run_worker
from shared.settings import load_settings

SERVICE = "partners"


def main() -> None:
    run_worker(SERVICE, load_settings(PartnersSettings), subscriptions=SUBSCRIPTIONS)


if __name__ == "__main__":
    main()
