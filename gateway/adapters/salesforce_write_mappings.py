"""The stored mappings of what is written back: one per subject, changed by people."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.domain.salesforce_write import WriteMapping, WriteSubject


async def write_mappings(connection: AsyncConnection) -> dict[WriteSubject, WriteMapping]:
    """All of them."""
    rows = await connection.execute(sa.text("SELECT * FROM salesforce_write_mappings"))
    return {WriteSubject(row.subject): mapping_of(row) for row in rows}


async def lock_write_mapping(connection: AsyncConnection, subject: WriteSubject) -> WriteMapping:
    """The mapping, locked until the transaction ends."""
    row = await connection.execute(
        sa.text("SELECT * FROM salesforce_write_mappings WHERE subject = :subject FOR UPDATE"),
        {"subject": subject.value},
    )
    return mapping_of(row.one())


async def store_write_mapping(
    connection: AsyncConnection, mapping: WriteMapping, *, changed_by: str, at: datetime
) -> None:
    """Replace the mapping; what waits is sent by the new one."""
    await connection.execute(
        _STORE,
        {
            "subject": mapping.subject.value,
            "object_name": mapping.object_name,
            "external_id_field": mapping.external_id_field,
            "fields": msgspec.json.encode(mapping.fields).decode(),
            "is_active": mapping.is_active,
            "is_dry_run": mapping.is_dry_run,
            "revision": mapping.revision,
            "changed_by": changed_by,
            "changed_at": at,
        },
    )


def mapping_of(row: sa.Row[Any]) -> WriteMapping:
    fields: Mapping[str, str] = row.fields
    return WriteMapping(
        subject=WriteSubject(row.subject),
        object_name=row.object_name,
        external_id_field=row.external_id_field,
        fields=fields,
        is_active=row.is_active,
        is_dry_run=row.is_dry_run,
        revision=row.revision,
    )


_STORE = sa.text(
    """
    UPDATE salesforce_write_mappings
    SET object_name = :object_name, external_id_field = :external_id_field, fields = CAST(:fields AS jsonb),
        is_active = :is_active, is_dry_run = :is_dry_run, revision = :revision, changed_by = :changed_by,
        changed_at = :changed_at
    WHERE subject = :subject
    """
)
