"""The sweep finds what never came: by asking, in whatever mood Salesforce is, and from where it stopped."""

import json
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from gateway.adapters.salesforce_client import SalesforceClient
from gateway.application.sweep_salesforce import Sweep, asked_fields
from gateway.application.take_in_records import take_in_records
from gateway.domain.salesforce_defaults import DEFAULT_MAPPINGS
from gateway.domain.salesforce_ids import organization_key
from gateway.domain.salesforce_record import Completeness, RecordChange, RecordKey, Stamp, whole_change
from gateway.domain.salesforce_replies import SalesforceLimitReached, SalesforceUnavailable
from shared.database import Database, UnitOfWork
from tests.integration.salesforce.test_client import Pauses, access_to
from tests.salesforce.object_types import ACCOUNT, OPPORTUNITY, ORDER, ORDER_ITEM, PRODUCT
from tests.salesforce.simulator import Org

NINE = datetime(2026, 11, 25, 3, 30, tzinfo=UTC)
OVERLAP = timedelta(minutes=15)


@dataclass
class Office:
    """A gateway that asks, beside an organisation whose clock is moved by hand."""

    database: Database
    org: Org
    client: SalesforceClient
    messages: list[str] = field(default_factory=list)

    @property
    def organization_id(self) -> str:
        return organization_key(self.org.salesforce.organization.id)

    async def progress(self, *, message: str, counts: Mapping[str, int] | None = None) -> None:
        self.messages.append(message)

    async def sweep(self, *objects: str) -> dict[str, int]:
        counts = await Sweep(self.database, self.client, OVERLAP, self.progress).run(objects)
        return {name: count for name, count in counts.items() if count}

    def at(self, minute: int) -> None:
        self.org.salesforce.organization.clock = lambda: NINE + timedelta(minutes=minute)

    def dealer(self, number: int = 1, **changes: Any) -> dict[str, Any]:
        fields = {"Name": f"Dealer {number}", "AccountNumber": f"CP{number:04d}", "Zone__c": "west"}
        return self.org.salesforce.organization.create(ACCOUNT, fields | changes)

    async def hear(self, *changes: RecordChange) -> None:
        async with UnitOfWork(self.database) as work:
            await take_in_records(work, changes, at=datetime.now(UTC))
            await work.commit()

    def telling(self, record: Mapping[str, Any]) -> RecordChange:
        """The record as a message tells it now."""
        fields = {name: record[name] for name in asked_fields(DEFAULT_MAPPINGS["Account"]) if name in record}
        return whole_change(self.organization_id, "Account", fields)

    def gap(self, record: Mapping[str, Any]) -> RecordChange:
        """An event that only tells that the record changed."""
        key = RecordKey(self.organization_id, "Account", record["Id"])
        stamp = Stamp(datetime.now(UTC))
        return RecordChange(key=key, stamp=stamp, fields={}, completeness=Completeness.GAP)

    async def told(self, kind: str = "account_changed") -> int:
        return int(
            await self.value("SELECT count(*) FROM outbox WHERE type = :type", type=f"salesops.crm.{kind}.v1")
        )

    async def value(self, query: str, **parameters: Any) -> Any:
        async with self.database.reading() as connection:
            return await connection.scalar(sa.text(query), parameters)


@pytest.fixture
async def office(database: Database, org: Org) -> AsyncIterator[Office]:
    async with SalesforceClient(access_to(org), pause=Pauses()) as client:
        office = Office(database, org, client)
        office.at(0)
        yield office


async def test_what_never_came_is_found_and_told_once(office: Office) -> None:
    for number in range(3):
        office.dealer(number)
    await office.hear(office.telling(next(office.org.salesforce.organization.all_of(ACCOUNT))))

    first = await office.sweep("Account")
    second = await office.sweep("Account")

    assert first == {"Account.found": 3, "Account.missing": 2}
    assert second == {"Account.found": 3}  # within the overlap, and known
    assert await office.told() == 3


