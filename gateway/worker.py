"""The background process of the gateway: `python -m gateway.worker`."""

from gateway.adapters.live_events import prune_live_events
from gateway.consumers import SUBSCRIPTIONS
from gateway.settings import GatewayWorkerSettings
from shared.database import Database
from shared.jobs import Timer
from shared.service_worker import run_worker
from shared.settings import load_settings

SERVICE = "gateway"
PRUNING_ROUNDS_MAX = 200


async def forget_live_events(database: Database) -> None:
    """Each hour: what is older than a week, in transactions of a bounded size."""
    for _ in range(PRUNING_ROUNDS_MAX):
        async with database.engine.begin() as connection:
            gone = await prune_live_events(connection)
        if gone == 0:
            return


TIMERS = (Timer(name="forget_live_events", cron="27 * * * *", run=forget_live_events),)


def main() -> None:
    run_worker(SERVICE, load_settings(GatewayWorkerSettings), subscriptions=SUBSCRIPTIONS, timers=TIMERS)


if __name__ == "__main__":
    main()
