"""Facts about webhooks, told by the gateway."""

from datetime import datetime
from typing import Annotated, ClassVar
from uuid import UUID

from pydantic import Field

from shared.events.envelope import Event


class WebhookEndpointStoppedV1(Event):
    """Nothing is sent to an endpoint any more until somebody resumes it."""

    type_name: ClassVar[str] = "salesops.gateway.webhook_endpoint_stopped.v1"
    source: ClassVar[str] = "gateway"
    consumers: ClassVar[tuple[str, ...]] = ("gateway",)

    endpoint_id: UUID
    owner: Annotated[str, Field(description="Subject of the one who registered it")]
    state: Annotated[str, Field(description="paused after three days of failures, disabled after a 410")]
    reason: str
    stopped_at: datetime


EVENTS: tuple[type[Event], ...] = (WebhookEndpointStoppedV1,)
