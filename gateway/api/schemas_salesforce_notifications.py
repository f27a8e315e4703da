"""Bodies of Salesforce's notifications: what came, what became of it, and how it was read again."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import sqlalchemy as sa
from pydantic import Field, JsonValue

from gateway.api.schemas_salesforce import FieldProblemBody, ObjectName
from shared.wire import WireModel

Channel = Literal["outbound_message", "event"]
NotificationState = Literal["told", "kept", "superseded", "unmapped", "quarantined"]


class SalesforceNotificationBody(WireModel):
    """One thing that Salesforce told, named for ever by its id, and what it has become by now."""

    id: Annotated[UUID, Field(description="Its id here")]
    organization_id: Annotated[str, Field(description="15 characters; case counts")]
    channel: Annotated[Channel, Field(description="How it came")]
    notification_id: Annotated[
        str,
        Field(
            description="Salesforce's own id of it, or a digest of its content",
            examples=["04l5g0000000001AAA"],
        ),
    ]
    object_name: Annotated[ObjectName | None, Field(description="The object it is about, where it says so")]
    record_id: Annotated[
        str | None, Field(description="The record it is about, 18 characters; null when it could not be read")
    ]
    kept_record_id: Annotated[
        UUID | None, Field(description="`id` of that record in `/v1/salesforce-records`")
    ]
    replay_id: Annotated[str | None, Field(description="Where it stood in the event stream of Salesforce")]
    state: Annotated[
        NotificationState, Field(description="What it has become; `superseded` brought nothing new")
    ]
    problems: Annotated[list[FieldProblemBody], Field(description="Why it is quarantined")]
    received_at: Annotated[datetime, Field(description="When its message came; UTC")]


class NotificationReplayBody(WireModel):
    """One reading again."""

    replayed_at: Annotated[datetime, Field(description="UTC")]
    replayed_by: Annotated[str, Field(description="Who asked for it, by the token's subject")]
    state_before: Annotated[NotificationState, Field(description="What it was before")]
    state: Annotated[NotificationState, Field(description="What became of it")]
    problems: Annotated[list[FieldProblemBody], Field(description="Why it still could not be read")]


class NotificationDetailBody(SalesforceNotificationBody):
    """With its content and its history."""

    payload: Annotated[
        JsonValue,
        Field(
            description="The event, or the XML of the notification as a text, as it came; null after ninety days",
            examples=[{"id": "0015g00000000001", "object": "Account", "fields": {"Name": "Satara Motors"}}],
        ),
    ]
    replays: Annotated[list[NotificationReplayBody], Field(description="The first time first")]


class NotificationReplayOrder(WireModel):
    """Which notifications are read again; without any of the two, all that wait."""

    notification_ids: Annotated[
        list[UUID], Field(max_length=500, default_factory=list, description="`id` of the notifications")
    ]
    object_name: Annotated[ObjectName | None, Field(description="All of an object")] = None


def notification_facts(row: sa.Row[Any]) -> dict[str, Any]:
    """The fields of a notification, with or without its content."""
    names = SalesforceNotificationBody.model_fields.keys() - {"problems"}
    return {**{name: getattr(row, name) for name in names}, "problems": _problems(row)}


def replay_body(row: sa.Row[Any]) -> NotificationReplayBody:
    """One reading again."""
    return NotificationReplayBody(
        replayed_at=row.replayed_at,
        replayed_by=row.replayed_by,
        state_before=row.state_before,
        state=row.state,
        problems=_problems(row),
    )


def _problems(row: sa.Row[Any]) -> list[FieldProblemBody]:
    return [FieldProblemBody(**one) for one in row.problems]
