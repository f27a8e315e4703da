"""Reads about what is written to Salesforce."""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

Row = sa.Row[Any]
FILTERS: Final = ("subject", "state", "name", "error_code")


async def salesforce_writes(
    connection: AsyncConnection, filters: Mapping[str, str | None], *, after: UUID | None, limit: int
) -> Sequence[Row]:
    """By id, the oldest first; one row more than the limit. A filter that is None does not narrow."""
    return (await connection.execute(_LIST, {**filters, "after": after, "limit": limit + 1})).all()


async def salesforce_write(connection: AsyncConnection, write_id: UUID) -> Row | None:
    return (await connection.execute(_ONE, {"id": write_id})).one_or_none()


_SELECT: Final = """
    SELECT kept.id, kept.subject, kept.name, kept.values, kept.state, kept.revision, kept.failures, kept.queued_at,
        kept.next_attempt_at, kept.sent_at, kept.record_id, kept.error_code, kept.error,
        mapping.object_name, mapping.external_id_field, mapping.fields AS names
    FROM salesforce_writes AS kept JOIN salesforce_write_mappings AS mapping USING (subject)
"""
_LIST = sa.text(
    _SELECT
    + "WHERE (CAST(:after AS uuid) IS NULL OR kept.id > :after)"
    + "".join(f" AND (CAST(:{name} AS text) IS NULL OR kept.{name} = :{name})" for name in FILTERS)
    + " ORDER BY kept.id LIMIT :limit"
)
_ONE = sa.text(_SELECT + "WHERE kept.id = :id")
