"""What Salesforce sends to the gateway, and a gateway that knows two organizations."""

import json
import time
from typing import Any

import httpx

from gateway.domain.salesforce_access import signature
from tests.factories.salesforce import ORGANIZATION

MESSAGE_SECRET, NEXT_SECRET = "first-secret-of-outbound-messages", "second-secret-of-outbound-messages"
EVENT_SECRET = "a-secret-that-signs-events-of-flow"
OTHER_ORGANIZATION, OTHER_SECRET = "00D5g00000OTHER", "secret-of-the-other-organization"
ORGANIZATIONS = json.dumps(
    [
        {
            "id": ORGANIZATION,
            "message_secrets": [MESSAGE_SECRET, NEXT_SECRET],
            "event_secrets": [EVENT_SECRET],
        },
        {"id": OTHER_ORGANIZATION, "message_secrets": [OTHER_SECRET]},
    ]
)
MESSAGES, EVENTS = "/webhooks/salesforce/outbound-messages", "/webhooks/salesforce/events"
TABLES = (
    "salesforce_records, salesforce_notification_replays, salesforce_notifications, salesforce_messages,"
    " salesforce_object_gaps, salesforce_mappings, outbox"
)


def notification(number: int, fields: dict[str, Any], object_name: str = "Account") -> str:
    told = "".join(f"<sf:{name}>{value}</sf:{name}>" for name, value in fields.items() if value is not None)
    return (
        f"<Notification><Id>04l5g{number:013d}</Id><sObject xsi:type='sf:{object_name}' "
        f"xmlns:sf='urn:sobject.enterprise.soap.sforce.com'>{told}</sObject></Notification>"
    )


def message(*notifications: str, organization: str = ORGANIZATION, before: str = "") -> bytes:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>{before}'
        '<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
        f'<notifications xmlns="http://soap.sforce.com/2005/09/outbound"><OrganizationId>{organization}</OrganizationId>'
        "<ActionId>04k5g0000000001AAA</ActionId><SessionId xsi:nil='true'/>"
        f"{''.join(notifications)}</notifications></soapenv:Body></soapenv:Envelope>"
    ).encode()


async def sent(client: httpx.AsyncClient, body: bytes, secret: str = MESSAGE_SECRET) -> httpx.Response:
    headers = {"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'}
    return await client.post(MESSAGES, content=body, headers=headers, auth=("salesforce", secret))


def signed(body: bytes, *, at: float | None = None, secret: str = EVENT_SECRET) -> dict[str, str]:
    timestamp = str(int(time.time() if at is None else at))
    return {
        "Content-Type": "application/json",
        "X-Salesforce-Organization": ORGANIZATION,
        "X-Salesforce-Timestamp": timestamp,
        "X-Salesforce-Signature": signature(secret, timestamp, body),
    }


async def told_events(client: httpx.AsyncClient, *events: dict[str, Any]) -> list[dict[str, Any]]:
    body = json.dumps(list(events)).encode()
    reply = await client.post(EVENTS, content=body, headers=signed(body))
    assert reply.status_code == 200, reply.text
    items: list[dict[str, Any]] = reply.json()["items"]
    return items
