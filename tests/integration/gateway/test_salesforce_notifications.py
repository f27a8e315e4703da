"""What could not be understood is listed with its reasons, and read again once what stood in its way is mended."""

from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from shared.database import Database
from tests.factories.salesforce import account_fields, record_id
from tests.integration.gateway.running import access_token, bearer
from tests.integration.gateway.salesforce_senders import message, notification, sent, told_events

NOTIFICATIONS, MAPPINGS = "/v1/salesforce-notifications", "/v1/salesforce-mappings"
SUBJECT = "convert_from(body, 'UTF8')::json->>'subject'"
RULES = {
    "partner_code": {"paths": ["AccountNumber"]},
    "name": {"paths": ["Name"]},
    "zone": {"paths": ["Zone__c"], "otherwise": "west"},
}


@pytest.fixture
def client(salesforce_client: httpx.AsyncClient) -> httpx.AsyncClient:
    salesforce_client.headers.update(bearer("coordinator"))
    return salesforce_client


async def listed(client: httpx.AsyncClient, **filters: str) -> list[dict[str, Any]]:
    reply = await client.get(NOTIFICATIONS, params=filters)
    assert reply.status_code == 200, reply.text
    items: list[dict[str, Any]] = reply.json()["items"]
    return items


async def mend_the_mapping(client: httpx.AsyncClient) -> None:
    draft = {"object_name": "Account", "fact": "account", "rules": RULES}
    mapping = (await client.post(MAPPINGS, json=draft)).json()
    second = {"Authorization": f"Bearer {access_token('approver', sub='u-2')}"}
    reply = await client.post(f"{MAPPINGS}/{mapping['id']}/activation", json={}, headers=second)
    assert reply.status_code == 200, reply.text


async def facts_told(database: Database) -> list[str]:
    async with database.reading() as connection:
        rows = await connection.execute(sa.text(f"SELECT {SUBJECT} FROM outbox ORDER BY position"))
        return list(rows.scalars())


async def test_what_was_set_aside_is_listed_with_its_reason_and_its_content(client) -> None:
    await sent(client, message(notification(1, account_fields(1, SystemModstamp=None))))
    await told_events(
        client,
        {"id": "zoneless", "object": "Account", "fields": account_fields(2, Zone__c=None, Fax=1.5)},
        {"id": "good", "object": "Account", "fields": account_fields(3)},
        {"id": "lead", "object": "Lead", "fields": account_fields(4)},
    )

    unreadable, zoneless = await listed(client, state="quarantined")

    assert (unreadable["channel"], unreadable["record_id"]) == ("outbound_message", None)
    assert unreadable["problems"] == [{"pointer": "/SystemModstamp", "detail": "expected a time"}]
    shown = (await client.get(f"{NOTIFICATIONS}/{unreadable['id']}")).json()
    assert shown["payload"].startswith("<Notification")
    assert "Asha Diesels 1" in shown["payload"]
    assert zoneless["problems"] == [{"pointer": "/zone", "detail": "required, and empty in Zone__c"}]
    assert (await client.get(f"{NOTIFICATIONS}/{zoneless['id']}")).json()["payload"]["fields"]["Fax"] == 1.5
    assert [one["notification_id"] for one in await listed(client, state="unmapped")] == ["lead"]
    assert [one["notification_id"] for one in await listed(client, state="told")] == ["good"]
    assert await listed(client, state="quarantined", object_name="Lead") == []
    assert await listed(client, received_at_gte="2099-01-01T00:00:00Z") == []


async def test_after_the_mapping_is_mended_a_notification_read_again_is_told_once(
    client, salesforce_database
) -> None:
    event = {"id": "zoneless", "object": "Account", "fields": account_fields(1, Zone__c=None)}
    await told_events(client, event)
    (waiting,) = await listed(client, state="quarantined")

    early = (await client.post(f"{NOTIFICATIONS}/{waiting['id']}/replay")).json()
    await mend_the_mapping(client)
    mended = (await client.post(f"{NOTIFICATIONS}/{waiting['id']}/replay")).json()
    again = (await client.post(f"{NOTIFICATIONS}/{waiting['id']}/replay")).json()

    assert (early["state"], mended["state"], again) == ("quarantined", "told", mended)
    assert [one["state"] for one in mended["replays"]] == ["quarantined", "told"]
    assert mended["problems"] == []
    assert await facts_told(salesforce_database) == [record_id("Account", 1)]


async def test_many_are_read_again_at_once_those_that_never_could_be_read_included(
    client, salesforce_database
) -> None:
    zoneless = [
        {"id": f"z{n}", "object": "Account", "fields": account_fields(n, Zone__c=None)} for n in (1, 2)
    ]
    await told_events(client, *zoneless)
    await sent(client, message(*(notification(n, account_fields(n)) for n in (3, 4, 5))))
    await set_aside(salesforce_database, 3, 4)
    await told_events(client, {"id": "hopeless", "object": "Account"})
    await mend_the_mapping(client)

    first = (await client.post(f"{NOTIFICATIONS}/replay", json={"object_name": "Account"})).json()
    second = (await client.post(f"{NOTIFICATIONS}/replay", json={})).json()

    assert first == {"read": 5, "told": 4, "still_quarantined": 1}
    assert second == {"read": 1, "told": 0, "still_quarantined": 1}
    assert await facts_told(salesforce_database) == [record_id("Account", n) for n in (5, 1, 2, 3, 4)]
    assert [one["notification_id"] for one in await listed(client, state="quarantined")] == ["hopeless"]


async def set_aside(database: Database, *numbers: int) -> None:
    """As an earlier program would have left them that could not read these notifications."""
    ids = [f"04l5g{number:013d}" for number in numbers]
    records = [record_id("Account", number) for number in numbers]
    async with database.engine.begin() as connection:
        await connection.execute(
            sa.text(
                "UPDATE salesforce_notifications SET outcome = 'quarantined', record_id = NULL,"
                """ problems = '[{"pointer": "", "detail": "not understood"}]' WHERE notification_id = ANY(:ids)"""
            ),
            {"ids": ids},
        )
        for table in ("salesforce_records WHERE record_id", f"outbox WHERE {SUBJECT}"):
            await connection.execute(sa.text(f"DELETE FROM {table} = ANY(:records)"), {"records": records})


async def test_one_whose_record_was_told_meanwhile_waits_no_more(client) -> None:
    await told_events(client, {"id": "a", "object": "Account", "fields": account_fields(1, Zone__c=None)})
    await told_events(client, {"id": "b", "object": "Account", "fields": account_fields(1, minute=5)})

    assert await listed(client, state="quarantined") == []
    assert (await client.post(f"{NOTIFICATIONS}/replay", json={})).json()["read"] == 0


async def test_a_message_that_was_forgotten_says_so_and_what_is_not_there_is_not_found(
    client, salesforce_database
) -> None:
    await sent(client, message(notification(1, account_fields(1, SystemModstamp=None))))
    async with salesforce_database.engine.begin() as connection:
        await connection.execute(sa.text("UPDATE salesforce_messages SET body = NULL"))
    (waiting,) = await listed(client)

    reply = (await client.post(f"{NOTIFICATIONS}/{waiting['id']}/replay")).json()

    assert (reply["state"], reply["payload"]) == ("quarantined", None)
    assert "not kept any more" in reply["problems"][0]["detail"]
    absent = f"{NOTIFICATIONS}/00000000-0000-7000-8000-000000000000"
    assert (await client.get(absent)).status_code == 404
    assert (await client.post(f"{absent}/replay")).status_code == 404
    assert (await client.post(f"{absent}/replay", headers=bearer("auditor"))).status_code == 403
