"""The simulator sends outbound messages as the real one does; a plain receiver looks at them."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from lxml import etree
from starlette.types import Receive, Scope, Send

from tests.salesforce.message_sender import OUTBOUND
from tests.salesforce.object_types import ACCOUNT
from tests.salesforce.simulator import Salesforce, serving

START = datetime(2026, 11, 25, 6, tzinfo=UTC)
ACK = (
    b'<soapenv:Envelope xmlns:soapenv="http://schemas.xmlsoap.org/soap/envelope/"><soapenv:Body>'
    b'<notificationsResponse xmlns="http://soap.sforce.com/2005/09/outbound"><Ack>true</Ack>'
    b"</notificationsResponse></soapenv:Body></soapenv:Envelope>"
)


@dataclass
class Receiver:
    """Keeps what it gets; `replies` are used up one by one, then everything is acknowledged."""

    bodies: list[bytes] = field(default_factory=list)
    replies: list[tuple[int, bytes]] = field(default_factory=list)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, is_more = b"", True
        while is_more:
            part = await receive()
            body, is_more = body + part.get("body", b""), part.get("more_body", False)
        self.bodies.append(body)
        status, content = self.replies.pop(0) if self.replies else (200, ACK)
        await send(
            {"type": "http.response.start", "status": status, "headers": [(b"content-type", b"text/xml")]}
        )
        await send({"type": "http.response.body", "body": content})

    def notifications(self, post: int) -> list[str]:
        return [
            str(one.text)
            for one in etree.fromstring(self.bodies[post]).iterfind(
                f".//{{{OUTBOUND}}}Notification/{{{OUTBOUND}}}Id"
            )
        ]


@dataclass
class Office:
    """A sender whose clock stands still unless it is moved, and a receiver."""

    salesforce: Salesforce
    receiver: Receiver
    now: list[datetime]
    client: httpx.AsyncClient

    async def change(self, count: int = 1) -> None:
        for number in range(count):
            self.salesforce.organization.create(ACCOUNT, {"Name": f"Dealer {number} & Sons"})

    async def send(self, after: timedelta = timedelta()) -> int:
        """Let time pass and send what is due; returns how many posts there have been."""
        self.now[0] += after
        await self.salesforce.messages.send_due(self.client)
        return len(self.receiver.bodies)


@asynccontextmanager
async def open_office() -> AsyncIterator[Office]:
    now, receiver = [START], Receiver()
    salesforce = Salesforce(clock=lambda: now[0])
    async with serving(receiver) as address, httpx.AsyncClient(verify=False) as client:
        salesforce.messages.configure("Account", ("Name", "SystemModstamp"), f"{address}/in")
        yield Office(salesforce, receiver, now, client)


@pytest.fixture
async def office() -> AsyncIterator[Office]:
    async with open_office() as office:
        yield office


async def test_a_notification_names_the_record_and_its_fields(office: Office) -> None:
    await office.change()

    await office.send()

    root = etree.fromstring(office.receiver.bodies[0])
    (record,) = root.iterfind(f".//{{{OUTBOUND}}}sObject")
    told = {etree.QName(one).localname: one.text for one in record}
    (known,) = office.salesforce.organization.all_of(ACCOUNT)
    assert told == {
        "Id": known["Id"],
        "Name": "Dealer 0 & Sons",
        "SystemModstamp": "2026-11-25T06:00:00.000Z",
    }
    assert root.findtext(f".//{{{OUTBOUND}}}OrganizationId") == office.salesforce.organization.id
    assert office.salesforce.messages.waiting == []


async def test_a_hundred_go_in_one_post_and_the_rest_in_the_next(office: Office) -> None:
    await office.change(130)

    await office.send()

    assert [len(office.receiver.notifications(post)) for post in (0, 1)] == [100, 30]


@pytest.mark.parametrize("reply", [(500, b""), (200, b"ok"), (200, ACK.replace(b"true", b"false"))])
async def test_only_the_agreed_acknowledgement_ends_the_sending(
    office: Office, reply: tuple[int, bytes]
) -> None:
    office.receiver.replies = [reply]
    await office.change()

    await office.send()
    await office.send(timedelta(seconds=31))

    assert office.receiver.notifications(0) == office.receiver.notifications(1)
    assert office.salesforce.messages.waiting == []


async def test_the_waits_grow_from_half_a_minute(office: Office) -> None:
    office.receiver.replies = [(503, b"")] * 9
    await office.change()
    await office.send()

    posts = [await office.send(timedelta(seconds=seconds)) for seconds in (29, 2, 58, 3, 118, 4)]

    assert posts == [1, 2, 2, 3, 3, 4]


async def test_after_a_day_a_message_is_given_up(office: Office) -> None:
    office.receiver.replies = [(503, b"")] * 99
    await office.change()
    for _ in range(26):
        await office.send(timedelta(hours=1))

    (dropped,) = office.salesforce.messages.dropped

    assert office.salesforce.messages.waiting == []
    assert dropped.attempts > 10


async def test_what_is_sent_late_is_the_state_of_then(office: Office) -> None:
    office.salesforce.messages.is_held = True
    await office.change()
    (record,) = office.salesforce.organization.all_of(ACCOUNT)
    office.salesforce.organization.update(ACCOUNT, record, {"Name": "Renamed"})
    office.salesforce.messages.is_held = False

    await office.send()

    assert len(office.receiver.notifications(0)) == 2
    assert office.receiver.bodies[0].count(b"Renamed") == 2


async def test_the_knob_for_repetitions_sends_acknowledged_messages_again(office: Office) -> None:
    office.salesforce.messages.sends_twice = True
    await office.change()

    assert await office.send() == 2
    assert office.receiver.notifications(0) == office.receiver.notifications(1)
