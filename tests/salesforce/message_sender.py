"""Sends outbound messages as the real one does: SOAP, up to 100 notifications at a time, again until they are acknowledged.

A message that is not acknowledged is sent again after 30 seconds, then after twice the time and so on up to two
hours, for 24 hours. It carries the state of the record at the time of sending, not of the change.
"""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from xml.sax.saxutils import escape

import httpx
from lxml import etree

from tests.salesforce.organization import Change, Organization, Record

FIRST_WAIT, LONGEST_WAIT, GIVEN_UP_AFTER = timedelta(seconds=30), timedelta(hours=2), timedelta(hours=24)
AT_ONCE_MAX = 100
OUTBOUND = "http://soap.sforce.com/2005/09/outbound"
ENVELOPE = "http://schemas.xmlsoap.org/soap/envelope/"
POLL_SECONDS = 0.05


@dataclass(frozen=True)
class OutboundMessage:
    """One configured message: which fields of which object go where."""

    object_name: str
    fields: tuple[str, ...]
    endpoint: str
    action_id: str
    username: str = ""
    password: str = ""


@dataclass
class Waiting:
    """One notification that was not acknowledged yet."""

    id: str
    message: OutboundMessage
    record_id: str
    queued_at: datetime
    next_at: datetime
    attempts: int = 0


@dataclass
class MessageSender:
    """`clock_factor` shortens every wait: 0.001 makes two hours seven seconds.

    Knobs: `is_held` keeps everything back, `sends_twice` repeats what was acknowledged already, `is_shuffled`
    takes what is due in any order, `at_once` bounds a POST.
    """

    organization: Organization
    messages: list[OutboundMessage] = field(default_factory=list)
    waiting: list[Waiting] = field(default_factory=list)
    dropped: list[Waiting] = field(default_factory=list)
    delivered: int = 0
    posts: list[int] = field(default_factory=list)
    clock_factor: float = 1.0
    is_held: bool = False
    sends_twice: bool = False
    is_shuffled: bool = False
    at_once: int = AT_ONCE_MAX
    order: random.Random = field(default_factory=lambda: random.Random(7))

    def __post_init__(self) -> None:
        self.organization.listeners.append(self._queue)

    def configure(
        self, object_name: str, fields: Sequence[str], endpoint: str, **access: str
    ) -> OutboundMessage:
        """Set up a message; from now on changes of the object are sent."""
        kind = self.organization.object_type(object_name)
        unknown = [name for name in fields if not kind.knows(name)]
        if unknown:
            raise ValueError(f"{object_name} has no {', '.join(unknown)}")
        action_id = self.organization.new_id("04k")
        message = OutboundMessage(object_name, tuple(fields), endpoint, action_id, **access)
        self.messages.append(message)
        return message

    def _queue(self, change: Change) -> None:
        """Deletions send nothing: there is no rule that could."""
        if change.kind == "DELETE":
            return
        now = self.organization.clock()
        for message in self.messages:
            if message.object_name == change.object_type.name:
                notification_id = self.organization.new_id("04l")
                self.waiting.append(Waiting(notification_id, message, change.record["Id"], now, now))

    async def run(self) -> None:
        """Send what is due, for ever."""
        async with httpx.AsyncClient(timeout=30, verify=False) as client:
            while True:
                await self.send_due(client)
                await asyncio.sleep(POLL_SECONDS)

    async def send_due(self, client: httpx.AsyncClient) -> None:
        """One round; also for tests that hold the clock."""
        if self.is_held:
            return
        now = self.organization.clock()
        self._give_up(now)
        due = [one for one in self.waiting if one.next_at <= now]
        if self.is_shuffled:
            self.order.shuffle(due)
        for message in self.messages:
            mine = [one for one in due if one.message is message]
            for start in range(0, len(mine), self.at_once):
                await self._send(client, message, mine[start : start + self.at_once])

    def _give_up(self, now: datetime) -> None:
        late = [one for one in self.waiting if now - one.queued_at > GIVEN_UP_AFTER * self.clock_factor]
        self.dropped += late
        self.waiting = [one for one in self.waiting if one not in late]

    async def _send(self, client: httpx.AsyncClient, message: OutboundMessage, batch: list[Waiting]) -> None:
        for _ in range(2 if self.sends_twice else 1):
            is_acknowledged = await self._post(client, message, batch)
        if is_acknowledged:
            self.delivered += len(batch)
            self.waiting = [one for one in self.waiting if one not in batch]
            return
        for one in batch:
            wait = min(FIRST_WAIT * 2**one.attempts, LONGEST_WAIT) * self.clock_factor
            one.attempts += 1
            one.next_at = self.organization.clock() + wait

    async def _post(self, client: httpx.AsyncClient, message: OutboundMessage, batch: list[Waiting]) -> bool:
        self.posts.append(len(batch))
        access = httpx.BasicAuth(message.username, message.password) if message.username else None
        try:
            reply = await client.post(
                message.endpoint,
                content=self.envelope(message, batch),
                headers={"Content-Type": "text/xml; charset=utf-8", "SOAPAction": '""'},
                auth=access,
            )
        except httpx.HTTPError:
            return False
        return reply.status_code == 200 and is_acknowledgement(reply.content)

    def envelope(self, message: OutboundMessage, batch: Sequence[Waiting]) -> bytes:
        """The whole POST."""
        organization = self.organization.id
        urls = "".join(
            f"<{name}>https://engines.my.salesforce.example/services/Soap/{kind}/60.0/{organization}</{name}>"
            for name, kind in (("EnterpriseUrl", "c"), ("PartnerUrl", "u"))
        )
        told = "".join(
            f"<Notification><Id>{one.id}</Id>{self._sobject(message, one.record_id)}</Notification>"
            for one in batch
        )
        return (
            '<?xml version="1.0" encoding="UTF-8"?>\n'
            f'<soapenv:Envelope xmlns:soapenv="{ENVELOPE}" xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
            ' xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"><soapenv:Body>'
            f'<notifications xmlns="{OUTBOUND}"><OrganizationId>{organization}</OrganizationId>'
            f'<ActionId>{message.action_id}</ActionId><SessionId xsi:nil="true"/>{urls}{told}'
            "</notifications></soapenv:Body></soapenv:Envelope>"
        ).encode()

    def _sobject(self, message: OutboundMessage, record_id: str) -> str:
        record = self.organization.records[record_id]
        names = ["Id", *(name for name in message.fields if name != "Id")]
        fields = "".join(
            f"<sf:{name}>{escape(wire_text(record, name))}</sf:{name}>"
            for name in names
            if record[name] is not None
        )
        return (
            f'<sObject xsi:type="sf:{message.object_name}" xmlns:sf="urn:sobject.enterprise.soap.sforce.com">'
            f"{fields}</sObject>"
        )


def wire_text(record: Record, name: str) -> str:
    """Booleans in small letters and instants with Z, as this interface tells them."""
    value = record[name]
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    return text.replace("+0000", "Z") if "T" in text and text.endswith("+0000") else text


def is_acknowledgement(content: bytes) -> bool:
    """Only the agreed element with `true` counts; anything else is as if nothing was received."""
    try:
        root = etree.fromstring(content, etree.XMLParser(resolve_entities=False, no_network=True))
    except etree.XMLSyntaxError:
        return False
    ack = root.findtext(f"{{{ENVELOPE}}}Body/{{{OUTBOUND}}}notificationsResponse/{{{OUTBOUND}}}Ack")
    return (ack or "").strip() in ("true", "1")
