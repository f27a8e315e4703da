"""Retires a contact: a system's gets nothing more; a person's goes with the role that the person gives up."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID

from services.partners.adapters.contact_rows import Row, contact_by_id, retire_contact
from services.partners.adapters.person_store import add_person_version, lock_person
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.domain.errors import ContactUnknown
from services.partners.domain.partner import Partner


async def retire_partner_contact(
    work: UnitOfWork, partner: Partner, contact_id: UUID, *, actor: str, at: datetime
) -> Row:
    """The contact, retired now or before; ContactUnknown. Who gives up the last role is inactive from then on."""
    contact = await contact_by_id(work.connection, partner.code, contact_id)
    if contact is not None and contact.person_id is not None and contact.retired_at is None:
        held = await lock_person(work.connection, partner.id, contact.person_id)
        roles = tuple(role for role in held.person.roles if role != contact.role)
        person = (
            replace(held.person, roles=roles)
            if roles and held.person.is_active
            else replace(held.person, is_active=False)
        )
        if person != held.person:
            await add_person_version(work.connection, held.changed(person, actor=actor, at=at))
    row = await retire_contact(work.connection, partner.code, contact_id, by=actor, at=at)
    if row is None:
        raise ContactUnknown(f"{partner.code} has no contact {contact_id}")
    return row
