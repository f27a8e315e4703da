"""Adds people of partners and changes them; what was before stays in the history."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from services.partners.adapters.person_store import Home, KeptPerson, add_person_version, lock_person
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.domain.partner import Partner
from services.partners.domain.person import Person
from shared.errors import Stale


async def add_person(
    work: UnitOfWork, partner: Partner, person: Person, *, actor: str, at: datetime
) -> KeptPerson:
    kept = KeptPerson(uuid7(), Home.of(partner), 1, person, at, actor)
    await add_person_version(work.connection, kept)
    return kept


async def change_person(
    work: UnitOfWork,
    partner: Partner,
    person: tuple[UUID, int],
    changes: Mapping[str, object],
    *,
    by: tuple[str, datetime],
) -> KeptPerson:
    """`person` is its id and the revision the caller saw: Stale when it is not the latest. `by` is who, when."""
    person_id, decided_on = person
    held = await lock_person(work.connection, partner.id, person_id)
    if held.revision != decided_on:
        raise Stale(f"The person is at revision {held.revision}, not {decided_on}; read it again")
    changed = replace(held.person, **changes)  # type: ignore[arg-type] # fields by name, checked by the body
    if changed == held.person:
        return held
    kept = held.changed(changed, actor=by[0], at=by[1])
    await add_person_version(work.connection, kept)
    return kept
