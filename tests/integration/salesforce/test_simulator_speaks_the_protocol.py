"""The client that others wrote for the real Salesforce works with the simulator: it speaks the protocol."""

import asyncio
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlsplit, urlunsplit

import pytest
import requests
from joserfc.jwk import RSAKey
from requests.adapters import HTTPAdapter
from simple_salesforce import Salesforce as Client
from simple_salesforce import exceptions

from tests.salesforce.object_types import ACCOUNT
from tests.salesforce.simulator import Org

CODE = "SalesOps_Partner_Code__c"
R = TypeVar("R")


class ToSimulator(HTTPAdapter):
    """The client insists on https and the vendor's hosts; their requests go to the simulator instead."""

    def __init__(self, address: str) -> None:
        super().__init__()
        self.address = urlsplit(address)

    def send(self, request: requests.PreparedRequest, *args: Any, **kwargs: Any) -> requests.Response:
        parts = urlsplit(str(request.url))
        request.url = urlunsplit(parts._replace(scheme=self.address.scheme, netloc=self.address.netloc))
        return super().send(request, *args, **kwargs)


def session_to(org: Org) -> requests.Session:
    session = requests.Session()
    session.mount("https://", ToSimulator(org.address))
    return session


def signed_in(org: Org, **changes: Any) -> Client:
    app = org.salesforce.sign_in.app
    access = {
        "consumer_key": app.consumer_key,
        "consumer_secret": app.consumer_secret,
        "domain": "engines.my",
    }
    return Client(session=session_to(org), version="60.0", **{**access, **changes})


async def with_client(org: Org, work: Callable[[Client], R], **changes: Any) -> R:
    """The client blocks, so it works in a thread beside the simulator."""

    def run() -> R:
        client = signed_in(org, **changes)
        try:
            return work(client)
        finally:
            client.session.close()

    return await asyncio.to_thread(run)


async def test_a_record_is_created_read_changed_and_deleted(org: Org) -> None:
    def work(client: Client) -> tuple[Any, Any, int]:
        made = client.Account.create({"Name": "Sahyadri Diesel", CODE: "CP0001"})
        client.Account.update(made["id"], {"BillingCity": "Pune"})
        found = client.Account.get(made["id"])
        return made, found, client.Account.delete(made["id"])

    made, found, status = await with_client(org, work)

    assert (made["success"], len(made["id"]), status) == (True, 18, 204)
    assert (found["Name"], found["BillingCity"], found["attributes"]["type"]) == (
        "Sahyadri Diesel",
        "Pune",
        "Account",
    )
    assert org.salesforce.organization.records[made["id"]]["IsDeleted"]


async def test_signing_in_works_with_a_signed_assertion_too(org: Org) -> None:
    key = RSAKey.generate_key(2048)
    org.salesforce.sign_in.app.public_key = key.as_pem(private=False).decode()
    access = {"username": "integration@engines.example", "privatekey": key.as_pem(private=True).decode()}

    described = await with_client(
        org, lambda client: client.Account.describe(), consumer_secret=None, domain="login", **access
    )

    assert CODE in [field["name"] for field in described["fields"] if field["externalId"]]


@pytest.mark.parametrize(
    ("changes", "code"),
    [({"consumer_secret": "wrong"}, "invalid_client"), ({"consumer_key": "nobody"}, "invalid_client_id")],
)
async def test_a_wrong_secret_does_not_open(org: Org, changes: dict[str, str], code: str) -> None:
    with pytest.raises(exceptions.SalesforceAuthenticationFailed) as refused:
        await with_client(org, lambda client: client.limits(), **changes)

    assert refused.value.code == code


async def test_a_query_of_many_pages_brings_every_record_once(org: Org) -> None:
    org.salesforce.moods.page_size = 7
    for number in range(23):
        org.salesforce.organization.create(ACCOUNT, {"Name": f"Dealer {number:02d}", CODE: f"CP{number:04d}"})

    found = await with_client(
        org, lambda client: client.query_all("SELECT Id, Name FROM Account ORDER BY Name DESC")
    )

    assert [one["Name"] for one in found["records"]] == [
        f"Dealer {number:02d}" for number in reversed(range(23))
    ]


async def test_deleted_records_are_shown_by_query_all_only(org: Org) -> None:
    organization = org.salesforce.organization
    organization.delete(ACCOUNT, organization.create(ACCOUNT, {"Name": "Gone"}))
    query = "SELECT Id, IsDeleted FROM Account WHERE Name = 'Gone'"

    shown, hidden = await with_client(
        org, lambda client: (client.query_all(query, include_deleted=True), client.query_all(query))
    )

    assert [one["IsDeleted"] for one in shown["records"]] == [True]
    assert hidden["records"] == []


async def test_an_upsert_by_external_id_creates_once_then_changes(org: Org) -> None:
    def work(client: Client) -> tuple[int, int, Any]:
        first = client.Account.upsert(f"{CODE}/CP0001", {"Name": "Sahyadri"})
        second = client.Account.upsert(f"{CODE}/CP0001", {"Name": "Sahyadri Diesel"})
        return first, second, client.Account.get_by_custom_id(CODE, "CP0001")

    first, second, found = await with_client(org, work)

    assert (first, second, found["Name"]) == (201, 200, "Sahyadri Diesel")
    assert len(org.salesforce.organization.records) == 1


