"""Bodies of bank accounts."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field

from shared.wire import WireModel

AccountNumber = Annotated[
    str,
    Field(
        min_length=1,
        max_length=35,
        pattern=r"^[A-Za-z0-9][A-Za-z0-9 /.-]*$",
        description="As the bank writes it on the statement.",
        examples=["50200012345678"],
    ),
]


class BankAccountDraft(WireModel):
    """One of our own accounts, to be registered."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"number": "50200012345678", "name": "HDFC current account", "currency": "INR"}]
        }
    )
    number: AccountNumber
    name: Annotated[str, Field(min_length=1, max_length=140, examples=["HDFC current account"])]
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217", examples=["INR"])]


class BankAccountBody(WireModel):
    """A registered bank account."""

    id: UUID
    number: str
    name: str
    currency: str
    created_at: datetime