async def test_what_came_in_an_older_state_is_brought_up_to_date(office: Office) -> None:
    record = office.dealer()
    await office.hear(office.telling(record))
    office.at(5)
    office.org.salesforce.organization.update(ACCOUNT, record, {"Name": "Renamed"})

    counts = await office.sweep("Account")

    assert counts == {"Account.found": 1, "Account.stale": 1}
    assert await office.value("SELECT fields->>'Name' FROM salesforce_records") == "Renamed"
    assert await office.told() == 2


async def test_an_older_message_that_comes_after_the_sweep_changes_nothing(office: Office) -> None:
    record = office.dealer()
    late = office.telling(record)
    office.at(5)
    office.org.salesforce.organization.update(ACCOUNT, record, {"Name": "Renamed"})
    await office.sweep("Account")

    await office.hear(late)

    assert await office.value("SELECT fields->>'Name' FROM salesforce_records") == "Renamed"
    assert await office.told() == 1


async def test_only_what_changed_since_is_asked_for_again(office: Office) -> None:
    office.dealer(1)
    office.at(60)
    office.dealer(2)
    await office.sweep("Account")
    office.at(120)
    office.dealer(3)

    assert await office.sweep("Account") == {"Account.found": 2, "Account.missing": 1}


async def test_a_deletion_that_was_never_told_is_found(office: Office) -> None:
    record = office.dealer()
    await office.hear(office.telling(record))
    office.at(5)
    office.org.salesforce.organization.delete(ACCOUNT, record)

    await office.sweep("Account")

    assert await office.value("SELECT is_deleted FROM salesforce_records")
    assert await office.told() == 2


async def test_records_of_which_only_a_gap_was_told_are_read_again(office: Office) -> None:
    record = office.dealer()
    await office.sweep("Account")
    office.at(-60)  # its change shows in no window of time
    office.org.salesforce.organization.update(ACCOUNT, record, {"Name": "Renamed"})
    await office.hear(office.gap(record))

    counts = await office.sweep("Account")

    assert counts["Account.refetched"] == 1


async def test_a_record_that_was_emptied_from_the_bin_counts_as_deleted(office: Office) -> None:
    record = office.dealer()
    await office.sweep("Account")
    await office.hear(office.gap(record))
    del office.org.salesforce.organization.records[record["Id"]]

    counts = await office.sweep("Account")

    assert counts == {"Account.gone": 1}
    assert await office.value("SELECT is_deleted AND gap_stamp IS NULL FROM salesforce_records")


async def test_an_overflow_of_events_is_made_up_for_from_its_beginning(office: Office) -> None:
    office.dealer(1)
    office.at(600)
    office.dealer(2)
    await office.sweep("Account")
    async with office.database.engine.begin() as connection:
        await connection.execute(
            sa.text("INSERT INTO salesforce_object_gaps VALUES (:organization, 'Account', :since, now())"),
            {"organization": office.organization_id, "since": NINE},
        )

    assert await office.sweep("Account") == {"Account.found": 2}
    assert await office.value("SELECT count(*) FROM salesforce_object_gaps") == 0


async def test_a_sweep_that_breaks_off_goes_on_where_it_stopped(office: Office) -> None:
    office.org.salesforce.moods.page_size = 2
    for number in range(6):
        office.at(number * 60)
        office.dealer(number)
    await office.client.described("Account")
    office.org.salesforce.moods.next_moods = ["", "", "", *["outage"] * 4]
    with pytest.raises(SalesforceUnavailable):
        await office.sweep("Account")
    reached = await office.value("SELECT swept_until FROM salesforce_watermarks")

    counts = await office.sweep("Account")

    assert reached == NINE + timedelta(minutes=180)
    assert counts == {"Account.found": 3, "Account.missing": 2}
    assert await office.told() == 6


