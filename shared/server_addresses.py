"""One address in the settings may name several servers: `amqp://user:password@one:5672,two:5672,three:5672/salesops`."""

from typing import Final
from urllib.parse import urlsplit, urlunsplit

# For one of several servers, before the next is tried: one that is down refuses, one whose machine is gone is silent.
CONNECT_SECONDS_EACH: Final = 3


def each_address(url: str) -> list[str]:
    """An address for each server that the URL names, in its order; characters of user and password must be escaped then.

    PostgreSQL's own programs read such an URL as it is.
    """
    parts = urlsplit(url)
    account, at, servers = parts.netloc.rpartition("@")
    if "," not in servers:
        return [url]
    return [
        urlunsplit(parts._replace(netloc=f"{account}{at}{server.strip()}")) for server in servers.split(",")
    ]
