"""Puts documents on a partner's SFTP server: its key checked, and visible there only when whole."""

from urllib.parse import urlsplit

import asyncssh

from services.partners.adapters.channels.outgoing import Accepted, AttemptFailed, Outgoing
from services.partners.adapters.document_rows import StoredFile
from shared.sftp import DEFAULT_PORT, SFTP_ERRORS, HostKeyUnknown, SftpHost, opened_sftp, said


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
        place = SftpHost(
            host=parts.hostname or "",
            port=parts.port or DEFAULT_PORT,
            username=parts.username or "",
            host_key=outgoing.host_key or "",
        )
        try:
            async with opened_sftp(place, key=self._key) as client:
                for file, content in outgoing.files:
                    await _put(client, f"{parts.path.strip('/') or '.'}/{remote_name(file)}", content)
        except HostKeyUnknown as error:
            raise AttemptFailed(str(error), is_final=True) from error
        except SFTP_ERRORS as error:
            raise AttemptFailed(f"{parts.hostname}: {said(error)}") from error
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
