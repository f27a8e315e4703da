"""Where Salesforce sends: authentic, stored once whatever comes, acknowledged only when it is safe."""

import asyncio
import json
import os
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from shared.database import Database
from tests.factories.salesforce import ORGANIZATION, account_fields, at_minute, record_id
from tests.integration.gateway.running import bearer
from tests.integration.gateway.salesforce_senders import (
    EVENTS,
    MESSAGE_SECRET,
    MESSAGES,
    NEXT_SECRET,
    OTHER_ORGANIZATION,
    OTHER_SECRET,
    TABLES,
    message,
    notification,
    sent,
    signed,
    told_events,
)

BILLION_LAUGHS = '<!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE_ENTITY = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


@pytest.fixture
def database(salesforce_database: Database) -> Database:
    return salesforce_database


@pytest.fixture
def client(salesforce_client: httpx.AsyncClient) -> httpx.AsyncClient:
    return salesforce_client


async def count(database: Database, table: str) -> int:
    async with database.reading() as connection:
        return int(await connection.scalar(sa.text(f"SELECT count(*) FROM {table}")) or 0)


async def kept(database: Database, object_name: str, number: int) -> sa.Row[Any]:
    query = sa.text("SELECT * FROM salesforce_records WHERE record_id = :id")
    async with database.reading() as connection:
        return (await connection.execute(query, {"id": record_id(object_name, number)})).one()


async def nothing_is_stored(database: Database) -> bool:
    return not any([await count(database, table) for table in TABLES.split(", ")])


async def test_a_hundred_notifications_at_once_are_stored_and_acknowledged(client, database) -> None:
    reply = await sent(client, message(*(notification(n, account_fields(n)) for n in range(1, 101))))

    assert reply.status_code == 200
    assert "<Ack>true</Ack>" in reply.text
    assert reply.headers["content-type"].startswith("text/xml")
    assert await count(database, "outbox") == 100


async def test_a_message_sent_twice_and_at_the_same_time_counts_once(client, database) -> None:
    body = message(*(notification(n, account_fields(n)) for n in range(1, 21)))

    replies = await asyncio.gather(*(sent(client, body) for _ in range(5)))

    assert {reply.status_code for reply in replies} == {200}
    assert await count(database, "outbox") == 20
    assert await count(database, "salesforce_messages") == 1


async def test_a_bad_record_is_set_aside_and_the_rest_goes_on(client, database) -> None:
    bad = [
        notification(1, account_fields(1, SystemModstamp=None)),
        notification(2, account_fields(2, Id="nonsense")),
        "<Notification><Id>04l5g0000000000003</Id></Notification>",
        "<Notification></Notification>",
    ]

    reply = await sent(client, message(*bad, notification(4, account_fields(4))))

    assert reply.status_code == 200
    async with database.reading() as connection:
        query = sa.text("SELECT outcome, problems FROM salesforce_notifications ORDER BY notification_id")
        rows = (await connection.execute(query)).all()
    assert sorted(row.outcome for row in rows) == ["quarantined"] * 4 + ["told"]
    assert all(row.problems for row in rows if row.outcome == "quarantined")


@pytest.mark.parametrize("secret", ["", "x" * 40, OTHER_SECRET])
async def test_without_the_organizations_own_secret_nothing_is_stored(client, database, secret: str) -> None:
    reply = await sent(client, message(notification(1, account_fields())), secret)

    assert reply.status_code == (403 if secret == OTHER_SECRET else 401)
    assert "<faultcode>soapenv:Client</faultcode>" in reply.text
    assert await nothing_is_stored(database)


@pytest.mark.parametrize("organization", ["00D5g00000NEVER", ORGANIZATION.lower(), "", "x" * 300])
async def test_a_foreign_organization_is_refused_and_nothing_is_stored(
    client, database, organization
) -> None:
    reply = await sent(client, message(notification(1, account_fields()), organization=organization))

    assert reply.status_code == 403
    assert await nothing_is_stored(database)


