"""What a mail system reports of a letter (RFC 3464), read from the message it sends back."""

import re
from dataclasses import dataclass
from email import message_from_bytes
from email.message import Message
from email.policy import compat32
from enum import StrEnum
from typing import Final
from uuid import UUID

from services.partners.domain.errors import BounceUnreadable

REPORT_BYTES_MAX: Final = 1024 * 1024
_MESSAGE_ID: Final = re.compile(r"<([0-9a-f-]{36})\.(\d{1,6})@[^>]+>")


class ReportedAction(StrEnum):
    """What became of the letter, in the words of RFC 3464, 2.3.3; relayed and expanded are as good as delivered."""

    FAILED = "failed"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    RELAYED = "relayed"
    EXPANDED = "expanded"


@dataclass(frozen=True, slots=True)
class Report:
    """About which delivery, what became of it, and what the mail system said to it."""

    delivery_id: UUID
    action: ReportedAction
    status: str
    said: str


def read_report(content: bytes) -> Report:
    """The first recipient's report; our letters have one recipient. BounceUnreadable for any other message."""
    message = message_from_bytes(content[:REPORT_BYTES_MAX], policy=compat32)
    parts = [part for part in message.walk() if part.get_content_type() == "message/delivery-status"]
    fields = [block for part in parts for block in _blocks(part)]
    recipient = next((block for block in fields if block.get("Action")), None)
    if recipient is None:
        raise BounceUnreadable("The message holds no delivery status (RFC 3464)")
    try:
        action = ReportedAction(str(recipient["Action"]).split(";")[0].strip().lower())
    except ValueError as error:
        raise BounceUnreadable("The delivery status names no action of RFC 3464") from error
    said = " ".join(str(recipient.get("Diagnostic-Code", "")).split())[:300]
    return Report(_delivery_of(message, fields), action, str(recipient.get("Status", "")).strip()[:20], said)


def _blocks(part: Message) -> list[Message]:
    payload = part.get_payload()
    return [block for block in payload if isinstance(block, Message)] if isinstance(payload, list) else []


def _delivery_of(message: Message, fields: list[Message]) -> UUID:
    """By the envelope's id that we gave, else by the Message-ID of the letter that came back."""
    for block in fields:
        envelope = str(block.get("Original-Envelope-Id", "")).strip()
        try:
            return UUID(envelope)
        except ValueError:
            continue
    for part in message.walk():
        if found := _MESSAGE_ID.search(str(part.get("Message-ID", ""))):
            return UUID(found[1])
        if part.get_content_type() == "text/rfc822-headers":
            payload = part.get_payload(decode=True)
            text = payload.decode("utf-8", "replace") if isinstance(payload, bytes) else ""
            if found := _MESSAGE_ID.search(text):
                return UUID(found[1])
    raise BounceUnreadable("The report does not say which letter it is about")