async def test_an_external_id_that_two_records_share_is_answered_with_300(org: Org) -> None:
    for name in ("One", "Two"):
        org.salesforce.organization.create(ACCOUNT, {"Name": name, CODE: "CP0001"})

    with pytest.raises(exceptions.SalesforceMoreThanOneRecord) as refused:
        await with_client(org, lambda client: client.Account.upsert(f"{CODE}/CP0001", {"Name": "Which?"}))

    assert len(refused.value.content) == 2


async def test_a_collection_tells_per_record_what_became_of_it(org: Org) -> None:
    def records(*codes: str, **more: Any) -> list[dict[str, Any]]:
        return [{"attributes": {"type": "Account"}, CODE: code, "Name": code, **more} for code in codes]

    path = f"composite/sobjects/Account/{CODE}"

    def work(client: Client) -> Any:
        wrong = {"attributes": {"type": "Account"}, CODE: "CP0003", "Nonsense__c": 1}
        return client.restful(
            path, method="PATCH", json={"allOrNone": False, "records": [*records("CP0001"), wrong]}
        )

    good, bad = await with_client(org, work)

    assert (good["success"], good["created"]) == (True, True)
    assert (bad["success"], bad["errors"][0]["statusCode"]) == (False, "INVALID_FIELD")


async def test_all_or_none_leaves_nothing_of_a_collection_with_one_bad_record(org: Org) -> None:
    records = [
        {"attributes": {"type": "Account"}, CODE: code, "Name": name}
        for code, name in (("CP1", "One"), ("CP2", ""))
    ]

    results = await with_client(
        org,
        lambda client: client.restful(
            f"composite/sobjects/Account/{CODE}", method="PATCH", json={"allOrNone": True, "records": records}
        ),
    )

    codes = [one["errors"][0]["statusCode"] for one in results]
    assert codes == ["ALL_OR_NONE_OPERATION_ROLLED_BACK", "REQUIRED_FIELD_MISSING"]
    assert org.salesforce.organization.records == {}


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("SELECT Id FROM Account GROUP BY Name", "MALFORMED_QUERY"),
        ("SELECT FROM Account", "MALFORMED_QUERY"),
        ("SELECT Id FROM Account WHERE Name = 'a' AND Name = 'b' OR Name = 'c'", "MALFORMED_QUERY"),
        ("SELECT Nonsense__c FROM Account", "INVALID_FIELD"),
        ("SELECT Id FROM Nonsense", "INVALID_TYPE"),
    ],
)
async def test_what_the_simulator_cannot_answer_it_refuses(org: Org, query: str, code: str) -> None:
    with pytest.raises(exceptions.SalesforceMalformedRequest) as refused:
        await with_client(org, lambda client: client.query(query))

    assert refused.value.content[0]["errorCode"] == code


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("Name LIKE 'Ga%'", {"Ganga"}),
        ("Name IN ('Ganga', 'Deccan')", {"Ganga", "Deccan"}),
        ("SalesOps_Overdue__c >= 100 AND (Name = 'Ganga' OR Name = 'Marwar')", {"Marwar"}),
        ("NOT Name = 'Ganga'", {"Deccan", "Marwar"}),
        ("BillingCity = null", {"Ganga", "Deccan", "Marwar"}),
        ("SystemModstamp > 2000-01-01T00:00:00Z", {"Ganga", "Deccan", "Marwar"}),
    ],
)
async def test_conditions_choose_as_they_say(org: Org, condition: str, expected: set[str]) -> None:
    for name, overdue in (("Ganga", 50), ("Deccan", None), ("Marwar", 150)):
        org.salesforce.organization.create(ACCOUNT, {"Name": name, "SalesOps_Overdue__c": overdue})

    found = await with_client(
        org, lambda client: client.query_all(f"SELECT Name FROM Account WHERE {condition}")
    )

    assert {one["Name"] for one in found["records"]} == expected


async def test_a_session_that_ended_is_renewed_by_the_client(org: Org) -> None:
    def work(client: Client) -> Any:
        org.salesforce.sign_in.revoke_all()
        return client.limits()

    limits = await with_client(org, work)

    assert limits["DailyApiRequests"]["Max"] == 15_000
    assert org.salesforce.sign_in.given == 2


async def test_the_days_requests_are_counted_told_and_then_refused(org: Org) -> None:
    org.salesforce.moods.daily_limit = 2

    def work(client: Client) -> Any:
        client.query("SELECT Id FROM Account")
        client.query("SELECT Id FROM Account")
        usage = client.api_usage["api-usage"]
        with pytest.raises(exceptions.SalesforceRefusedRequest) as refused:
            client.query("SELECT Id FROM Account")
        return usage, refused.value.content[0]["errorCode"]

    usage, code = await with_client(org, work)

    assert ((usage.used, usage.total), code) == ((2, 2), "REQUEST_LIMIT_EXCEEDED")


async def test_required_fields_are_insisted_on(org: Org) -> None:
    with pytest.raises(exceptions.SalesforceMalformedRequest) as refused:
        await with_client(org, lambda client: client.Opportunity.create({"Name": "Gensets"}))

    assert refused.value.content[0]["fields"] == ["StageName", "CloseDate"]