async def test_the_second_secret_is_valid_while_the_first_is_replaced_also_in_the_path(
    client, database
) -> None:
    body = message(notification(1, account_fields()))

    assert (await sent(client, body, NEXT_SECRET)).status_code == 200
    assert (await client.post(f"{MESSAGES}/{MESSAGE_SECRET}", content=body)).status_code == 200
    assert (await client.post(f"{MESSAGES}/{'x' * 40}", content=body)).status_code == 401


async def test_eighteen_characters_name_the_same_organization(client, database) -> None:
    reply = await sent(client, message(notification(1, account_fields()), organization=ORGANIZATION + "EA4"))

    assert reply.status_code == 200


@pytest.mark.parametrize("declaration", [BILLION_LAUGHS, OUTSIDE_ENTITY, f"<!-- a -->{OUTSIDE_ENTITY}"])
async def test_a_document_type_is_refused_before_anything_is_expanded(client, database, declaration) -> None:
    reply = await sent(client, message(notification(1, account_fields(Name="&a;")), before=declaration))

    assert reply.status_code == 400
    assert "root:" not in reply.text
    assert await nothing_is_stored(database)


@pytest.mark.parametrize("body", [b"", b"<a", b"<a/>", b"\xff\xfe<\x00a\x00", b"{}", b"<a>" * 5000])
async def test_what_is_no_outbound_message_is_answered_with_a_fault(client, database, body: bytes) -> None:
    assert (await sent(client, body)).status_code == 400


async def test_a_body_that_is_too_large_is_refused(client, database) -> None:
    assert (await sent(client, b" " * (16 * 1024 * 1024 + 1))).status_code == 413


async def test_an_outage_of_the_database_is_never_acknowledged(client, database) -> None:
    body = message(notification(1, account_fields()))
    async with database.engine.begin() as connection:
        await connection.execute(sa.text("ALTER TABLE salesforce_notifications RENAME TO away"))
    try:
        refused = await sent(client, body)
    finally:
        async with database.engine.begin() as connection:
            await connection.execute(sa.text("ALTER TABLE away RENAME TO salesforce_notifications"))

    assert refused.status_code >= 500
    assert "<Ack>" not in refused.text
    assert await nothing_is_stored(database)
    assert "<Ack>true</Ack>" in (await sent(client, body)).text
    assert await count(database, "outbox") == 1


async def test_the_audit_keeps_no_secret_of_an_address(client, database) -> None:
    await client.post(f"{MESSAGES}/{MESSAGE_SECRET}", content=message())
    query = sa.text("SELECT path, subject FROM request_audit WHERE route LIKE '%{secret}' AND status = 200")
    rows: list[sa.Row[Any]] = []
    async with asyncio.timeout(60):
        while not rows:
            await asyncio.sleep(0.05)
            async with database.engine.begin() as connection:
                rows = list((await connection.execute(query)).all())

    assert {row.path for row in rows} == {f"{MESSAGES}/%7Bsecret%7D"}
    assert {row.subject for row in rows} == {f"salesforce:{ORGANIZATION}"}


async def test_a_signed_callout_is_told_and_its_repetition_is_refused_by_its_id(client, database) -> None:
    event = {"id": "flow-1", "object": "Account", "fields": account_fields()}

    assert [one["status"] for one in await told_events(client, event)] == ["told"]
    assert [one["status"] for one in await told_events(client, event)] == ["duplicate"]
    assert await count(database, "outbox") == 1


@pytest.mark.parametrize("seconds", [-301, 301, -86_400])
async def test_a_signature_of_another_time_is_refused(client, database, seconds: int) -> None:
    body = json.dumps({"id": "1", "object": "Account", "fields": account_fields()}).encode()

    reply = await client.post(EVENTS, content=body, headers=signed(body, at=time.time() + seconds))

    assert reply.status_code == 401
    assert reply.json()["code"] == "signature_invalid"
    assert await nothing_is_stored(database)


