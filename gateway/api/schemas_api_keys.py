"""Bodies of API keys and of revocations."""

from datetime import datetime, timedelta
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator

from gateway.adapters.api_key_store import Row
from gateway.domain.api_key import OVERLAP_MAX, SCOPE_PATTERN, VALID_DAYS_MAX, VALID_DAYS_USUAL, Grant
from shared.wire import WireModel

RoleName = Annotated[str, Field(pattern=r"^[a-z_]{1,40}$")]
ScopeName = Annotated[str, Field(pattern=SCOPE_PATTERN, max_length=70)]
ValidDays = Annotated[
    int, Field(ge=1, le=VALID_DAYS_MAX, description="Days until it expires", examples=[VALID_DAYS_USUAL])
]
Reason = Annotated[str, Field(min_length=3, max_length=500, examples=["It was pasted into a chat"])]


class ApiKeyDraft(WireModel):
    """A key for a machine; it opens no more than you may."""

    name: Annotated[str, Field(min_length=1, max_length=100, examples=["Nightly statement import"])]
    roles: Annotated[
        list[RoleName],
        Field(
            min_length=1,
            max_length=5,
            description="Some of integration, analyst, auditor, partner, zonal_sales",
            examples=[["integration"]],
        ),
    ]
    scopes: Annotated[
        list[ScopeName] | None,
        Field(
            min_length=1,
            max_length=50,
            description="Narrows the roles to `<resource>:read` and `<resource>:write`, `*` for all; null narrows nothing",
            examples=[["bank-statements:write", "jobs:read"]],
        ),
    ] = None
    zones: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=40)], ...],
        Field(
            max_length=50, description="Sales zones whose rows a zonal_sales key sees", examples=[["West"]]
        ),
    ] = ()
    partner_code: Annotated[str | None, Field(min_length=1, max_length=40)] = None
    valid_days: ValidDays = VALID_DAYS_USUAL

    def grant(self) -> Grant:
        scopes = None if self.scopes is None else frozenset(self.scopes)
        return Grant(frozenset(self.roles), scopes, frozenset(self.zones), self.partner_code)

    def valid_for(self) -> timedelta:
        return timedelta(days=self.valid_days)


class RotationDraft(WireModel):
    """A new secret for the same key."""

    overlap_minutes: Annotated[
        int,
        Field(
            ge=0,
            le=int(OVERLAP_MAX.total_seconds()) // 60,
            description="How long the secret before still counts; 0 ends it at once",
            examples=[60],
        ),
    ]
    valid_days: ValidDays = VALID_DAYS_USUAL

    def overlap(self) -> timedelta:
        return timedelta(minutes=self.overlap_minutes)

    def valid_for(self) -> timedelta:
        return timedelta(days=self.valid_days)


class KeyRevocationDraft(WireModel):
    """Ends a key for good."""

    reason: Reason


class ApiKeyBody(WireModel):
    """A key as it is shown: never its secret."""

    id: UUID
    name: str
    owner: str = Field(description="Subject of the person who answers for it", examples=["0c6b3f1e"])
    roles: list[str] = Field(
        description="What it may do, as people of these roles may", examples=[["integration"]]
    )
    scopes: list[str] | None = Field(description="What narrows the roles; null narrows nothing")
    zones: list[str] = Field(description="Sales zones whose rows it sees", examples=[["West"]])
    partner_code: str | None
    created_at: datetime
    issued_at: datetime = Field(description="When its present secret was made")
    expires_at: datetime = Field(description="When it stops counting")
    previous_ends_at: datetime | None = Field(
        description="Until when the secret before the last rotation counts"
    )
    revoked_at: datetime | None = Field(description="When it was taken back; null while it was not")
    last_used_at: datetime | None = Field(description="To the minute; written once a minute")
    revision: int = Field(description="The number in the `ETag`")


class ApiKeyEventBody(WireModel):
    """Who did what to a key."""

    kind: Literal["created", "rotated", "revoked"]
    detail: str
    by: str
    at: datetime


class ApiKeyHistoryBody(ApiKeyBody):
    """A key with what became of it."""

    history: list[ApiKeyEventBody]


class IssuedApiKeyBody(ApiKeyHistoryBody):
    """A key at the one moment at which its text is known."""

    key: str | None = Field(
        description="The text to send as `Authorization: Bearer`; kept nowhere, so null in a replayed reply",
        examples=["sk_0CQLcUjuIIhWbtLrHsHaVt_…"],
    )


class TokenRevocationDraft(WireModel):
    """One access token, or everything issued to a subject until now."""

    token_id: Annotated[
        str | None, Field(min_length=1, max_length=255, description="The token's `jti` claim")
    ] = None
    subject: Annotated[
        str | None,
        Field(min_length=1, max_length=255, description="A person: their tokens, and the keys that they own"),
    ] = None
    reason: Reason

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.token_id is None) == (self.subject is None):
            raise ValueError("name either token_id or subject")
        return self


class TokenRevocationBody(WireModel):
    """What no longer counts, and since when."""

    id: UUID
    token_id: str | None = Field(description="The token's `jti` claim", examples=["8f14e45f"])
    subject: str | None = Field(description="The person", examples=["0c6b3f1e"])
    reason: str
    by: str
    at: datetime = Field(description="When; what was issued to the subject until then no longer counts")


def key_facts(row: Row) -> dict[str, object]:
    """The fields of a key's body by name."""
    return {name: getattr(row, name) for name in ApiKeyBody.model_fields}
