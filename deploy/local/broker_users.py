"""What each service may do at the broker: a service that was taken over cannot tell everybody another's facts.

It can still put messages into one queue of another: RabbitMQ compares routing keys with rights at topic exchanges only,
and postponed and dead messages go through two direct ones that all services share.
"""

import base64
import hashlib
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

EVENTS_EXCHANGE: Final = "salesops.events"
EXCHANGES: Final = r"salesops\.(events|retries|dead-letters)"
# The gateway tells what Salesforce told it.
EVENT_FAMILIES: Final = {"gateway": "(gateway|crm)"}
# The gateway's worker keeps everybody's dead letters; it may empty these queues, not declare, bind or fill them.
FURTHER_QUEUES_READ: Final = {"gateway": r"salesops\.[a-z]+\.dead"}


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
    """A service declares and reads its own queues, binds them to the exchanges, publishes its own events."""
    queues = rf"salesops\.{re.escape(service)}(\..*)?"
    names = f"^({queues}|{EXCHANGES})$"
    family = EVENT_FAMILIES.get(service, re.escape(service))
    further = FURTHER_QUEUES_READ.get(service)
    return BrokerUser(
        service,
        password,
        configure=names,
        write=names,
        read=f"{names}|^{further}$" if further else names,
        published_topics=rf"^salesops\.{family}\.",
    )


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