@pytest.mark.parametrize(
    "changes",
    [
        {"X-Salesforce-Signature": "0" * 64},
        {"X-Salesforce-Signature": "é"},
        {"X-Salesforce-Timestamp": "now"},
        {"X-Salesforce-Organization": OTHER_ORGANIZATION},
    ],
)
async def test_another_signature_time_or_organization_is_refused(client, database, changes) -> None:
    body = json.dumps({"id": "1", "object": "Account", "fields": account_fields()}).encode()
    headers = {**signed(body), **changes}

    reply = await client.post(
        EVENTS, content=body, headers={name: value.encode() for name, value in headers.items()}
    )

    assert reply.status_code == 401
    assert await nothing_is_stored(database)


async def test_a_body_changed_after_signing_is_refused(client, database) -> None:
    body = json.dumps({"id": "1", "object": "Account", "fields": account_fields()}).encode()

    assert (await client.post(EVENTS, content=body + b" ", headers=signed(body))).status_code == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [({}, 401), (bearer("analyst"), 403), (bearer("integration"), 200)],
    ids=["nobody", "analyst", "integration"],
)
async def test_an_access_token_with_the_role_integration_speaks_for_a_named_organization(
    client, database, headers, status: int
) -> None:
    event = {"id": "1", "object": "Account", "fields": account_fields()}

    reply = await client.post(
        EVENTS, json=event, headers={**headers, "X-Salesforce-Organization": ORGANIZATION}
    )

    assert reply.status_code == status, reply.text


def captured(change_type: str, fields: dict[str, Any], *, commit: int, **header: Any) -> dict[str, Any]:
    head = {
        "entityName": "Account",
        "recordIds": [record_id("Account", 1)],
        "changeType": change_type,
        "transactionKey": f"t-{commit}",
        "sequenceNumber": 1,
        "commitTimestamp": 1_795_577_400_000 + commit % 1000 * 1000,
        "commitNumber": commit,
    }
    return {
        "data": {
            "payload": {"ChangeEventHeader": {**head, **header}, **fields},
            "event": {"replayId": commit},
        }
    }


async def test_captured_changes_in_any_order_merge_into_the_right_record(client, database) -> None:
    big = 1_719_876_940_980_994_000
    created = captured(
        "CREATE", {"Name": "A", "AccountNumber": "SF-1", "Zone__c": "west", "Fax": "1"}, commit=big + 1
    )
    renamed = captured("UPDATE", {"Name": "B"}, commit=big + 2, changedFields=["Name"])
    cleared = captured("UPDATE", {"Name": None}, commit=big + 3, changedFields=["Fax"], nulledFields=["Fax"])
    moved = captured(
        "UPDATE",
        {"BillingAddress": {"City": "Pune", "State": None}},
        commit=big + 4,
        changedFields=["BillingAddress.City"],
    )

    await told_events(client, moved, cleared, created)
    await told_events(client, renamed)

    row = await kept(database, "Account", 1)
    assert row.fields["Name"] == "B"
    assert row.fields["Fax"] is None
    assert row.fields["BillingCity"] == "Pune"
    assert row.state == "told"
    assert f"|{big + 4}|1" in json.dumps(row.stamps)


async def test_deleting_and_bringing_back_end_as_they_ended_in_salesforce(client, database) -> None:
    created = captured("CREATE", {"Name": "A", "AccountNumber": "SF-1", "Zone__c": "west"}, commit=1)
    deleted, restored = captured("DELETE", {}, commit=2), captured("UNDELETE", {}, commit=3)

    await told_events(client, created, restored)
    await told_events(client, deleted)

    assert not (await kept(database, "Account", 1)).is_deleted


