"""Queues and bindings of all services, for a broker that has them before any service starts.

Where a broker begins with none, what is told before the last service is there reaches only those that are (decision 0102).
`make documents` writes the file from shared/messaging/topology.py.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

TOPOLOGY: Final = Path(__file__).with_name("topology.json")


def with_topology(accounts: Mapping[str, Any]) -> dict[str, Any]:
    """RabbitMQ definitions of accounts and of what these use; what is at the broker already stays as it is."""
    return {**accounts, **json.loads(TOPOLOGY.read_text(encoding="utf-8"))}
