"""Bodies of people of partners."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import Field

from services.partners.adapters.person_store import KeptPerson
from services.partners.domain.person import Person, PersonChannel, PersonLanguage, PersonRole
from shared.wire import WireModel

Name = Annotated[
    str, Field(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$", examples=["Asha Kulkarni"])
]
Email = Annotated[str, Field(max_length=320, examples=["accounts@godavari.example"])]
Phone = Annotated[str, Field(max_length=16, description="With its country", examples=["+919820012345"])]


class PersonDraft(WireModel):
    """A person that is added."""

    name: Name
    roles: Annotated[list[PersonRole], Field(min_length=1, max_length=6)]
    email: Email | None = None
    phone: Phone | None = None
    language: PersonLanguage = PersonLanguage.ENGLISH
    channel: PersonChannel = PersonChannel.EMAIL
    takes_optional: Annotated[
        bool, Field(description="Consent to documents nobody is obliged to send", examples=[True])
    ] = True

    def person(self) -> Person:
        """The domain's person; PersonInvalid when it cannot be reached."""
        return Person(**self.model_dump() | {"roles": tuple(self.roles), "is_active": True})


class PersonChange(WireModel):
    """What changes of a person; what is left out stays."""

    name: Name | None = None
    roles: Annotated[list[PersonRole] | None, Field(min_length=1, max_length=6)] = None
    email: Email | None = None
    phone: Phone | None = None
    language: PersonLanguage | None = None
    channel: PersonChannel | None = None
    takes_optional: bool | None = None
    is_active: Annotated[
        bool | None, Field(description="false: nothing is sent to them any more", examples=[True])
    ] = None

    def changes(self) -> dict[str, Any]:
        """What was told, by name; only e-mail and phone can be emptied."""
        told = self.model_dump(exclude_unset=True)
        return {
            name: tuple(value) if name == "roles" else value
            for name, value in told.items()
            if value is not None or name in ("email", "phone")
        }


class PersonBody(WireModel):
    """Somebody at a partner."""

    id: UUID
    partner_code: Annotated[
        str, Field(description="Under which code it was told: the partner's, or one that was merged into it")
    ]
    name: str
    roles: list[PersonRole]
    email: str | None
    phone: str | None
    language: PersonLanguage
    channel: PersonChannel
    takes_optional: bool
    is_active: bool
    revision: int
    changed_at: datetime
    changed_by: str


def person_body(kept: KeptPerson) -> PersonBody:
    """The reply for one person."""
    person = kept.person
    return PersonBody(
        id=kept.id,
        partner_code=kept.home.partner_code,
        name=person.name,
        roles=list(person.roles),
        email=person.email,
        phone=person.phone,
        language=person.language,
        channel=person.channel,
        takes_optional=person.takes_optional,
        is_active=person.is_active,
        revision=kept.revision,
        changed_at=kept.changed_at,
        changed_by=kept.changed_by,
    )
