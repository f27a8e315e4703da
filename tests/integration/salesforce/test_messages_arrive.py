"""A change in Salesforce is told once and in its latest state, however its messages travel."""

import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from starlette.types import ASGIApp, Receive, Scope, Send

from gateway.adapters.salesforce_client import SalesforceClient
from gateway.application.sweep_salesforce import Sweep
from shared.database import Database
from tests.integration.gateway.running import Seen, gateway_before, recording_app
from tests.integration.salesforce.test_client import Pauses, access_to
from tests.salesforce.message_sender import OutboundMessage
from tests.salesforce.object_types import ACCOUNT
from tests.salesforce.organization import Organization
from tests.salesforce.simulator import Org, serving

SECRET = "a secret of the tests, long enough"
FIELDS = ("Name", "AccountNumber", "Zone__c", "BillingCity", "SystemModstamp")
START = datetime(2026, 11, 25, 3, 30, tzinfo=UTC)


@dataclass
class Road:
    """The way from Salesforce to the gateway, which may be closed."""

    url: str
    client: httpx.AsyncClient
    is_closed: bool = False

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        body, is_more = b"", True
        while is_more:
            part = await receive()
            body, is_more = body + part.get("body", b""), part.get("more_body", False)
        status, content = 503, b""
        if not self.is_closed:
            headers = {name.decode(): value.decode() for name, value in scope["headers"] if name != b"host"}
            reply = await self.client.post(f"{self.url}{scope['path']}", content=body, headers=headers)
            status, content = reply.status_code, reply.content
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": content})


@dataclass
class Office:
    database: Database
    org: Org
    road: Road
    message: OutboundMessage
    client: httpx.AsyncClient
    now: datetime = START

    def dealer(self, number: int = 1) -> dict[str, Any]:
        fields = {"Name": f"Dealer {number}", "AccountNumber": f"CP{number:04d}", "Zone__c": "west"}
        return self.org.salesforce.organization.create(ACCOUNT, fields)

    async def send(self, after: timedelta = timedelta()) -> None:
        self.now += after
        await self.org.salesforce.messages.send_due(self.client)

    async def names(self) -> list[str]:
        async with self.database.reading() as connection:
            rows = await connection.execute(
                sa.text(
                    "SELECT body FROM outbox WHERE type = 'salesops.crm.account_changed.v1' ORDER BY position"
                )
            )
            return [json.loads(bytes(body))["data"]["name"] for body in rows.scalars()]


@pytest.fixture(scope="session")
async def gateway_for_messages(gateway_database: Database) -> AsyncIterator[str]:
    organization = {"id": Organization().id, "message_secrets": [SECRET]}
    changes = {"salesforce_organizations": json.dumps([organization])}
    upstream: ASGIApp = recording_app(Seen([]))
    async with gateway_before(upstream, gateway_database.url, **changes) as url:
        yield url


@pytest.fixture
async def office(database: Database, quiet_org: Org, gateway_for_messages: str) -> AsyncIterator[Office]:
    async with httpx.AsyncClient(verify=False, timeout=60) as client:
        road = Road(gateway_for_messages, client)
        async with serving(road) as address:
            message = quiet_org.salesforce.messages.configure(
                "Account",
                FIELDS,
                f"{address}/webhooks/salesforce/outbound-messages",
                username="sf",
                password=SECRET,
            )
            office = Office(database, quiet_org, road, message, client)
            quiet_org.salesforce.organization.clock = lambda: office.now
            yield office


async def test_a_hundred_and_thirty_messages_twice_and_in_any_order_tell_each_partner_once(
    office: Office,
) -> None:
    office.org.salesforce.messages.sends_twice = office.org.salesforce.messages.is_shuffled = True
    for number in range(130):
        office.dealer(number)

    await office.send()

    assert sorted(await office.names()) == sorted(f"Dealer {number}" for number in range(130))
    assert office.org.salesforce.messages.waiting == []


async def test_what_changed_during_an_outage_arrives_in_its_latest_state_once(office: Office) -> None:
    office.road.is_closed = True
    record = office.dealer()
    await office.send()
    office.now += timedelta(minutes=5)
    office.org.salesforce.organization.update(ACCOUNT, record, {"Name": "Renamed"})
    await office.send()

    office.road.is_closed = False
    await office.send(timedelta(hours=2))

    assert await office.names() == ["Renamed"]
    assert office.org.salesforce.messages.waiting == []


async def test_an_old_message_that_comes_last_changes_nothing(office: Office) -> None:
    record = office.dealer()
    (waiting,) = office.org.salesforce.messages.waiting
    old = office.org.salesforce.messages.envelope(office.message, [waiting])
    office.now += timedelta(minutes=5)
    office.org.salesforce.organization.update(ACCOUNT, record, {"Name": "Renamed"})
    await office.send()

    reply = await office.client.post(
        office.message.endpoint, content=old, headers={"Content-Type": "text/xml"}, auth=("sf", SECRET)
    )

    assert reply.status_code == 200
    assert await office.names() == ["Renamed"]


async def test_what_was_given_up_after_a_day_is_found_by_the_sweep(office: Office) -> None:
    office.road.is_closed = True
    office.dealer()
    for _ in range(26):
        await office.send(timedelta(hours=1))
    assert len(office.org.salesforce.messages.dropped) == 1
    office.road.is_closed = False

    async def progress(**_more: Any) -> None:
        return None

    async with SalesforceClient(access_to(office.org), pause=Pauses()) as client:
        counts = await Sweep(office.database, client, timedelta(minutes=15), progress).run(["Account"])

    assert counts["Account.missing"] == 1
    assert await office.names() == ["Dealer 1"]
