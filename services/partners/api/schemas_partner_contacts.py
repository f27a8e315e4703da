"""Bodies of contacts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import Field

from services.partners.adapters.contact_rows import Row
from services.partners.domain.delivery import Channel
from services.partners.domain.document import Language
from shared.wire import WireModel

_CHANNEL = Field(description="How documents reach it; `portal` is a letter with a link only")
_ADDRESS = Field(
    max_length=500,
    description="An e-mail address, `sftp://user@host/folder` or `https://…`; hosts are public or allowed by the operator",
    examples=["accounts@dealer.example"],
)
_ROLE = Field(max_length=40, description="What it is there for", examples=["accounts"])


class ContactDraft(WireModel):
    """Somebody at a partner, or a system of it."""

    role: Annotated[str, _ROLE]
    name: Annotated[str, Field(min_length=1, max_length=120, examples=["Meera Joshi"])]
    channel: Annotated[Channel, _CHANNEL]
    address: Annotated[str, _ADDRESS]
    language: Annotated[Language, Field(description="What documents and letters are set in")] = (
        Language.ENGLISH
    )
    host_key: Annotated[
        str | None,
        Field(
            max_length=2000,
            pattern=r"^(ssh-ed25519|ecdsa-sha2-nistp(256|384|521)|ssh-rsa) [A-Za-z0-9+/=]+$",
            description="Of an SFTP host: its public key, which is checked at every connection",
            examples=["ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGk0o3Sg4o3r7c3vQ0sXh0Yk7l8m0b1c2d3e4f5g6h7i"],
        ),
    ] = None


class ContactBody(WireModel):
    """A contact as it is kept; who moves is retired and added anew."""

    id: UUID
    partner_code: Annotated[
        str, Field(description="Under which code it was told: the partner's, or one that was merged into it")
    ]
    role: Annotated[str, _ROLE]
    name: str
    channel: Annotated[Channel, _CHANNEL]
    address: Annotated[str, _ADDRESS]
    language: Language
    host_key: Annotated[str | None, Field(description="Of an SFTP host: its public key")]
    added_at: datetime
    added_by: str
    person_id: Annotated[
        UUID | None, Field(description="Whose it is, among the people of the partner; null of a system")
    ]
    takes_optional: Annotated[bool, Field(description="Whether it gets documents nobody is obliged to send")]
    retired_at: Annotated[datetime | None, Field(description="From when on it gets nothing; UTC")]
    retired_by: Annotated[str | None, Field(description="Who retired it")]


class RegisteredContactBody(ContactBody):
    """A contact that was just added."""

    secret: Annotated[
        str | None,
        Field(
            description="Of a webhook: what its deliveries are signed with; shown this once, null when repeated"
        ),
    ]


def contact_body(row: Row) -> ContactBody:
    """The reply for one contact."""
    return ContactBody.model_validate({name: getattr(row, name) for name in ContactBody.model_fields})
