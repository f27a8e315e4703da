"""Posts documents to a partner's system as a signed webhook (Standard Webhooks), to checked addresses only."""

import base64
from collections.abc import Callable
from datetime import datetime
from typing import Final

import msgspec

from services.partners.adapters.channels.outgoing import Accepted, AttemptFailed, Outgoing
from shared.webhooks.attempt import Outcome
from shared.webhooks.client import WebhookClient
from shared.webhooks.signature import signatures

USER_AGENT: Final = "SalesOps-Documents/1"
TYPE: Final = "document.delivered"


class WebhookChannel:
    """Redirects are not followed and private addresses not called; see shared/webhooks."""

    def __init__(self, client: WebhookClient, *, now: Callable[[], datetime]) -> None:
        self._client = client
        self._now = now

    async def send(self, outgoing: Outgoing) -> Accepted:
        """`webhook-id` is the delivery's: a receiver that got it twice recognises it. AttemptFailed without a 2xx."""
        body = document_body(outgoing)
        timestamp = int(self._now().timestamp())
        message_id = str(outgoing.delivery_id)
        headers = {
            "Content-Type": "application/json",
            "User-Agent": USER_AGENT,
            "webhook-id": message_id,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": signatures(
                [outgoing.secret or ""], message_id=message_id, timestamp=timestamp, body=body
            ),
        }
        reply = await self._client.post(outgoing.address, headers, body)
        if reply.outcome is Outcome.DELIVERED:
            return Accepted(f"status {reply.status}", is_delivered=True)
        said = reply.error or f"status {reply.status}: {reply.excerpt[:200]}"
        raise AttemptFailed(said, is_final=reply.outcome in (Outcome.GONE, Outcome.FORBIDDEN))


def document_body(outgoing: Outgoing) -> str:
    """The document with its files as base64, as docs/api describes documents."""
    files = [
        {
            "format": file.format,
            "file_name": file.file_name,
            "media_type": file.media_type,
            "sha256": file.sha256,
            "content": base64.b64encode(content).decode(),
        }
        for file, content in outgoing.files
    ]
    facts = {
        "type": TYPE,
        "data": {
            "document_id": outgoing.document_id,
            "kind": outgoing.kind,
            "partner_code": outgoing.partner_code,
            "from_on": outgoing.from_on,
            "to_on": outgoing.to_on,
            "language": outgoing.language,
            "files": files,
        },
    }
    return msgspec.json.encode(facts).decode()
