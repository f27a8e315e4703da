"""The background process of the gateway: `python -m gateway.worker`."""

from gateway.consumers import SUBSCRIPTIONS
from gateway.settings import GatewayWorkerSettings
from shared.service_worker import run_worker
from shared.settings import load_settings

SERVICE = "gateway"


def main() -> None:
    run_worker(SERVICE, load_settings(GatewayWorkerSettings), subscriptions=SUBSCRIPTIONS)


if __name__ == "__main__":
    main()
