"""Puts documents on a partner's SFTP server: its key and its address checked, and visible there only when whole."""

from urllib.parse import urlsplit

import asyncssh

from services.partners.adapters.channels.outgoing import Accepted, AttemptFailed, Outgoing
from services.partners.adapters.document_rows import StoredFile
from services.partners.domain.errors import RecipientInvalid
from shared.errors import FieldProblem
from shared.sftp import DEFAULT_PORT, SFTP_ERRORS, HostKeyUnknown, SftpHost, opened_sftp, said
from shared.webhooks.client import Resolve, TargetForbidden, checked_addresses, system_addresses
from shared.webhooks.target import TargetRules


class SftpChannel:
    """Known there by one key of ours; the partner's host key comes with the contact.

    It goes where webhooks may go: the name is resolved here, and the connection opened to an address that was checked.
    `resolve` is a seam for tests.
    """

    def __init__(self, private_key: str, rules: TargetRules, *, resolve: Resolve = system_addresses) -> None:
        self._rules, self._resolve = rules, resolve
        self._key = asyncssh.import_private_key(private_key) if private_key else None

    async def send(self, outgoing: Outgoing) -> Accepted:
        """The name of a file holds the beginning of its hash: putting it twice leaves one file.

        AttemptFailed, for good when the host shows another key than the one we know, or is where nothing may go.
        """
        if self._key is None:
            raise AttemptFailed("PARTNERS_SFTP_PRIVATE_KEY is not set", is_final=True)
        parts = urlsplit(outgoing.address)
        try:
            addresses = await checked_addresses(parts.hostname or "", self._rules, resolve=self._resolve)
            place = SftpHost(
                host=addresses[0],
                port=parts.port or DEFAULT_PORT,
                username=parts.username or "",
                host_key=outgoing.host_key or "",
            )
            async with opened_sftp(place, key=self._key) as client:
                for file, content in outgoing.files:
                    await _put(client, f"{parts.path.strip('/') or '.'}/{remote_name(file)}", content)
        except (HostKeyUnknown, TargetForbidden) as error:
            raise AttemptFailed(str(error), is_final=True) from error
        except SFTP_ERRORS as error:
            raise AttemptFailed(f"{parts.hostname}: {said(error)}") from error
        return Accepted(f"{len(outgoing.files)} on {parts.hostname}", is_delivered=True)


async def check_sftp_host(address: str, rules: TargetRules) -> None:
    """RecipientInvalid for a host that is where nothing may go as of now; each delivery is checked again.

    A name without an address passes: the partner's server may not be there yet.
    """
    try:
        await checked_addresses(urlsplit(address).hostname or "", rules)
    except TargetForbidden as error:
        raise RecipientInvalid(
            "The address cannot be delivered to", problems=[FieldProblem("/address", str(error))]
        ) from error
    except OSError:
        return


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
