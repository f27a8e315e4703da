"""Connects to the one PostgreSQL server that takes writes, whichever of those named it is at the moment.

No decision may rest on a standby, which shows what was true a while ago; so nothing connects to one, not even to read.
"""

import socket
from collections.abc import Sequence
from typing import Any, Final

import asyncpg
from psycopg.conninfo import make_conninfo
from sqlalchemy.engine import URL, make_url

from shared.server_addresses import CONNECT_SECONDS_EACH, each_address

CONNECT_SECONDS: Final = 10
PORT: Final = 5432
WRITING_ONLY: Final = {"target_session_attrs": "read-write"}
# A machine that is gone closes nothing: the kernel would repeat what it sent for a quarter of an hour (tcp(7),
# tcp_retries2), and for an idle connection it would do nothing at all. A server that hangs answers these probes.
SILENCE_SECONDS: Final = 15
PROBE_SECONDS: Final = 5
NOTICING_SILENCE: Final = {
    "tcp_user_timeout": str(SILENCE_SECONDS * 1000),
    "keepalives_idle": str(PROBE_SECONDS),
    "keepalives_interval": str(PROBE_SECONDS),
    "keepalives_count": str(SILENCE_SECONDS // PROBE_SECONDS - 1),
}


class NoPrimary(ConnectionError):
    """No server that was named can be connected to and takes writes. Waiting helps: a standby is promoted, or one starts."""


def database_url(url: str, *, driver: str) -> URL:
    """The URL with the given driver, e.g. asyncpg for requests and psycopg for migrations; of one server or of several."""
    servers = [make_url(address) for address in each_address(url)]
    wanted = servers[0].set(drivername=f"postgresql+{driver}").update_query_dict(WRITING_ONLY)
    if driver == "psycopg":
        wanted = wanted.update_query_dict(NOTICING_SILENCE)
    if len(servers) == 1:
        return wanted
    query = {**wanted.query, "host": [f"{server.host}:{server.port or PORT}" for server in servers]}
    if driver == "psycopg":
        query["connect_timeout"] = str(CONNECT_SECONDS_EACH)
    # `set` leaves what it is given None for as it was.
    return URL.create(
        wanted.drivername, wanted.username, wanted.password, database=wanted.database, query=query
    )


def conninfo_of(url: str) -> str:
    """The same for what speaks libpq by itself."""
    servers = [make_url(address) for address in each_address(url)]
    waiting = {} if len(servers) == 1 else {"connect_timeout": str(CONNECT_SECONDS_EACH)}
    return make_conninfo(
        **WRITING_ONLY,
        **NOTICING_SILENCE,
        **waiting,
        **{name: value for name, value in servers[0].query.items() if isinstance(value, str)},
        host=",".join(server.host or "" for server in servers),
        port=",".join(str(server.port or PORT) for server in servers),
        user=servers[0].username,
        password=servers[0].password,
        dbname=servers[0].database,
    )


async def connect_to_primary(
    *,
    host: str | Sequence[str] = "localhost",
    port: int | Sequence[int] = PORT,
    **options: Any,  # noqa: ANN401 - asyncpg's own
) -> asyncpg.Connection:
    """As asyncpg connects, but each server has a time of its own: a silent one would use up that of all.

    The connection breaks once the server's machine was silent for SILENCE_SECONDS.
    """
    hosts = [host] if isinstance(host, str) else list(host)
    ports = [port] * len(hosts) if isinstance(port, int) else list(port)
    options |= WRITING_ONLY | {"timeout": CONNECT_SECONDS if len(hosts) == 1 else CONNECT_SECONDS_EACH}
    complaints: list[str] = []
    for one, its_port in zip(hosts, ports, strict=True):
        try:
            connection: asyncpg.Connection = await asyncpg.connect(host=one, port=its_port, **options)
        except (asyncpg.TargetServerAttributeNotMatched, asyncpg.CannotConnectNowError, OSError) as error:
            complaints.append(f"{one}:{its_port}: {error or type(error).__name__}")
        else:
            _notice_silence(connection)
            return connection
    raise NoPrimary("; ".join(complaints))


def _notice_silence(connection: Any) -> None:  # noqa: ANN401 - asyncpg names no transport
    """What NOTICING_SILENCE is to libpq; asyncpg has no option for it, and nothing public leads to its socket."""
    ours = connection._transport.get_extra_info("socket")
    if ours.family == socket.AF_UNIX:
        return
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option, value in (
        (socket.TCP_USER_TIMEOUT, SILENCE_SECONDS * 1000),
        (socket.TCP_KEEPIDLE, PROBE_SECONDS),
        (socket.TCP_KEEPINTVL, PROBE_SECONDS),
        (socket.TCP_KEEPCNT, SILENCE_SECONDS // PROBE_SECONDS - 1),
    ):
        ours.setsockopt(socket.IPPROTO_TCP, option, value)
