"""Puts documents on a partner's SFTP server: its key checked, and visible there only when whole."""

from typing import Final
from urllib.parse import urlsplit

import asyncssh

from services.partners.adapters.channels.outgoing import Accepted, AttemptFailed, Outgoing
from services.partners.adapters.document_rows import StoredFile

CONNECT_SECONDS: Final = 30
DEFAULT_PORT: Final = 22


class SftpChannel:
    """Known there by one key of ours; the partner's host key comes with the contact."""

    def __init__(self, private_key: str) -> None:
        self._key = asyncssh.import_private_key(private_key) if private_key else None

    async def send(self, outgoing: Outgoing) -> Accepted:
        """The name of a file holds the beginning of its hash: putting it twice leaves one file.

        AttemptFailed, for good when the host shows another key than the one we know.
        """
        if self._key is None:
            raise AttemptFailed("PARTNERS_SFTP_PRIVATE_KEY is not set", is_final=True)
        parts = urlsplit(outgoing.address)
        try:
            async with (
                asyncssh.connect(
                    parts.hostname or "",
                    parts.port or DEFAULT_PORT,
                    username=parts.username,
                    client_keys=[self._key],
                    known_hosts=_known_host(outgoing.host_key or ""),
                    agent_path=None,
                    config=[],
                    connect_timeout=CONNECT_SECONDS,
                    login_timeout=CONNECT_SECONDS,
                ) as connection,
                connection.start_sftp_client() as client,
            ):
                for file, content in outgoing.files:
                    await _put(client, f"{parts.path.strip('/') or '.'}/{remote_name(file)}", content)
        except asyncssh.HostKeyNotVerifiable as error:
            raise AttemptFailed("the host shows another key than the one we know", is_final=True) from error
        except (asyncssh.Error, OSError, TimeoutError) as error:
            raise AttemptFailed(f"{parts.hostname}: {_said(error)}") from error
        return Accepted(f"{len(outgoing.files)} on {parts.hostname}", is_delivered=True)


def remote_name(file: StoredFile) -> str:
    """`payment-sheet_CP0001_2026-11-25.1f2e3d4c.pdf`."""
    stem, _, extension = file.file_name.rpartition(".")
    return f"{stem}.{file.sha256[:8]}.{extension}"


async def _put(client: asyncssh.SFTPClient, path: str, content: bytes) -> None:
    """Written beside, then renamed: whoever watches the folder never reads half a document."""
    if await client.exists(path) and await client.getsize(path) == len(content):
        return
    beside = f"{path}.part"
    async with client.open(beside, "wb") as file:
        await file.write(content)
    if await client.exists(path):
        await client.remove(path)
    await client.rename(beside, path)


def _known_host(host_key: str) -> asyncssh.SSHKnownHosts:
    return asyncssh.import_known_hosts(f"* {host_key}\n")


def _said(error: BaseException) -> str:
    reason = getattr(error, "reason", "")
    return f"{type(error).__name__} {reason}".strip()[:200]
