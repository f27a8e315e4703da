"""The background process of the payments service: `python -m services.payments.worker`."""

from services.payments.consumers import SUBSCRIPTIONS
from services.payments.jobs import TASKS
from services.payments.settings import PaymentsSettings
from shared.service_worker import run_worker
from shared.settings import load_settings

SERVICE = "payments"


def main() -> None:
    run_worker(SERVICE, load_settings(PaymentsSettings), subscriptions=SUBSCRIPTIONS, tasks=TASKS)


if __name__ == "__main__":
    main()
