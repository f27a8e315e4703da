"""Query jobs of the simulator work with the client that others wrote for the real Bulk API 2.0."""

import csv
import io
from typing import Any

import pytest
import requests
from simple_salesforce import Salesforce as Client
from simple_salesforce import exceptions
from simple_salesforce.bulk2 import Operation

from tests.integration.salesforce.test_simulator_speaks_the_protocol import CODE, with_client
from tests.salesforce.object_types import ACCOUNT
from tests.salesforce.simulator import Org

QUERY = f"SELECT Id, Name, {CODE}, CreatedDate FROM Account"


def some_accounts(org: Org, count: int) -> list[str]:
    made = [
        org.salesforce.organization.create(
            ACCOUNT, {"Name": f'Dealer "{number}",\nPune', CODE: f"CP{number}"}
        )
        for number in range(count)
    ]
    return [str(one["Id"]) for one in made]


def rows_of(pages: list[str]) -> list[dict[str, str]]:
    return [row for page in pages for row in csv.DictReader(io.StringIO(page, newline=""))]


async def test_a_query_job_is_waited_for_and_read_page_by_page(org: Org) -> None:
    ids = some_accounts(org, 23)

    pages = await with_client(
        org, lambda client: list(client.bulk2.Account.query(QUERY, max_records=10, wait=0))
    )

    rows = rows_of(pages)
    assert [len(rows_of([page])) for page in pages] == [10, 10, 3]
    assert [row["Id"] for row in rows] == ids
    assert (rows[0]["Name"], rows[0][CODE]) == ('Dealer "0",\nPune', "CP0")
    assert rows[0]["CreatedDate"].endswith(".000Z")


async def test_what_is_deleted_is_read_by_query_all_alone(org: Org) -> None:
    ids = some_accounts(org, 2)
    organization = org.salesforce.organization
    organization.delete(ACCOUNT, organization.records[ids[0]])

    def work(client: Client) -> tuple[list[str], list[str]]:
        bulk = client.bulk2.Account
        return list(bulk.query(QUERY, wait=0)), list(bulk.query_all(QUERY, wait=0))

    shown, every = await with_client(org, work)

    assert ([row["Id"] for row in rows_of(shown)], len(rows_of(every))) == ([ids[1]], 2)


@pytest.mark.parametrize("outcome", ["Failed", "Aborted"])
async def test_a_job_that_did_not_complete_is_told(org: Org, outcome: str) -> None:
    org.salesforce.moods.job_outcome = outcome

    with pytest.raises(exceptions.SalesforceOperationError):
        await with_client(org, lambda client: list(client.bulk2.Account.query(QUERY, wait=0)))


async def test_a_job_is_aborted_while_it_runs_and_deleted_when_it_is_over(org: Org) -> None:
    org.salesforce.moods.job_polls = 1_000_000

    def work(client: Client) -> tuple[Any, Any, Any, str]:
        inner = client.bulk2.Account._client
        made = inner.create_job(Operation.query, query=QUERY)
        running = inner.get_job(made["id"], is_query=True)
        with pytest.raises(exceptions.SalesforceMalformedRequest) as early:
            inner.get_query_results(made["id"])
        ended = inner.abort_job(made["id"], is_query=True)
        client.restful(f"jobs/query/{made['id']}", method="DELETE")
        return made, running, ended, early.value.content[0]["errorCode"]

    made, running, ended, early = await with_client(org, work)

    assert [one["state"] for one in (made, running, ended)] == ["UploadComplete", "InProgress", "Aborted"]
    assert (made["id"][:3], made["apiVersion"], early) == ("750", 60.0, "INVALIDJOBSTATE")
    assert org.salesforce.bulk.deleted == [made["id"]]


async def test_a_page_that_breaks_off_is_seen_and_read_again_at_its_locator(org: Org) -> None:
    some_accounts(org, 6)

    def work(client: Client) -> tuple[Any, Any]:
        inner = client.bulk2.Account._client
        job = inner.create_job(Operation.query, query=QUERY)
        inner.wait_for_job(job["id"], is_query=True)
        first = inner.get_query_results(job["id"], max_records=4)
        org.salesforce.moods.broken_pages = 1
        with pytest.raises(requests.exceptions.ChunkedEncodingError):
            inner.get_query_results(job["id"], locator=first["locator"], max_records=4)
        return first, inner.get_query_results(job["id"], locator=first["locator"], max_records=4)

    first, rest = await with_client(org, work)

    assert (first["number_of_records"], rest["number_of_records"], rest["locator"]) == (4, 2, "")
    assert len(rows_of([first["records"], rest["records"]])) == 6


async def test_what_jobs_cannot_answer_is_refused(org: Org) -> None:
    with pytest.raises(exceptions.SalesforceMalformedRequest):
        await with_client(org, lambda client: list(client.bulk2.Account.query("SELECT COUNT() FROM Account")))
