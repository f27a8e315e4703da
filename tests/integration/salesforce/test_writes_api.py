"""The API about what is written to Salesforce, through a gateway on a real socket."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from gateway.adapters.salesforce_writes import Draft, queue_writes
from gateway.domain.salesforce_write import WriteSubject
from shared.database import Database, UnitOfWork
from tests.integration.gateway.running import Seen, bearer, gateway_before, recording_app

WRITES, MAPPINGS = "/v1/salesforce-writes", "/v1/salesforce-write-mappings"


@pytest.fixture(scope="session")
async def gateway_url(gateway_database: Database) -> AsyncIterator[str]:
    async with gateway_before(recording_app(Seen([])), gateway_database.url) as url:
        yield url


@pytest.fixture
async def client(database: Database, gateway_url: str) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=gateway_url, headers=bearer("admin"), verify=False) as client:
        yield client


async def queue(database: Database, *codes: str) -> None:
    async with UnitOfWork(database) as work:
        drafts = [
            Draft(subject=WriteSubject.PARTNER_FIGURES, name=code, values={"overdue": 5.0, "unknown": 1})
            for code in codes
        ]
        await queue_writes(work.connection, drafts, datetime.now(UTC))
        await work.commit()


async def test_the_list_shows_under_their_names_what_is_sent(
    client: httpx.AsyncClient, database: Database
) -> None:
    await queue(database, "CP1")

    (item,) = (await client.get(WRITES)).json()["items"]

    assert (item["name"], item["state"], item["fields"]) == ("CP1", "waiting", {"SalesOps_Overdue__c": 5.0})
    assert (await client.get(f"{WRITES}/{item['id']}")).json() == item


async def test_the_list_has_pages_filters_and_files(client: httpx.AsyncClient, database: Database) -> None:
    await queue(database, *(f"CP{number}" for number in range(5)))

    first = (await client.get(WRITES, params={"limit": 3})).json()
    second = (await client.get(WRITES, params={"limit": 3, "cursor": first["next_cursor"]})).json()
    one = (await client.get(WRITES, params={"name": "CP4", "state": "waiting"})).json()["items"]
    none = (await client.get(WRITES, params={"state": "dead"})).json()["items"]
    file = await client.get(WRITES, params={"format": "csv"})

    assert [item["name"] for item in first["items"] + second["items"]] == [
        f"CP{number}" for number in range(5)
    ]
    assert ([item["name"] for item in one], none, file.text.count("\n")) == (["CP4"], [], 6)


async def test_a_record_can_be_sent_again(client: httpx.AsyncClient, database: Database) -> None:
    await queue(database, "CP1")
    (item,) = (await client.get(WRITES)).json()["items"]

    reply = await client.post(f"{WRITES}/{item['id']}/resend")

    assert (reply.status_code, reply.json()["state"], reply.json()["revision"]) == (202, "waiting", 2)


async def test_what_is_not_there_is_not_sent_again(client: httpx.AsyncClient) -> None:
    reply = await client.post(f"{WRITES}/00000000-0000-7000-8000-000000000000/resend")

    assert (reply.status_code, reply.json()["code"]) == (404, "salesforce_write_not_found")


async def changed(client: httpx.AsyncClient, etag: str | None, **changes: Any) -> httpx.Response:
    draft = {
        "object_name": "Account",
        "external_id_field": "ERP_Code__c",
        "fields": {"overdue": "Overdue__c"},
        "is_active": True,
        "is_dry_run": False,
    }
    headers = {"If-Match": etag} if etag else {}
    return await client.put(f"{MAPPINGS}/partner_figures", json=draft | changes, headers=headers)


async def test_a_mapping_is_changed_by_who_has_read_it(client: httpx.AsyncClient, database: Database) -> None:
    await queue(database, "CP1")
    shown = await client.get(f"{MAPPINGS}/partner_figures")

    reply = await changed(client, shown.headers["ETag"])
    late = await changed(client, shown.headers["ETag"])
    blind = await changed(client, None)

    assert (shown.json()["is_dry_run"], reply.json()["revision"], reply.headers["ETag"]) == (True, 2, '"2"')
    assert (late.status_code, blind.status_code) == (412, 428)
    (item,) = (await client.get(WRITES)).json()["items"]
    assert (item["external_id_field"], item["fields"]) == ("ERP_Code__c", {"Overdue__c": 5.0})


async def test_a_mapping_that_cannot_be_is_refused(client: httpx.AsyncClient) -> None:
    reply = await changed(client, '"1"', fields={"owed": "Owed__c"})

    assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, "/fields/owed")


async def test_all_subjects_are_rehearsed_at_first(client: httpx.AsyncClient) -> None:
    items = (await client.get(MAPPINGS)).json()["items"]

    assert [(one["subject"], one["is_dry_run"]) for one in items] == [
        ("partner_figures", True),
        ("query_answer", True),
        ("research_brief", True),
    ]


@pytest.mark.parametrize(
    ("role", "method", "path"),
    [
        ("partner", "GET", WRITES),
        ("auditor", "POST", f"{WRITES}/00000000-0000-7000-8000-000000000000/resend"),
        ("coordinator", "PUT", f"{MAPPINGS}/partner_figures"),
    ],
)
async def test_others_may_not(client: httpx.AsyncClient, role: str, method: str, path: str) -> None:
    assert (await client.request(method, path, headers=bearer(role))).status_code == 403


SWEEPS = "/v1/salesforce-sweeps"


async def test_without_salesforce_there_is_nothing_to_sweep(client: httpx.AsyncClient) -> None:
    reply = await client.post(SWEEPS, json={})

    assert (reply.status_code, reply.json()["code"]) == (409, "salesforce_not_configured")


async def test_a_sweep_is_asked_for_once_and_followed(gateway_database: Database) -> None:
    changes = {"salesforce_instance_url": "https://engines.my.salesforce.example"}
    headers = {**bearer("integration"), "Idempotency-Key": "sweep-of-today"}
    async with (
        gateway_before(recording_app(Seen([])), gateway_database.url, **changes) as url,
        httpx.AsyncClient(base_url=url, headers=headers, verify=False) as client,
    ):
        asked = await client.post(SWEEPS, json={"objects": ["Account"]})
        again = await client.post(SWEEPS, json={"objects": ["Account"]})
        shown = await client.get(asked.headers["Location"])
        listed = (await client.get(SWEEPS)).json()["items"]
        odd = await client.post(
            SWEEPS, json={"objects": ["Account WHERE Id"]}, headers={"Idempotency-Key": "2"}
        )

    assert (asked.status_code, asked.json()["state"], asked.json()["asked_by"]) == (202, "queued", "u-1")
    assert again.json()["id"] == asked.json()["id"] == shown.json()["id"]
    assert [one["id"] for one in listed] == [asked.json()["id"]]
    assert odd.status_code == 422
