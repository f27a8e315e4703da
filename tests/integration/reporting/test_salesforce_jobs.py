"""Salesforce read by query jobs: the same snapshot for a fraction of the day's requests, and every way to fail."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest

from services.reporting.adapters.connectors.salesforce import signed_in
from services.reporting.adapters.connectors.web import opened_web
from services.reporting.domain.source_connection import Connection, SalesforceMode
from services.reporting.domain.source_system import SourceField, SourceObject
from services.reporting.settings import ReportingSettings
from tests.integration.reporting.conftest import ReportingService, RunJob
from tests.integration.reporting.test_data_reviews import asked
from tests.integration.reporting.test_source_queries import rows_of, salesforce_source, snapshot_of
from tests.salesforce.object_types import OBJECT_TYPES
from tests.salesforce.simulator import Salesforce, serving

SECRET = "simulator-secret"
COLUMNS = {
    "code": "SalesOps_Partner_Code__c",
    "name": "Name",
    "zone": "Zone__c",
    "amount": "SalesOps_Overdue__c",
    "made": "CreatedDate",
    "deleted": "IsDeleted",
}


@pytest.fixture
async def org() -> AsyncIterator[tuple[Salesforce, str]]:
    """Pages of 200 rows, as Salesforce gives of objects with many or long fields."""
    salesforce = Salesforce()
    salesforce.moods.page_size = 200
    async with serving(salesforce.application()) as address:
        yield salesforce, address


def accounts(salesforce: Salesforce, count: int) -> None:
    for number in range(count):
        values = {
            "Name": f' Firm "{number}", Pune\nगणेश इंजन ',
            "SalesOps_Partner_Code__c": f"CP-{number:05d}",
            "Zone__c": "West" if number % 3 else None,
            "SalesOps_Overdue__c": number / 4 if number % 2 else None,
        }
        salesforce.organization.create(OBJECT_TYPES["Account"], values)


def source(address: str, mode: str | None, query: str = "") -> dict[str, Any]:
    draft = salesforce_source(address)
    (one,) = draft["objects"]
    one["fields"] = [{"name": name, "column": column} for name, column in COLUMNS.items()]
    one["query"] = query or f"SELECT {', '.join(COLUMNS.values())} FROM Account"
    draft["connection"]["mode"] = mode
    return draft


def asked_for_data(salesforce: Salesforce) -> int:
    return sum(path.startswith("/services/data/") for _, path in salesforce.requests)


async def test_a_job_gives_the_snapshot_that_soql_gives_for_a_tenth_of_its_requests(
    service: ReportingService, review_job: RunJob, org: tuple[Salesforce, str]
) -> None:
    accounts(org[0], 12_000)
    snapshots, spent = {}, {}
    for mode in ("query", "bulk", "auto"):
        org[0].requests.clear()
        snapshots[mode] = await snapshot_of(service, review_job, source(org[1], mode), SECRET)
        spent[mode] = asked_for_data(org[0])

    found = {mode: one["objects"][0] for mode, one in snapshots.items()}
    assert {one["content_sha256"] for one in found.values()} == {found["query"]["content_sha256"]}
    assert {(one["rows_count"], one["rejected_count"]) for one in found.values()} == {(12_000, 0)}
    assert spent == {"query": 60, "bulk": 5, "auto": 6}
    assert "SOQL of accounts: 60 requests" in found["query"]["origin"]
    assert "a query job of accounts: 6 requests, 71 of 15000 of the day used" in found["auto"]["origin"]
    assert len(org[0].bulk.deleted) == 2
    (first, *_) = await rows_of(service, snapshots["bulk"])
    assert first["name"] == 'Firm "0", Pune\nगणेश इंजन'
    assert (first["zone"], first["deleted"], first["made"][-5:]) == ("", "false", "+0000")


async def test_few_rows_and_what_jobs_do_not_take_are_asked_page_by_page(
    service: ReportingService, review_job: RunJob, org: tuple[Salesforce, str]
) -> None:
    accounts(org[0], 3)

    few = await snapshot_of(service, review_job, source(org[1], "auto"), SECRET)
    none = await snapshot_of(
        service, review_job, source(org[1], "bulk", "SELECT Name FROM Account LIMIT 0"), SECRET
    )

    assert "SOQL of accounts: 2 requests" in few["objects"][0]["origin"]
    assert none["objects"][0]["rows_count"] == 0


async def test_a_page_that_breaks_off_goes_on_at_its_locator(
    service: ReportingService, review_job: RunJob, org: tuple[Salesforce, str]
) -> None:
    accounts(org[0], 2_500)
    org[0].moods.job_page_size, org[0].moods.broken_pages = 1_000, 2

    snapshot = await snapshot_of(service, review_job, source(org[1], "bulk"), SECRET)

    assert (snapshot["state"], snapshot["objects"][0]["rows_count"]) == ("succeeded", 2_500), snapshot
    read = [path for method, path in org[0].requests if method == "GET" and path.endswith("/results")]
    assert len(read) == 5
    assert len(await rows_of(service, snapshot)) > 0


async def test_a_page_that_keeps_breaking_ends_the_snapshot_and_the_job_goes(
    service: ReportingService, review_job: RunJob, org: tuple[Salesforce, str]
) -> None:
    accounts(org[0], 10)
    org[0].moods.broken_pages = 1_000

    snapshot = await snapshot_of(service, review_job, source(org[1], "bulk"), SECRET)

    assert (snapshot["failure_code"], snapshot["objects"]) == ("source_unreachable", [])
    assert (len(org[0].bulk.deleted), org[0].bulk.jobs) == (1, {})


@pytest.mark.parametrize("outcome", ["Failed", "Aborted"])
async def test_a_job_that_does_not_complete_is_told(
    service: ReportingService, review_job: RunJob, org: tuple[Salesforce, str], outcome: str
) -> None:
    org[0].moods.job_outcome = outcome

    snapshot = await snapshot_of(service, review_job, source(org[1], "bulk"), SECRET)

    assert (snapshot["state"], snapshot["failure_code"]) == ("failed", "source_job_failed")
    assert f"is {outcome}: " in snapshot["message"]
    assert ("QUERY_TIMEOUT" in snapshot["message"]) == (outcome == "Failed")
    assert (len(org[0].bulk.deleted), org[0].bulk.jobs) == (1, {})


async def test_a_query_that_salesforce_refuses_is_told_in_its_words(
    service: ReportingService, review_job: RunJob, org: tuple[Salesforce, str]
) -> None:
    draft = source(org[1], "bulk", "SELECT Nonsense__c FROM Account")

    snapshot = await snapshot_of(service, review_job, draft, SECRET)

    assert snapshot["failure_code"] == "source_unreadable"
    assert "INVALID_FIELD: No such column 'Nonsense__c'" in snapshot["message"]


async def test_a_session_that_ends_in_the_middle_is_renewed(
    service: ReportingService, review_job: RunJob, org: tuple[Salesforce, str]
) -> None:
    accounts(org[0], 10)
    org[0].moods.job_polls = 2
    org[0].moods.next_moods = ["", "", "", "expired_session", "", "", "expired_session"]

    snapshot = await snapshot_of(service, review_job, source(org[1], "bulk"), SECRET)

    assert (snapshot["state"], snapshot["objects"][0]["rows_count"]) == ("succeeded", 10), snapshot
    assert org[0].sign_in.given == 3


@pytest.mark.parametrize(("used", "mode"), [(88, "bulk"), (88, "query"), (100, "auto")])
async def test_the_last_tenth_of_the_day_is_left_to_others(
    service: ReportingService, review_job: RunJob, org: tuple[Salesforce, str], used: int, mode: str
) -> None:
    accounts(org[0], 1_000)
    org[0].moods.daily_limit, org[0].moods.used_today = 100, used

    snapshot = await snapshot_of(service, review_job, source(org[1], mode), SECRET)

    assert (snapshot["state"], snapshot["failure_code"]) == ("failed", "source_limit_reached")
    assert org[0].bulk.jobs == {}
    assert org[0].moods.used_today < 95 or used == 100


async def test_a_job_is_aborted_when_the_snapshot_is_given_up(
    reporting_settings: ReportingSettings, org: tuple[Salesforce, str]
) -> None:
    salesforce, address = org
    salesforce.moods.job_polls = 1_000_000
    connection = Connection(place=address, client_id="3MVG9simulator", mode=SalesforceMode.BULK)
    one = SourceObject(
        name="accounts",
        title="Accounts",
        fields=(SourceField("name", "Name"),),
        key_fields=("name",),
        query="SELECT Name FROM Account",
    )

    async with opened_web(reporting_settings.source_access().rules, "") as web:
        reading = asyncio.create_task((await signed_in(web, connection, SECRET)).found(one))
        async with asyncio.timeout(60):
            while not any(job.asked_for for job in salesforce.bulk.jobs.values()):  # noqa: ASYNC110 - a server's
                await asyncio.sleep(0.02)
        reading.cancel()
        with pytest.raises(asyncio.CancelledError):
            await reading

    assert [method for method, path in salesforce.requests if path.count("/") == 6][-2:] == [
        "PATCH",
        "DELETE",
    ]
    assert (len(salesforce.bulk.deleted), salesforce.bulk.jobs) == (1, {})


@pytest.mark.parametrize(
    ("kind", "mode", "query", "pointer"),
    [
        ("salesforce", "bulk", "SELECT Zone__c, COUNT(Id) FROM Account GROUP BY Zone__c", "/objects/0/query"),
        ("rest", "auto", "/accounts", "/connection/mode"),
        ("salesforce", "fast", "SELECT Name FROM Account", "/connection/mode"),
    ],
)
async def test_a_mode_that_cannot_be_is_refused(
    service: ReportingService, kind: str, mode: str, query: str, pointer: str
) -> None:
    draft = source("https://host", mode, query) | {"kind": kind}
    if kind == "rest":
        del draft["connection"]["client_id"]

    reply = await asked(service, "POST", "/v1/source-systems", json=draft)

    assert (reply.status_code, [one["pointer"] for one in reply.json()["errors"]]) == (422, [pointer])
