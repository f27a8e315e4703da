"""What Salesforce tells of records is kept once, merged, and told on once, whatever the order and however often."""

import asyncio
from dataclasses import replace
from datetime import timedelta
from random import Random

import pytest
import sqlalchemy as sa

from gateway.application.take_in_records import Outcome, take_in_records, tell_waiting_records
from gateway.domain.salesforce_record import Completeness, RecordChange, Stamp
from shared.database import Database, UnitOfWork
from shared.events.catalogue import EVENT_TYPES
from shared.events.crm import AccountChangedV1, CaseOpenedV1, PaymentAdvisedV1
from shared.events.envelope import Envelope, Event, decode
from tests.factories.salesforce import (
    NINE,
    ORGANIZATION,
    account_fields,
    advice_fields,
    at_minute,
    record_id,
    told,
)


@pytest.fixture
def database(salesforce_database: Database) -> Database:
    return salesforce_database


async def taken_in(database: Database, *changes: RecordChange) -> list[Outcome]:
    async with UnitOfWork(database) as work:
        outcomes = await take_in_records(work, changes, at=NINE)
        await work.commit()
    return outcomes


async def events(database: Database) -> list[Envelope[Event]]:
    async with database.reading() as connection:
        rows = await connection.execute(sa.text("SELECT body FROM outbox ORDER BY position"))
    return [envelope for row in rows if (envelope := decode(row.body, EVENT_TYPES)) is not None]


async def kept(database: Database, record: str) -> sa.Row:
    async with database.reading() as connection:
        query = sa.text("SELECT * FROM salesforce_records WHERE record_id = :record")
        return (await connection.execute(query, {"record": record})).one()


async def test_a_record_told_twice_is_told_on_once(database: Database) -> None:
    change = told("Account", account_fields())

    assert await taken_in(database, change) == [Outcome.TOLD]
    assert await taken_in(database, change) == [Outcome.SUPERSEDED]

    (envelope,) = await events(database)
    assert isinstance(envelope.data, AccountChangedV1)
    assert envelope.data.partner_code == "SF-0001"
    assert envelope.data.system_modstamp == NINE
    assert envelope.sequence == 1
    assert "bank_account" not in envelope.data.told
    assert "city" in envelope.data.told


async def test_an_older_state_that_arrives_later_is_not_told(database: Database) -> None:
    await taken_in(database, told("Account", account_fields(minute=5, Name="Now")))

    outcomes = await taken_in(database, told("Account", account_fields(minute=1, Name="Before")))

    assert outcomes == [Outcome.SUPERSEDED]
    assert len(await events(database)) == 1
    assert (await kept(database, record_id("Account", 1))).fields["Name"] == "Now"


async def test_of_many_changes_at_once_only_the_last_state_is_told(database: Database) -> None:
    changes = [told("Account", account_fields(minute=minute, Name=f"Name {minute}")) for minute in range(20)]
    Random(4).shuffle(changes)

    await taken_in(database, *changes)

    (envelope,) = await events(database)
    assert isinstance(envelope.data, AccountChangedV1)
    assert envelope.data.name == "Name 19"


async def test_concurrent_batches_in_opposite_order_neither_deadlock_nor_lose(database: Database) -> None:
    def batch(minute: int, *, backwards: bool) -> list[RecordChange]:
        numbers = range(30, 0, -1) if backwards else range(1, 31)
        return [told("Account", account_fields(n, minute=minute, Name=f"At {minute}")) for n in numbers]

    await asyncio.gather(*(taken_in(database, *batch(m, backwards=m % 2 == 1)) for m in range(6)))

    for number in (1, 15, 30):
        row = await kept(database, record_id("Account", number))
        assert row.fields["Name"] == "At 5"
        assert row.told_version == row.version


async def test_a_record_its_mapping_cannot_read_is_set_aside_and_stops_no_other(database: Database) -> None:
    bad, good = told("Account", account_fields(1, Zone__c=None)), told("Account", account_fields(2))

    assert await taken_in(database, bad, good) == [Outcome.QUARANTINED, Outcome.TOLD]

    row = await kept(database, record_id("Account", 1))
    assert row.problems == [{"pointer": "/zone", "detail": "required, and empty in Zone__c"}]
    assert [envelope.subject for envelope in await events(database)] == [record_id("Account", 2)]


async def test_a_later_state_that_can_be_read_ends_the_quarantine(database: Database) -> None:
    await taken_in(database, told("Account", account_fields(Zone__c=None)))

    assert await taken_in(database, told("Account", account_fields(minute=1))) == [Outcome.TOLD]

    assert (await kept(database, record_id("Account", 1))).problems == []


async def test_objects_nobody_mapped_are_kept(database: Database) -> None:
    fields = account_fields() | {"Id": "00Q5g000000000AEAQ"[:15]}

    assert await taken_in(database, told("Lead", fields)) == [Outcome.UNMAPPED]
    assert await events(database) == []


async def test_a_deleted_record_is_told_if_somebody_knew_it_and_kept_otherwise(database: Database) -> None:
    await taken_in(database, told("Payment_Advice__c", advice_fields(1)))
    deletions = [
        RecordChange(
            key=told("Payment_Advice__c", advice_fields(number)).key,
            stamp=Stamp(NINE + timedelta(minutes=1), 7, 1),
            fields={"IsDeleted": True},
            completeness=Completeness.PARTIAL,
        )
        for number in (1, 2)
    ]

    assert await taken_in(database, *deletions) == [Outcome.TOLD, Outcome.KEPT]

    last = (await events(database))[-1].data
    assert isinstance(last, PaymentAdvisedV1)
    assert last.is_deleted


async def test_a_gap_is_kept_until_the_record_is_fetched(database: Database) -> None:
    change = told("Account", account_fields())
    gap = replace(change, fields={}, completeness=Completeness.GAP)

    assert await taken_in(database, replace(gap, stamp=Stamp(NINE - timedelta(minutes=1)))) == [Outcome.KEPT]
    assert (await kept(database, change.key.record_id)).gap_stamp is not None
    assert await taken_in(database, change) == [Outcome.TOLD]
    assert (await kept(database, change.key.record_id)).gap_stamp is None


async def test_a_case_waits_for_its_account_and_is_told_when_that_has_come(database: Database) -> None:
    case = told(
        "Case",
        {
            "Id": record_id("Case", 1),
            "AccountId": record_id("Account", 1),
            "Subject": "Where is our RTGS?",
            "CreatedDate": at_minute(0),
            "SystemModstamp": at_minute(0),
        },
    )
    assert await taken_in(database, case) == [Outcome.QUARANTINED]

    await taken_in(database, told("Account", account_fields()))
    async with UnitOfWork(database) as work:
        assert await tell_waiting_records(work, at=NINE) == 1
        await work.commit()

    opened = (await events(database))[-1].data
    assert isinstance(opened, CaseOpenedV1)
    assert opened.partner_code == "SF-0001"
    assert opened.organization_id == ORGANIZATION


async def test_a_case_that_comes_with_its_account_needs_no_second_look(database: Database) -> None:
    case = told(
        "Case",
        {
            "Id": record_id("Case", 1),
            "AccountId": record_id("Account", 1),
            "Subject": "Where is our RTGS?",
            "CreatedDate": at_minute(0),
            "SystemModstamp": at_minute(0),
        },
    )

    assert await taken_in(database, case, told("Account", account_fields())) == [Outcome.TOLD, Outcome.TOLD]
