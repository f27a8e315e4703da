"""Adds a contact of a partner: of a person, who is known from then on, or of a system that takes documents in."""

from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from services.partners.adapters.contact_rows import NewContact, active_contact, add_contact
from services.partners.adapters.person_store import Home, KeptPerson, add_person_version, person_reached_at
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.domain.delivery import Channel, check_address, is_role
from services.partners.domain.document import Language
from services.partners.domain.errors import ContactTaken, RecipientInvalid
from services.partners.domain.partner import Partner
from services.partners.domain.person import Person, PersonChannel, PersonLanguage, PersonRole, is_of_a_person
from shared.errors import FieldProblem
from shared.secret_box import SecretBox
from shared.webhooks.signature import new_secret


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisterContact:
    """Who it is and how documents reach it; an SFTP host is known by its key."""

    partner: Partner
    role: str
    name: str
    channel: Channel
    address: str
    language: Language
    host_key: str | None


async def register_contact(
    work: UnitOfWork, wanted: RegisterContact, box: SecretBox, *, actor: str, at: datetime
) -> tuple[UUID, str | None]:
    """The id and, of a webhook, its secret, which is shown this once. ContactTaken when it is known.

    A letter in a role that people have goes to a person: one who is known by name and address has the role too from now on.
    """
    check_address(wanted.channel, wanted.address)
    if not is_role(wanted.role):
        problem = FieldProblem("/role", "expected a word such as accounts or dispatch")
        raise RecipientInvalid("The role cannot be used", problems=[problem])
    if (wanted.channel is Channel.SFTP) != (wanted.host_key is not None):
        problem = FieldProblem("/host_key", "needed of an SFTP host, and of nothing else")
        raise RecipientInvalid("A host is known by its key", problems=[problem])
    if is_of_a_person(wanted.channel, wanted.role):
        return await _add_person(work, wanted, actor=actor, at=at), None
    contact_id = UUID(str(uuid7()))
    secret = new_secret() if wanted.channel is Channel.WEBHOOK else None
    new = NewContact(
        id=contact_id,
        partner_code=wanted.partner.code,
        role=wanted.role,
        name=wanted.name,
        channel=wanted.channel.value,
        address=wanted.address,
        language=wanted.language.value,
        host_key=wanted.host_key,
        sealed_secret=box.seal(secret, owner=contact_id.bytes) if secret else None,
    )
    if not await add_contact(work.connection, new, by=actor, at=at):
        raise ContactTaken(f"{wanted.partner.code} has {wanted.address} as {wanted.role} already")
    return contact_id, secret


async def _add_person(work: UnitOfWork, wanted: RegisterContact, *, actor: str, at: datetime) -> UUID:
    told = Person(
        name=wanted.name,
        roles=(PersonRole(wanted.role),),
        email=wanted.address,
        phone=None,
        language=PersonLanguage(wanted.language.value),
        channel=PersonChannel(wanted.channel.value),
        takes_optional=True,
        is_active=True,
    )
    place = (wanted.partner.code, wanted.role, wanted.channel.value)
    known = await person_reached_at(work.connection, wanted.partner.id, told)
    reached = told if known is None else known.person
    address = reached.email or wanted.address
    if await active_contact(work.connection, place, address, reached.name) is not None:
        raise ContactTaken(f"{wanted.partner.code} has {wanted.address} as {wanted.role} already")
    kept = KeptPerson(uuid7(), Home.of(wanted.partner), 1, told, at, actor)
    if known is not None:
        roles = (*known.person.roles, PersonRole(wanted.role))
        kept = known.changed(replace(known.person, roles=roles), actor=actor, at=at)
    await add_person_version(work.connection, kept)
    contact_id = await active_contact(work.connection, place, address, reached.name)
    assert contact_id is not None
    return contact_id
