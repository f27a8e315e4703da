"""Reads files of an SFTP server: its key and its address checked, and nothing written there."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

import asyncssh

from services.reporting.adapters.connectors.dropped_files import (
    ENTRIES_MAX,
    FILE_BYTES_MAX,
    DroppedFile,
    newest_file,
    rows_of_file,
)
from services.reporting.adapters.connectors.port import Found
from services.reporting.domain.data_checks.errors import SourceAccessRefused, SourceUnreachable
from services.reporting.domain.source_connection import Connection
from services.reporting.domain.source_system import SourceObject
from shared.sftp import DEFAULT_PORT, SFTP_ERRORS, HostKeyUnknown, SftpHost, opened_sftp, said
from shared.webhooks.client import TargetForbidden, checked_addresses
from shared.webhooks.target import TargetRules

_KEY_BEGINS: Final = "-----BEGIN"


class SftpConnector:
    """An open client and the folder there."""

    def __init__(self, client: asyncssh.SFTPClient, folder: str) -> None:
        self._client, self._folder = client, folder

    async def found(self, one: SourceObject) -> Found:
        files: list[DroppedFile] = []
        async for entry in self._client.scandir(self._folder):
            if entry.attrs.type == asyncssh.FILEXFER_TYPE_REGULAR and isinstance(entry.filename, str):
                files.append(_dropped(entry.filename, entry.attrs))
            if len(files) > ENTRIES_MAX:
                break
        file = newest_file(one, files)
        path = f"{self._folder}/{file.name}"
        async with self._client.open(path, "rb") as opened:
            content = await opened.read(FILE_BYTES_MAX + 1)
            after = await opened.stat()
        assert isinstance(content, bytes), "it was opened for bytes"
        return await rows_of_file(file, content, _dropped(file.name, after))


@asynccontextmanager
async def sftp_connector(
    connection: Connection, secret: str, rules: TargetRules
) -> AsyncIterator[SftpConnector]:
    """The secret is a password, or a private key as OpenSSH writes it."""
    parts = urlsplit(connection.place)
    host = parts.hostname or ""
    try:
        address = (await checked_addresses(host, rules))[0]
        place = SftpHost(
            host=address,
            port=parts.port or DEFAULT_PORT,
            username=parts.username or "",
            host_key=connection.host_key or "",
        )
        key = _private_key(secret)
        async with opened_sftp(place, key=key, password=None if key else secret) as client:
            yield SftpConnector(client, parts.path.strip("/") or ".")
    except TargetForbidden as error:
        raise SourceAccessRefused(str(error)) from error
    except HostKeyUnknown as error:
        raise SourceAccessRefused(f"{host}: {error}") from error
    except asyncssh.PermissionDenied as error:
        raise SourceAccessRefused(f"{host} does not let us in: {said(error)}") from error
    except SFTP_ERRORS as error:
        raise SourceUnreachable(f"{host}: {said(error)}") from error


def _private_key(secret: str) -> asyncssh.SSHKey | None:
    if not secret.startswith(_KEY_BEGINS):
        return None
    try:
        return asyncssh.import_private_key(secret)
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
        raise SourceAccessRefused(
            "The private key cannot be read; expected one without a passphrase"
        ) from error


def _dropped(name: str, attributes: asyncssh.SFTPAttrs) -> DroppedFile:
    return DroppedFile(name, attributes.size or 0, float(attributes.mtime or 0))
