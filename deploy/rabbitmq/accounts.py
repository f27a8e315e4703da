"""Writes the broker's accounts and all queues as RabbitMQ definitions: `python -m deploy.rabbitmq.accounts <file>`.

Passwords come from PAYMENTS_BROKER_PASSWORD and its siblings; the file holds their salted hashes.
"""

import json
import os
import sys
from pathlib import Path

from deploy.local.broker_users import account_definitions, service_user
from deploy.local.topology import DATABASE_OWNERS
from deploy.rabbitmq.prepared import with_topology

VHOST = "salesops"


def main() -> int:
    variables = {owner: f"{owner.upper()}_BROKER_PASSWORD" for owner in DATABASE_OWNERS}
    missing = [variable for variable in variables.values() if not os.environ.get(variable)]
    if missing:
        sys.stderr.write(f"not set: {', '.join(missing)}\n")
        return 2
    users = [service_user(owner, os.environ[variable]) for owner, variable in variables.items()]
    definitions = with_topology(account_definitions(users, [VHOST]))
    Path(sys.argv[1]).write_text(json.dumps(definitions, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main())
