"""Credentials of source systems: sealed for one system and one place, never shown, the newest counts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.reporting.domain.data_checks.errors import SourceCredentialMissing, SourceNotOpened
from shared.secret_box import SecretBox, SecretUnreadable

Row = sa.Row[Any]


async def add_credential(
    connection: AsyncConnection, system_id: UUID, sealed: bytes, *, by: str, at: datetime
) -> UUID:
    credential_id = uuid7()
    statement = """
        INSERT INTO source_credentials (id, system_id, sealed, set_by, set_at)
        VALUES (:id, :system_id, :sealed, :by, :at)
    """
    values = {"id": credential_id, "system_id": system_id, "sealed": sealed, "by": by, "at": at}
    await connection.execute(sa.text(statement), values)
    return credential_id


async def newest_credential(connection: AsyncConnection, system_id: UUID) -> bytes | None:
    statement = "SELECT sealed FROM source_credentials WHERE system_id = :id ORDER BY id DESC LIMIT 1"
    sealed = await connection.scalar(sa.text(statement), {"id": system_id})
    assert sealed is None or isinstance(sealed, bytes)
    return sealed


async def credentials_shown(
    connection: AsyncConnection, system_id: UUID, *, before: UUID | None, limit: int
) -> Sequence[Row]:
    """Who set one and when, the newest first."""
    statement = """
        SELECT id, set_by, set_at FROM source_credentials
        WHERE system_id = :id AND (CAST(:before AS uuid) IS NULL OR id < :before) ORDER BY id DESC LIMIT :limit
    """
    values = {"id": system_id, "before": before, "limit": limit}
    return (await connection.execute(sa.text(statement), values)).all()


def sealed_secret(box: SecretBox | None, secret: str, system_id: UUID, holder: str) -> bytes:
    """SourceNotOpened when the operator gave nothing to seal with."""
    return _box(box).seal(secret, owner=_owner(system_id, holder))


def opened_secret(box: SecretBox | None, sealed: bytes | None, system_id: UUID, holder: str) -> str:
    """SourceCredentialMissing when there is none, or it was given for another place."""
    if sealed is None:
        raise SourceCredentialMissing("No credential was given for it yet")
    try:
        return _box(box).open(sealed, owner=_owner(system_id, holder))
    except SecretUnreadable as error:
        raise SourceCredentialMissing(
            "The credential was given for another place, or sealed with another secret: give it again"
        ) from error


def _box(box: SecretBox | None) -> SecretBox:
    if box is None:
        raise SourceNotOpened("REPORTING_SOURCE_SECRET is not set: credentials cannot be kept")
    return box


def _owner(system_id: UUID, holder: str) -> bytes:
    return f"source|{system_id}|{holder}".encode()
