"""Rows of API keys and of what was revoked."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from gateway.adapters.orm import api_key_events, api_keys, token_revocations
from shared.pagination import Key

Row = sa.Row[Any]
# Digests leave this table only to be compared.
_KEYS: Final[sa.Select[Any]] = sa.select(
    *(column for column in api_keys.c if column.name not in ("digest", "previous_digest"))
)


async def add_key(connection: AsyncConnection, values: Mapping[str, object]) -> None:
    await connection.execute(api_keys.insert(), [values])


async def key_for_update(connection: AsyncConnection, key_id: UUID) -> Row | None:
    """The key with its digests, locked until the transaction ends."""
    statement = sa.select(api_keys).where(api_keys.c.id == key_id).with_for_update()
    return (await connection.execute(statement)).one_or_none()


async def change_key(connection: AsyncConnection, key_id: UUID, values: Mapping[str, object]) -> None:
    """Change the locked key; every replica forgets what it remembers within a second."""
    revision = api_keys.c.revision + 1
    await connection.execute(
        api_keys.update().where(api_keys.c.id == key_id).values(**values, revision=revision)
    )
    await _tell_replicas(connection)


async def note_event(
    connection: AsyncConnection, key_id: UUID, event: tuple[str, str], by: str, at: datetime
) -> None:
    """Keep for ever who did what to a key; `event` is its kind and a detail."""
    kind, detail = event
    values = {"api_key_id": key_id, "kind": kind, "detail": detail, "by": by, "at": at}
    await connection.execute(api_key_events.insert(), [values])


async def add_revocation(connection: AsyncConnection, values: Mapping[str, object]) -> None:
    await connection.execute(token_revocations.insert(), [values])
    await _tell_replicas(connection)


async def one_key(connection: AsyncConnection, key_id: UUID) -> Row | None:
    found: Row | None = (await connection.execute(_KEYS.where(api_keys.c.id == key_id))).one_or_none()
    return found


async def keys_page(
    connection: AsyncConnection, filters: Mapping[str, object], after: Key | None, limit: int
) -> Sequence[Row]:
    """One more than the limit, the newest first; filters that are None are not given."""
    statement = _KEYS.order_by(api_keys.c.id.desc()).limit(limit + 1)
    for name, value in filters.items():
        if value is not None:
            statement = statement.where(api_keys.c[name] == value)
    if after is not None:
        statement = statement.where(api_keys.c.id < UUID(str(after[0])))
    rows: Sequence[Row] = (await connection.execute(statement)).all()
    return rows


async def key_events(connection: AsyncConnection, key_id: UUID) -> Sequence[Row]:
    statement = sa.select(api_key_events).where(api_key_events.c.api_key_id == key_id)
    return (await connection.execute(statement.order_by(api_key_events.c.id))).all()


async def revocations_page(connection: AsyncConnection, after: Key | None, limit: int) -> Sequence[Row]:
    """One more than the limit, the newest first."""
    statement = sa.select(token_revocations).order_by(token_revocations.c.id.desc()).limit(limit + 1)
    if after is not None:
        statement = statement.where(token_revocations.c.id < UUID(str(after[0])))
    return (await connection.execute(statement)).all()


async def _tell_replicas(connection: AsyncConnection) -> None:
    # Last in its transaction: the row is locked no longer than the commit takes.
    await connection.execute(sa.text("UPDATE credential_generation SET generation = generation + 1"))
