"""What each service may do at the broker: one that was taken over cannot publish another's facts, nor fill its queues.

RabbitMQ compares the names of queues and exchanges with these rights, and routing keys at topic exchanges only.
Postponed and dead messages therefore go through exchanges of their service's own (shared/messaging/topology.py).
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

EVENTS_EXCHANGE: Final = "salesops.events"
# The gateway tells what Salesforce told it.
EVENT_FAMILIES: Final = {"gateway": "(gateway|crm)"}
# The gateway's worker keeps everybody's dead letters; it may empty these queues, not declare, bind or fill them.
FURTHER_READ: Final = {"gateway": r"salesops\.[a-z]+\.dead"}
# It replays them: to the one service that could not apply them, by that service's own exchange.
FURTHER_WRITTEN: Final = {"gateway": r"salesops\.[a-z]+\.retries"}


@dataclass(frozen=True, slots=True)
class BrokerUser:
    """An account; patterns are regular expressions over the names it may declare, write to and read from."""

    name: str
    password: str
    configure: str = ".*"
    write: str = ".*"
    read: str = ".*"
    published_topics: str = ".*"


def service_user(service: str, password: str) -> BrokerUser:
    """A service declares and reads its own queues and exchanges, binds its queues to the events, publishes its own."""
    own = rf"salesops\.{re.escape(service)}(\..*)?"
    family = EVENT_FAMILIES.get(service, re.escape(service))
    return BrokerUser(
        service,
        password,
        configure=_names(own),
        write=_names(own, FURTHER_WRITTEN.get(service)),
        read=_names(own, FURTHER_READ.get(service)),
        published_topics=rf"^salesops\.{family}\.",
    )


def _names(own: str, further: str | None = None) -> str:
    return "^(" + "|".join(filter(None, (own, re.escape(EVENTS_EXCHANGE), further))) + ")$"


def account_definitions(
    users: Sequence[BrokerUser], vhosts: Sequence[str]
) -> dict[str, list[dict[str, str]]]:
    """RabbitMQ's own definitions format: the users, and the same permissions on every virtual host."""
    return {
        "vhosts": [{"name": vhost} for vhost in vhosts],
        "users": [_account(user) for user in users],
        "permissions": [
            {
                "user": user.name,
                "vhost": vhost,
                "configure": user.configure,
                "write": user.write,
                "read": user.read,
            }
            for user in users
            for vhost in vhosts
        ],
        "topic_permissions": [
            {
                "user": user.name,
                "vhost": vhost,
                "exchange": EVENTS_EXCHANGE,
                "write": user.published_topics,
                "read": ".*",
            }
            for user in users
            for vhost in vhosts
        ],
    }


def _account(user: BrokerUser) -> dict[str, str]:
    return {
        "name": user.name,
        "password_hash": _password_hash(user.password),
        "hashing_algorithm": "rabbit_password_hashing_sha256",
        "tags": "",
    }


def _password_hash(password: str) -> str:
    """RabbitMQ's format: base64 of a four-byte salt followed by SHA-256 over salt and password."""
    salt = secrets.token_bytes(4)
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