async def test_gaps_mark_the_record_and_the_object_for_the_sweep(client, database) -> None:
    items = await told_events(
        client,
        captured("GAP_UPDATE", {}, commit=5),
        captured("GAP_OVERFLOW", {}, commit=6, recordIds=["000000000000000AAA"]),
    )

    assert [one["status"] for one in items] == ["kept", "kept"]
    assert (await kept(database, "Account", 1)).gap_stamp is not None
    assert await count(database, "salesforce_object_gaps") == 1


async def test_bitmaps_and_rounded_numbers_are_set_aside_and_null_characters_as_well(
    client, database
) -> None:
    items = await told_events(
        client,
        captured("UPDATE", {"Name": "A"}, commit=1, changedFields=["0x650004E0"]),
        captured("UPDATE", {"Name": "A"}, commit=2) | {"x": 1},
        {"id": "null", "object": "Account", "fields": account_fields(3, Name="a\0b")},
        {"id": "none", "object": "Account"},
        captured("UPDATE", {"Name": "A"}, commit=3, transactionKey="t", commitNumber=1.5),
    )

    assert [one["status"] for one in items].count("quarantined") == 4 + 1 - (
        items[1]["status"] != "quarantined"
    )
    assert items[0]["errors"]
    assert items[2]["errors"]


async def test_more_events_than_two_hundred_or_no_json_are_refused(client, database) -> None:
    many = json.dumps([{"id": str(n)} for n in range(201)]).encode()
    deep = b"[" * 100_000

    assert (await client.post(EVENTS, content=many, headers=signed(many))).status_code == 413
    assert (await client.post(EVENTS, content=deep, headers=signed(deep))).status_code == 400
    assert await nothing_is_stored(database)


async def test_a_platform_event_that_names_a_record_tells_its_fields(client, database) -> None:
    event = {
        "channel": "/event/Zone_Changed__e",
        "data": {
            "payload": {
                "CreatedDate": at_minute(9),
                "CreatedById": "0055g00000000001AA",
                "Object_Name__c": "Account",
                "Record_Id__c": record_id("Account", 1),
                "Zone__c": "south",
            },
            "event": {"EventUuid": "e-1", "replayId": 7},
        },
    }
    await told_events(client, {"id": "1", "object": "Account", "fields": account_fields()})

    assert [one["status"] for one in await told_events(client, event, event)] == ["told", "told"]
    assert (await kept(database, "Account", 1)).fields["Zone__c"] == "south"
    assert [one["status"] for one in await told_events(client, event)] == ["duplicate"]


SAMPLES = Path(os.environ.get("SALESOPS_SAMPLES", "/nowhere")) / "salesforce"


@pytest.mark.skipif(not SAMPLES.is_dir(), reason="SALESOPS_SAMPLES names no folder with salesforce/")
async def test_messages_of_others_are_understood(client, database) -> None:
    leads = (SAMPLES / "outbound_message_3_leads.xml").read_bytes()
    own = leads.replace(b"0123456789ABCDENNN", ORGANIZATION.encode())
    empty = (SAMPLES / "outbound_message_empty.xml").read_bytes()
    change = json.loads((SAMPLES / "cdc_account_update_pubsub.json").read_text())
    platform = json.loads((SAMPLES / "platform_event_SYNTHETIC.json").read_text())

    assert (await sent(client, leads)).status_code == 403
    assert "<Ack>true</Ack>" in (await sent(client, own)).text
    assert (await sent(client, empty)).status_code == 403, "it names no organization"
    assert [one["status"] for one in await told_events(client, change, platform)] == ["quarantined", "kept"]

    async with database.reading() as connection:
        query = sa.text("SELECT fields FROM salesforce_records WHERE record_id = '0014H00002LbR7QQAV'")
        fields = await connection.scalar(query)
    assert {"BillingCity": "San Francisco", "BillingState": "CA"}.items() <= fields.items()
    assert "BillingStreet" not in fields, "unchanged fields are null in this form"
