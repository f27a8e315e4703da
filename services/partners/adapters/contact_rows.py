"""Contacts of partners: added and retired, never changed."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

Row = sa.Row[Any]
# Told under the partner's code, or under one that was merged into it.
_OF_PARTNER: Final = (
    "(partner_code = :partner"
    " OR partner_code IN (SELECT w.code FROM partner_owners w WHERE w.owner_code = :partner))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewContact:
    """Who is added; a secret is sealed for its id."""

    id: UUID
    partner_code: str
    role: str
    name: str
    channel: str
    address: str
    language: str
    host_key: str | None
    sealed_secret: bytes | None


async def add_contact(connection: AsyncConnection, new: NewContact, *, by: str, at: datetime) -> bool:
    """False when the partner has this address in this role already."""
    added = await connection.execute(
        sa.text(
            "INSERT INTO partner_contacts (id, partner_code, role, name, channel, address, language, host_key,"
            " sealed_secret, added_at, added_by) VALUES (:id, :partner_code, :role, :name, :channel, :address,"
            " :language, :host_key, :sealed_secret, :at, :by) ON CONFLICT DO NOTHING"
        ),
        {name: getattr(new, name) for name in NewContact.__dataclass_fields__} | {"at": at, "by": by},
    )
    return added.rowcount == 1


async def active_contact(
    connection: AsyncConnection, place: tuple[str, str, str], address: str, name: str
) -> UUID | None:
    """The one of this name that gets documents there; `place` is partner code, role and channel.

    Two people may share an address, such as a desk's.
    """
    found = await connection.scalar(
        sa.text(
            "SELECT id FROM partner_contacts WHERE partner_code = :partner AND role = :role AND channel = :channel"
            " AND address = :address AND lower(name) = lower(:name) AND retired_at IS NULL ORDER BY id LIMIT 1"
        ),
        {"partner": place[0], "role": place[1], "channel": place[2], "address": address, "name": name},
    )
    return None if found is None else UUID(str(found))


async def contact_by_id(connection: AsyncConnection, partner_code: str, contact_id: UUID) -> Row | None:
    """None when the partner has none of this id, under its own code or one merged into it."""
    return (
        await connection.execute(
            sa.text(f"SELECT * FROM partner_contacts WHERE id = :id AND {_OF_PARTNER}"),
            {"id": contact_id, "partner": partner_code},
        )
    ).one_or_none()


async def retire_contact(
    connection: AsyncConnection, partner_code: str, contact_id: UUID, *, by: str, at: datetime
) -> Row | None:
    """The contact, retired now or before; None when the partner has none of this id."""
    await connection.execute(
        sa.text(
            "UPDATE partner_contacts SET retired_at = :at, retired_by = :by"
            f" WHERE id = :id AND {_OF_PARTNER} AND retired_at IS NULL"
        ),
        {"id": contact_id, "partner": partner_code, "at": at, "by": by},
    )
    return await contact_by_id(connection, partner_code, contact_id)


async def contact_rows(
    connection: AsyncConnection, partner_code: str, *, is_retired: bool | None, after: UUID | None, limit: int
) -> Sequence[Row]:
    """In the order they were added, those of codes merged into the partner among them."""
    return (
        await connection.execute(
            sa.text(
                f"SELECT * FROM partner_contacts WHERE {_OF_PARTNER}"
                " AND (CAST(:is_retired AS boolean) IS NULL OR (retired_at IS NOT NULL) = :is_retired)"
                " AND (CAST(:after AS uuid) IS NULL OR id > CAST(:after AS uuid)) ORDER BY id LIMIT :limit"
            ),
            {"partner": partner_code, "is_retired": is_retired, "after": after, "limit": limit},
        )
    ).all()
