"""The gateway's own client in conversation with the simulator, in good and bad moods."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from joserfc.jwk import RSAKey

from gateway.adapters.salesforce_client import ATTEMPTS_MAX, SalesforceClient
from gateway.adapters.salesforce_sign_in import SalesforceAccess
from gateway.domain.salesforce_replies import (
    NotWritten,
    SalesforceLimitReached,
    SalesforceRefused,
    SalesforceUnavailable,
    Usage,
    Written,
)
from tests.salesforce.object_types import ACCOUNT, PAYMENT_ADVICE
from tests.salesforce.simulator import Org

CODE = "SalesOps_Partner_Code__c"
NAMES = "SELECT Id, Name FROM Account ORDER BY Name"


def access_to(org: Org, **changes: Any) -> SalesforceAccess:
    app = org.salesforce.sign_in.app
    usual = SalesforceAccess(
        instance_url=org.address, client_id=app.consumer_key, client_secret=app.consumer_secret
    )
    return replace(usual, **changes)


@dataclass
class Pauses:
    """Takes the place of waiting."""

    seconds: list[float] = field(default_factory=list)

    async def __call__(self, seconds: float) -> None:
        self.seconds.append(seconds)


@pytest.fixture
def pauses() -> Pauses:
    return Pauses()


@pytest.fixture
async def client(org: Org, pauses: Pauses) -> AsyncIterator[SalesforceClient]:
    async with SalesforceClient(access_to(org), pause=pauses) as client:
        yield client


async def names(client: SalesforceClient, query: str = NAMES, *, with_deleted: bool = False) -> list[str]:
    return [row["Name"] async for page in client.pages(query, with_deleted=with_deleted) for row in page]


def dealers(org: Org, count: int) -> None:
    for number in range(count):
        org.salesforce.organization.create(ACCOUNT, {"Name": f"Dealer {number:03d}", CODE: f"CP{number:04d}"})


def figures(*codes: str, **values: object) -> list[dict[str, object]]:
    return [{CODE: code, "Name": f"Dealer {code}", **values} for code in codes]


async def test_rows_come_page_by_page_and_every_one_once(org: Org, client: SalesforceClient) -> None:
    dealers(org, 25)
    org.salesforce.moods.page_size = 10

    pages = [len(page) async for page in client.pages(NAMES)]

    assert pages == [10, 10, 5]
    assert len(set(await names(client))) == 25


async def test_no_digit_of_an_amount_is_lost(org: Org, client: SalesforceClient) -> None:
    org.salesforce.organization.create(PAYMENT_ADVICE, {"Name": "A", "Amount__c": 118000.1})

    rows = [row async for page in client.pages("SELECT Amount__c FROM Payment_Advice__c") for row in page]

    assert rows[0]["Amount__c"] == "118000.1"


async def test_deleted_rows_are_asked_for_by_name(org: Org, client: SalesforceClient) -> None:
    dealers(org, 2)
    gone = next(org.salesforce.organization.all_of(ACCOUNT))
    org.salesforce.organization.delete(ACCOUNT, gone)

    assert (await names(client), len(await names(client, with_deleted=True))) == (["Dealer 001"], 2)


async def test_two_hundred_records_are_written_in_one_request(org: Org, client: SalesforceClient) -> None:
    results = await client.upsert("Account", CODE, figures(*(f"CP{number:04d}" for number in range(200))))

    assert all(isinstance(one, Written) and one.is_new for one in results)
    assert [path for method, path in org.salesforce.requests if method == "PATCH"] == [
        f"/services/data/v60.0/composite/sobjects/Account/{CODE}"
    ]


async def test_each_record_has_its_own_result(org: Org, client: SalesforceClient) -> None:
    for name in ("Twin", "Twin again"):
        org.salesforce.organization.create(ACCOUNT, {"Name": name, CODE: "CP0002"})
    org.salesforce.organization.locked["CP0003"] = 1
    records = [*figures("CP0001", "CP0002", "CP0003"), {CODE: "CP0004"}]

    results = await client.upsert("Account", CODE, records)

    assert isinstance(results[0], Written)
    failures = [one for one in results if isinstance(one, NotWritten)]
    assert [(one.code, one.is_transient) for one in failures] == [
        ("DUPLICATE_EXTERNAL_ID", False),
        ("UNABLE_TO_LOCK_ROW", True),
        ("REQUIRED_FIELD_MISSING", False),
    ]


@pytest.mark.parametrize("mood", ["outage", "busy", "garbage", "endless"])
async def test_a_bad_moment_passes_by_asking_again(
    org: Org, client: SalesforceClient, pauses: Pauses, mood: str
) -> None:
    dealers(org, 1)
    await names(client)
    org.salesforce.moods.next_moods = [mood]

    if mood == "garbage":
        with pytest.raises(SalesforceUnavailable, match="not what was agreed"):
            await names(client)
    else:
        assert await names(client) == ["Dealer 000"]
        assert len(pauses.seconds) == 1


async def test_the_pauses_grow_and_their_number_is_bounded(
    org: Org, client: SalesforceClient, pauses: Pauses
) -> None:
    org.salesforce.moods.is_away = True

    with pytest.raises(SalesforceUnavailable):
        await names(client)

    assert len(pauses.seconds) == ATTEMPTS_MAX - 1
    assert all(0.5 * 2**n <= seconds <= 2**n for n, seconds in enumerate(pauses.seconds))


async def test_what_was_done_but_not_told_is_done_once(org: Org, client: SalesforceClient) -> None:
    await client.described("Account")
    org.salesforce.moods.next_moods = ["silent_success"]

    (result,) = await client.upsert("Account", CODE, figures("CP0001"))

    assert isinstance(result, Written)
    assert len(org.salesforce.organization.records) == 1


async def test_a_session_that_ends_between_two_pages_is_renewed_unnoticed(
    org: Org, client: SalesforceClient
) -> None:
    dealers(org, 5)
    org.salesforce.moods.page_size = 2

    found = []
    async for page in client.pages(NAMES):
        found += [row["Name"] for row in page]
        org.salesforce.sign_in.revoke_all()

    assert found == [f"Dealer {number:03d}" for number in range(5)]
    assert org.salesforce.sign_in.given == 3


async def test_a_session_that_is_refused_at_once_is_renewed_once_only(
    org: Org, client: SalesforceClient
) -> None:
    org.salesforce.moods.next_moods = ["", "expired_session", "", "expired_session", ""]

    with pytest.raises(SalesforceRefused) as refused:
        await names(client)

    assert refused.value.facts["error_code"] == "INVALID_SESSION_ID"
    assert org.salesforce.sign_in.given == 2


async def test_an_outage_during_the_sign_in_passes_too(org: Org, client: SalesforceClient) -> None:
    org.salesforce.moods.next_moods = ["outage", "outage"]

    assert await names(client) == []


async def test_our_share_of_the_days_requests_is_not_exceeded(org: Org, client: SalesforceClient) -> None:
    org.salesforce.moods.daily_limit, org.salesforce.moods.used_today = 100, 78
    await names(client)
    assert client.usage == Usage(79, 100)
    await names(client)

    with pytest.raises(SalesforceLimitReached):
        await names(client)

    assert org.salesforce.moods.used_today == 80


async def test_a_limit_that_others_used_up_is_not_asked_for_again(org: Org, client: SalesforceClient) -> None:
    org.salesforce.moods.daily_limit = 0
    for _ in range(2):
        with pytest.raises(SalesforceLimitReached):
            await names(client)

    assert [path for _, path in org.salesforce.requests].count("/services/data/v60.0/query") == 1


async def test_a_query_that_salesforce_does_not_understand_is_not_repeated(
    org: Org, client: SalesforceClient, pauses: Pauses
) -> None:
    with pytest.raises(SalesforceRefused) as refused:
        await names(client, "SELECT Nonsense__c FROM Account")

    assert refused.value.facts["error_code"] == "INVALID_FIELD"
    assert pauses.seconds == []


async def test_a_redirect_is_not_followed(org: Org, client: SalesforceClient) -> None:
    await client.described("Account")
    org.salesforce.moods.next_moods = ["elsewhere"]

    with pytest.raises(SalesforceRefused) as refused:
        await names(client)

    assert refused.value.facts["error_code"] == "redirect"


@pytest.mark.parametrize(
    "told",
    [
        "http://169.254.169.254",
        "http://127.0.0.1:1",
        "https://evil.example",
        "http://engines@127.0.0.1",
        "http://[",
        "file:///etc/passwd",
    ],
)
async def test_an_instance_that_nobody_allowed_is_never_talked_to(
    org: Org, client: SalesforceClient, told: str
) -> None:
    org.salesforce.tells_instance_url = told

    with pytest.raises(SalesforceRefused) as refused:
        await names(client)

    assert refused.value.facts["error_code"] == "instance_not_allowed"
    assert [path for _, path in org.salesforce.requests] == ["/services/oauth2/token"]


@pytest.mark.parametrize(("secret", "code"), [("wrong", "invalid_client")])
async def test_wrong_credentials_are_told_without_showing_them(org: Org, secret: str, code: str) -> None:
    async with SalesforceClient(access_to(org, client_secret=secret)) as client:
        with pytest.raises(SalesforceRefused) as refused:
            await names(client)

    assert refused.value.facts["error_code"] == code
    assert secret not in refused.value.detail


async def test_signing_in_by_a_signed_assertion_needs_no_secret(org: Org) -> None:
    key = RSAKey.generate_key(2048)
    org.salesforce.sign_in.app.public_key = key.as_pem(private=False).decode()
    access = access_to(
        org,
        client_secret="",
        username="integration@engines.example",
        private_key=key.as_pem(private=True).decode(),
    )

    async with SalesforceClient(access) as client:
        assert await client.organization_id() == org.salesforce.organization.id


async def test_an_unreadable_private_key_is_refused_in_words(org: Org) -> None:
    async with SalesforceClient(access_to(org, private_key="nonsense")) as client:
        with pytest.raises(SalesforceRefused, match="not an RSA key"):
            await names(client)
