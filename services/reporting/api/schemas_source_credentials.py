"""Bodies of credentials of source systems: what is given, and who gave it."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, SecretStr

from shared.wire import WireModel


class SourceCredentialDraft(WireModel):
    """What lets us read there."""

    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        json_schema_extra={"examples": [{"secret": "the password that BMS gave us"}]},
    )

    secret: Annotated[
        SecretStr,
        Field(
            min_length=1,
            max_length=10_000,
            description="A password, or of SFTP a private key as OpenSSH writes it, without a passphrase",
        ),
    ]


class SourceCredentialBody(WireModel):
    """That one was given; what it is stays hidden."""

    id: UUID
    set_by: Annotated[str, Field(description="Who gave it, by the token's subject")]
    set_at: Annotated[datetime, Field(description="When it was given; UTC")]
