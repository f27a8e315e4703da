"""Opens SFTP servers of others: the host known by its key, and nothing of the environment's own keys used."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

import asyncssh

CONNECT_SECONDS: Final = 30
DEFAULT_PORT: Final = 22


class HostKeyUnknown(Exception):
    """The host shows another key than the one we know."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SftpHost:
    """Where it is and by which public key it is known, as `ssh-ed25519 AAAA…`."""

    host: str
    port: int
    username: str
    host_key: str


SFTP_ERRORS: Final = (asyncssh.Error, OSError, TimeoutError)


@asynccontextmanager
async def opened_sftp(
    place: SftpHost, *, key: asyncssh.SSHKey | None = None, password: str | None = None
) -> AsyncIterator[asyncssh.SFTPClient]:
    """A client of the host, signed in by the key or the password. HostKeyUnknown; SFTP_ERRORS for all else."""
    try:
        async with (
            asyncssh.connect(
                place.host,
                place.port,
                username=place.username,
                client_keys=[key] if key else None,
                password=password,
                known_hosts=asyncssh.import_known_hosts(f"* {place.host_key}\n"),
                agent_path=None,
                config=[],
                connect_timeout=CONNECT_SECONDS,
                login_timeout=CONNECT_SECONDS,
            ) as connection,
            connection.start_sftp_client() as client,
        ):
            yield client
    except asyncssh.HostKeyNotVerifiable as error:
        raise HostKeyUnknown("the host shows another key than the one we know") from error


def said(error: BaseException) -> str:
    """What the other side gave as its reason."""
    reason = getattr(error, "reason", "")
    return f"{type(error).__name__} {reason}".strip()[:200]
