"""People of partners: every version is kept, the latest counts and is who documents are delivered to."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.partners.domain.errors import PersonUnknown
from services.partners.domain.partner import Partner
from services.partners.domain.person import Person, PersonChannel, PersonLanguage, PersonRole

Row = sa.Row[Any]
# Of the partner itself and of those that were merged into it.
_OWNED: Final = """
    SELECT p.id FROM partners p JOIN partner_owners w ON w.code = p.code
    WHERE p.id = :partner_id OR w.owner_code = (SELECT code FROM partners WHERE id = :partner_id)
"""
_LATEST: Final = f"""
    SELECT DISTINCT ON (v.person_id) v.*, p.code AS partner_code
    FROM person_versions v JOIN partners p ON p.id = v.partner_id WHERE v.partner_id IN ({_OWNED})
    ORDER BY v.person_id, v.version DESC
"""


@dataclass(frozen=True, slots=True)
class Home:
    """Under which partner a person was told; a merge leaves it there."""

    partner_id: UUID
    partner_code: str

    @classmethod
    def of(cls, partner: Partner) -> "Home":
        return cls(partner.id, partner.code)


@dataclass(frozen=True, slots=True)
class KeptPerson:
    """A person with its id, whose it is, and how often it changed."""

    id: UUID
    home: Home
    revision: int
    person: Person
    changed_at: datetime
    changed_by: str

    def changed(self, person: Person, *, actor: str, at: datetime) -> "KeptPerson":
        """Its next version."""
        return KeptPerson(self.id, self.home, self.revision + 1, person, at, actor)


async def people_of(
    connection: AsyncConnection, partner_id: UUID, role: str | None, *, after: UUID | None, limit: int
) -> list[KeptPerson]:
    """Active ones, those of merged codes too, in the order they were added; `role` narrows to those who have it."""
    rows = await connection.execute(
        sa.text(
            f"SELECT * FROM ({_LATEST}) AS latest WHERE is_active AND (CAST(:role AS text) IS NULL OR :role = ANY(roles))"
            " AND (CAST(:after AS uuid) IS NULL OR person_id > :after) ORDER BY person_id LIMIT :limit"
        ),
        {"partner_id": partner_id, "role": role, "after": after, "limit": limit},
    )
    return [_kept(row) for row in rows]


async def lock_person(connection: AsyncConnection, partner_id: UUID, person_id: UUID) -> KeptPerson:
    """The person, which nobody else changes until the commit; PersonUnknown when the partner has no such."""
    wanted = {"partner_id": partner_id, "person_id": person_id}
    await connection.execute(
        sa.text(
            "SELECT FROM partners WHERE id = (SELECT partner_id FROM person_versions"
            " WHERE person_id = :person_id AND version = 1) FOR NO KEY UPDATE"
        ),
        wanted,
    )
    row = (
        await connection.execute(
            sa.text(f"SELECT * FROM ({_LATEST}) AS latest WHERE person_id = :person_id"), wanted
        )
    ).one_or_none()
    if row is None:
        raise PersonUnknown(f"The partner has no person {person_id}")
    return _kept(row)


async def person_reached_at(
    connection: AsyncConnection, partner_id: UUID, person: Person
) -> KeptPerson | None:
    """Somebody active of this name who is reached there by this channel in this language; held until the commit."""
    await connection.execute(
        sa.text("SELECT FROM partners WHERE id = :id FOR NO KEY UPDATE"), {"id": partner_id}
    )
    row = (
        await connection.execute(
            sa.text(
                f"SELECT * FROM ({_LATEST}) AS latest WHERE is_active AND partner_id = :partner_id"
                " AND channel = :channel AND language = :language"
                " AND lower(name) = lower(:name) AND lower(email) = lower(:email) ORDER BY person_id LIMIT 1"
            ),
            {
                "partner_id": partner_id,
                "channel": person.channel.value,
                "language": person.language.value,
                "name": person.name,
                "email": person.email,
            },
        )
    ).one_or_none()
    return None if row is None else _kept(row)


async def add_person_version(connection: AsyncConnection, kept: KeptPerson) -> None:
    """Keep the version, and let documents go to it by its roles from now on."""
    values = asdict(kept.person) | {"roles": list(kept.person.roles)}
    await connection.execute(
        sa.text(
            "INSERT INTO person_versions (person_id, version, partner_id, name, roles, email, phone, language,"
            " channel, takes_optional, is_active, changed_at, changed_by) VALUES (:person_id, :version, :partner_id,"
            " :name, CAST(:roles AS text[]), :email, :phone, :language, :channel, :takes_optional, :is_active,"
            " :changed_at, :changed_by)"
        ),
        {
            "person_id": kept.id,
            "version": kept.revision,
            "partner_id": kept.home.partner_id,
            "changed_at": kept.changed_at,
            "changed_by": kept.changed_by,
            **values,
        },
    )
    await _deliver_to(connection, kept)


async def _deliver_to(connection: AsyncConnection, kept: KeptPerson) -> None:
    """One contact per role; those that the version before had and this one has not are retired."""
    told: dict[str, object] = {"at": kept.changed_at, "by": kept.changed_by, "person_id": kept.id}
    person = kept.person
    await connection.execute(
        sa.text(
            "UPDATE partner_contacts SET retired_at = :at, retired_by = :by"
            " WHERE person_id = :person_id AND retired_at IS NULL"
            " AND NOT (:is_reached AND role = ANY(CAST(:roles AS text[]))"
            " AND (name, channel, address, language, takes_optional)"
            " = (:name, :channel, coalesce(CAST(:address AS text), ''), :language, :takes_optional))"
        ),
        told
        | {
            "is_reached": person.is_active and person.channel is not PersonChannel.PHONE,
            "roles": list(person.roles),
            "name": person.name,
            "channel": person.channel.value,
            "address": person.email,
            "language": person.language.value,
            "takes_optional": person.takes_optional,
        },
    )
    if not person.is_active or person.channel is PersonChannel.PHONE:
        return
    await connection.execute(
        sa.text(
            "INSERT INTO partner_contacts (id, partner_code, role, name, channel, address, language, takes_optional,"
            " person_id, added_at, added_by) VALUES (:id, :partner_code, :role, :name, :channel, :address, :language,"
            " :takes_optional, :person_id, :at, :by) ON CONFLICT DO NOTHING"
        ),
        [
            {
                "id": uuid7(),
                "partner_code": kept.home.partner_code,
                "role": role,
                "name": person.name,
                "channel": person.channel,
                "address": person.email,
                "language": person.language,
                "takes_optional": person.takes_optional,
                **told,
            }
            for role in person.roles
        ],
    )


def _kept(row: Row) -> KeptPerson:
    person = Person(
        name=row.name,
        roles=_roles(row.roles),
        email=row.email,
        phone=row.phone,
        language=PersonLanguage(row.language),
        channel=PersonChannel(row.channel),
        takes_optional=row.takes_optional,
        is_active=row.is_active,
    )
    home = Home(row.partner_id, row.partner_code)
    return KeptPerson(row.person_id, home, row.version, person, row.changed_at, row.changed_by)


def _roles(names: Sequence[str]) -> tuple[PersonRole, ...]:
    return tuple(PersonRole(name) for name in names)
