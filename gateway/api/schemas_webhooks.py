"""Bodies of webhook endpoints and their deliveries."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field

from gateway.adapters.webhook_endpoints import Endpoint
from gateway.domain.webhook import DeliveryState, EndpointState
from shared.webhooks.attempt import Outcome
from shared.webhooks.target import URL_LENGTH_MAX
from shared.wire import WireModel

Url = Annotated[
    str,
    Field(
        min_length=8,
        max_length=URL_LENGTH_MAX,
        description="Where deliveries are posted: https, to a public address or a network that an operator allowed",
        examples=["https://erp.example.com/hooks/salesops"],
    ),
]
Description = Annotated[str, Field(max_length=200, description="What it is for", examples=["ERP, receipts"])]
Types = Annotated[
    list[Annotated[str, Field(max_length=60)]],
    Field(
        max_length=50,
        description="Types or families (`receipt.*`); empty: all you may hear",
        examples=[["receipt.*"]],
    ),
]


class WebhookEndpointDraft(WireModel):
    """Where webhooks are to go."""

    url: Url
    description: Description = ""
    types: Types = Field(default_factory=list)


class WebhookEndpointChange(WireModel):
    """What is to be different; what is left out stays."""

    url: Url | None = None
    description: Description | None = None
    types: Types | None = None
    is_enabled: Annotated[bool | None, Field(description="False sends nothing until it is true again")] = None


class WebhookEndpointBody(WireModel):
    """Where webhooks go, and whether they do."""

    id: UUID
    owner: Annotated[str, Field(description="Subject of the one who registered it; hears what it may hear")]
    url: Url
    description: Description
    types: Types
    state: Annotated[
        EndpointState,
        Field(description="paused: by us after three days of failures; disabled: by its owner or its 410"),
    ]
    state_reason: Annotated[str, Field(description="Why it is paused or disabled; empty otherwise")]
    failures: Annotated[int, Field(description="Attempts in a row that failed, now")]
    resumes_at: Annotated[
        datetime | None,
        Field(description="Until when it is left alone after failures; UTC, null when it is not"),
    ]
    revision: Annotated[int, Field(description="Grows with every change; send it as If-Match")]
    created_at: Annotated[datetime, Field(description="When it was registered; UTC")]


class WebhookSecretBody(WebhookEndpointBody):
    """An endpoint with a secret that is shown this once."""

    secret: Annotated[
        str | None,
        Field(
            description="Signs the deliveries; null when a reply is replayed: rotate it then",
            examples=["whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"],
        ),
    ]


class SecretRotationDraft(WireModel):
    """How long the secret before stays good."""

    overlap_hours: Annotated[int, Field(ge=0, le=168, description="Hours in which both secrets sign")] = 24


class ResendDraft(WireModel):
    """What was told in this time is delivered again."""

    told_from_at: Annotated[datetime, Field(description="From when on; UTC, at most a week ago")]
    told_until_at: Annotated[datetime, Field(description="Until before when; UTC")]


class ResentBody(WireModel):
    """How many deliveries were queued again."""

    queued_count: Annotated[
        int, Field(description="How many are queued; those that wait already are not counted")
    ]


class WebhookDeliveryBody(WireModel):
    """One event on its way to one endpoint."""

    id: UUID
    event_id: Annotated[UUID, Field(description="`webhook-id` of every attempt, and `id` of the event")]
    event_type: Annotated[str, Field(description="Type of the event", examples=["receipt.booked"])]
    state: Annotated[DeliveryState, Field(description="Where it stands")]
    attempts: Annotated[int, Field(description="Attempts of this round; sending it again begins a new one")]
    created_at: Annotated[datetime, Field(description="When it was queued; UTC")]
    next_attempt_at: Annotated[
        datetime | None, Field(description="When it is tried next; null when it has ended")
    ]
    finished_at: Annotated[datetime | None, Field(description="When it ended; UTC, null before")]
    last_status: Annotated[
        int | None, Field(description="HTTP status of the last attempt; null without a reply")
    ]
    last_outcome: Annotated[
        Outcome | None, Field(description="What the last attempt came to; null before the first")
    ]


class WebhookAttemptBody(WireModel):
    """One attempt."""

    attempted_at: Annotated[datetime, Field(description="When it was sent; UTC")]
    duration_ms: Annotated[int, Field(description="How long it took, in milliseconds")]
    status: Annotated[int | None, Field(description="HTTP status; null without a reply")]
    outcome: Annotated[Outcome, Field(description="What it came to")]
    error: Annotated[str | None, Field(description="Why there was no reply; null when there was one")]
    excerpt: Annotated[str, Field(description="The beginning of the reply's body, 500 characters at most")]


class WebhookDeliveryFileBody(WireModel):
    """A delivery with every attempt, those of earlier rounds too."""

    delivery: Annotated[WebhookDeliveryBody, Field(description="The delivery")]
    attempts: Annotated[list[WebhookAttemptBody], Field(description="Every attempt, the first one first")]


def endpoint_body(endpoint: Endpoint) -> WebhookEndpointBody:
    """The endpoint as its owner sees it."""
    names = WebhookEndpointBody.model_fields.keys() - {"types", "resumes_at"}
    facts = {name: getattr(endpoint, name) for name in names}
    return WebhookEndpointBody(**facts, types=list(endpoint.types), resumes_at=endpoint.held_until)


def secret_body(endpoint: Endpoint) -> WebhookSecretBody:
    """The endpoint with a place for its secret, which is put there last."""
    return WebhookSecretBody(**endpoint_body(endpoint).model_dump(), secret=None)


def delivery_body(row: sa.Row[Any]) -> WebhookDeliveryBody:
    """The delivery; one that has ended is tried no more."""
    facts = {name: getattr(row, name) for name in WebhookDeliveryBody.model_fields}
    if row.state != DeliveryState.WAITING.value:
        facts["next_attempt_at"] = None
    return WebhookDeliveryBody(**facts)


def delivery_file_body(row: sa.Row[Any], attempts: Sequence[sa.Row[Any]]) -> WebhookDeliveryFileBody:
    """The delivery with its attempts."""
    names = WebhookAttemptBody.model_fields
    shown = [WebhookAttemptBody(**{name: getattr(one, name) for name in names}) for one in attempts]
    return WebhookDeliveryFileBody(delivery=delivery_body(row), attempts=shown)
