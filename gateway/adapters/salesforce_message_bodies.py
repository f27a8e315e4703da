"""Stored bodies of messages, read once more: what each of their notifications says, and how it was written."""

import json
from dataclasses import dataclass
from typing import Final

from pydantic import JsonValue

from gateway.adapters.salesforce_xml import read_message
from gateway.domain.salesforce_events import Notification, notifications_of, read_json

OUTBOUND_MESSAGE: Final = "outbound_message"
EVENT: Final = "event"


@dataclass(frozen=True, slots=True)
class Told:
    """A notification as it is read now, and its part of the body: XML as a text, or the event."""

    notification: Notification
    payload: JsonValue


def told_in(organization_id: str, channel: str, body: bytes) -> dict[str, Told]:
    """What a body of the channel tells, by the ids of its notifications; the first of two with one id counts, as it did
    when they came. The body was taken in once, so it is one that can be taken apart."""
    if channel == OUTBOUND_MESSAGE:
        message = read_message(body)
        pairs = list(zip(message.notifications(), message.texts(), strict=True))
        return {one.id: Told(one, text) for one, text in reversed(pairs)}
    written = json.loads(body)
    if isinstance(written, dict) and isinstance(written.get("events"), list):
        written = written["events"]
    told = zip(read_json(body), written if isinstance(written, list) else [written], strict=True)
    found = [
        Told(one, payload) for event, payload in told for one in notifications_of(organization_id, event)
    ]
    return {one.notification.id: one for one in reversed(found)}
