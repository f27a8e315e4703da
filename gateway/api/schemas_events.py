"""Bodies of live events: the frame, one schema per type, and the list of the types."""

from datetime import datetime
from functools import reduce
from operator import or_
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import Field, RootModel, create_model

from gateway.domain.live_data import LiveModel
from gateway.domain.live_event_types import LIVE_EVENT_TYPES, LiveEventType
from shared.wire import WireModel


class LiveEventFrame(LiveModel):
    """What every live event has, whatever its type."""

    id: Annotated[
        UUID, Field(description="The same in streams, webhooks and resends: what came twice has it twice")
    ]
    occurred_at: Annotated[datetime, Field(description="When it happened; UTC")]
    links: Annotated[
        dict[str, str],
        Field(
            description="`resource`: path of what it is about",
            examples=[{"resource": "/v1/receipts/0199f3c2"}],
        ),
    ]


def _body_of(kind: LiveEventType) -> type[LiveEventFrame]:
    name = "".join(part.title() for part in kind.name.replace(".", "_").split("_"))
    fields: dict[str, Any] = {
        "type": (Literal[kind.name], Field(description="What happened")),
        "data": (kind.data, Field(description="What there is to say of it; more may be added")),
    }
    return create_model(f"{name}Event", __base__=LiveEventFrame, __doc__=kind.description, **fields)


BODIES: Final = {kind.name: _body_of(kind) for kind in LIVE_EVENT_TYPES}
_EveryBody: Any = reduce(or_, BODIES.values())
AnyLiveEvent = create_model(
    "AnyLiveEvent",
    __base__=RootModel,
    __doc__="The JSON on the `data:` line of a server-sent event, and the body of a webhook.",
    root=(_EveryBody, Field(discriminator="type")),
)


class EventTypeBody(WireModel):
    """A type of live event."""

    name: Annotated[str, Field(examples=["receipt.booked"])]
    description: str
    resource: Annotated[
        str, Field(description="Route of what it is about", examples=["/v1/receipts/{receipt_id}"])
    ]
    roles: Annotated[list[str], Field(description="Who may hear it: who may read the resource")]
    is_open_to_you: bool
    json_schema: Annotated[dict[str, Any], Field(description="JSON Schema (2020-12) of the event's body")]


class EventTypesBody(WireModel):
    """All types of live events."""

    items: list[EventTypeBody]


def event_type_body(kind: LiveEventType, roles: frozenset[str]) -> EventTypeBody:
    """Describe the type to a caller with these roles."""
    return EventTypeBody(
        name=kind.name,
        description=kind.description,
        resource=kind.resource,
        roles=sorted(kind.roles),
        is_open_to_you=not kind.roles.isdisjoint(roles),
        json_schema=BODIES[kind.name].model_json_schema(mode="serialization"),
    )