async def test_a_session_that_ends_and_a_busy_moment_are_not_noticed(office: Office) -> None:
    office.org.salesforce.moods.page_size = 1
    for number in range(4):
        office.dealer(number)
    office.org.salesforce.moods.next_moods = ["", "", "", "expired_session", "", "outage", "busy"]

    assert await office.sweep("Account") == {"Account.found": 4, "Account.missing": 4}


async def test_the_limit_ends_a_sweep_and_keeps_what_it_found(office: Office) -> None:
    office.org.salesforce.moods.page_size = 1
    office.org.salesforce.moods.daily_limit = 5
    for number in range(9):
        office.at(number)
        office.dealer(number)

    with pytest.raises(SalesforceLimitReached):
        await office.sweep("Account")

    assert await office.told() == await office.value("SELECT count(*) FROM salesforce_records") == 3


async def test_objects_that_the_organization_has_not_are_passed_over(office: Office) -> None:
    office.dealer()

    assert await office.sweep("Nonsense__c", "Account") == {"Account.found": 1, "Account.missing": 1}


async def test_without_names_every_mapped_object_is_swept_accounts_first(office: Office) -> None:
    account = office.dealer()
    office.org.salesforce.organization.create(
        OPPORTUNITY,
        {
            "Name": "Gensets",
            "StageName": "Prospecting",
            "CloseDate": "2026-12-31",
            "AccountId": account["Id"],
            "CurrencyIsoCode": "INR",
        },
    )

    await office.sweep()

    asked = [message for message in office.messages if message.startswith("Asking")]
    assert asked[0] == "Asking for Account"
    assert len(asked) == 5
    assert (await office.told(), await office.told("opportunity_changed")) == (1, 1)


async def test_orders_come_with_the_lines_they_have_now(office: Office) -> None:
    """More lines than a page of Salesforce holds, a line without a product's code, and one that was taken out again."""
    organization = office.org.salesforce.organization
    office.org.salesforce.moods.page_size = 2
    account = office.dealer()
    product = organization.create(PRODUCT, {"Name": "Genset 125 kVA", "ProductCode": "GS-125"})
    order, empty = (
        organization.create(
            ORDER,
            {
                "AccountId": account["Id"],
                "EffectiveDate": "2026-11-20",
                "Status": "Activated",
                "OrderNumber": number,
                "CurrencyIsoCode": "INR",
            },
        )
        for number in ("00000101", "00000102")
    )
    lines = [
        organization.create(
            ORDER_ITEM,
            {
                "OrderId": order["Id"],
                "Product2Id": product["Id"],
                "Quantity": quantity,
                "UnitPrice": 1_250.5,
                "TotalPrice": 1_250.5 * quantity,
                "ServiceDate": "2026-12-01",
            },
        )
        for quantity in (1, 2, 3, 4)
    ]
    organization.delete(ORDER_ITEM, lines[1])

    counts = await office.sweep("Account", "Order")

    assert counts["Order.found"] == 2
    told = {one["order_number"]: one["lines"] for one in await orders_told(office)}
    assert told["00000102"] == []
    assert empty["OrderNumber"] == "00000102"
    assert [(line["product_code"], line["description"], line["quantity"]) for line in told["00000101"]] == [
        ("GS-125", "Genset 125 kVA", quantity) for quantity in ("1", "3", "4")
    ]
    assert {line["unit_price_minor"] for line in told["00000101"]} == {125_050}

    office.at(5)
    organization.update(ORDER, order, {"Status": "Draft"})
    organization.delete(ORDER_ITEM, lines[0])
    await office.sweep("Order")
    last = (await orders_told(office))[-1]
    assert [line["quantity"] for line in last["lines"]] == ["3", "4"]


async def orders_told(office: Office) -> list[Any]:
    """The data of each order's event, in the order of telling."""
    async with office.database.reading() as connection:
        bodies = await connection.execute(
            sa.text("SELECT body FROM outbox WHERE type = 'salesops.crm.order_changed.v1' ORDER BY position")
        )
    return [json.loads(body)["data"] for body in bodies.scalars()]
