"""Writes what all services declare at the broker: `python -m deploy.broker_topology deploy/rabbitmq/topology.json`."""

import json
import sys
from pathlib import Path

from deploy.local.topology import DATABASE_OWNERS
from deploy.rabbitmq.accounts import VHOST
from shared.messaging.topology import definitions


def topology() -> str:
    """RabbitMQ definitions of exchanges, queues and bindings."""
    return json.dumps(definitions(DATABASE_OWNERS, VHOST), indent=1, sort_keys=True) + "\n"


def main() -> int:
    Path(sys.argv[1]).write_text(topology(), encoding="utf-8")
    sys.stdout.write(f"wrote {sys.argv[1]}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
