"""The master: single changes, people and what they agreed to, bank details by two people, duplicates and merges."""

from typing import Any

import httpx
import psycopg
import pytest
from psycopg import errors
from uuid_utils.compat import uuid7

from tests.integration.partners.conftest import PartnersService
from tests.integration.partners.test_orders import an_order, told
from tests.integration.partners.test_partners_api import a_partner, register, told_about
from tests.integration.service_callers import a_caller

Reply = dict[str, Any]
DECIDED_BY_THE_MAKER = """
    WITH made AS (
        INSERT INTO bank_details SELECT gen_random_uuid(), partner_id, holder_name, account_number, ifsc, reason, now(),
            'asha' FROM bank_details LIMIT 1 RETURNING id
    ) INSERT INTO bank_detail_decisions SELECT id, 'asha', true, NULL, now(), 'key:1/asha' FROM made
"""
ACCOUNT = {
    "holder_name": "Om Sai",
    "account_number": "50100033335555",
    "ifsc": "HDFC0004321",
    "reason": "Cheque",
}


async def a_known_partner(service: PartnersService, **facts: object) -> str:
    partner = a_partner(**facts)
    await register(service, partner)
    return str(partner["code"])


async def call(
    service: PartnersService, role: str, method: str, path: str, **arguments: Any
) -> httpx.Response:
    async with service[0](a_caller(role)) as client:
        return await client.request(method, path, **arguments)


async def test_a_change_of_one_field_leaves_the_others_and_needs_the_version_it_was_decided_on(
    service: PartnersService,
) -> None:
    code = await a_known_partner(service)
    path = f"/v1/partners/{code}"
    etag = (await call(service, "coordinator", "GET", path)).headers["ETag"]
    change = {"territory": "Konkan", "pan": "ABCDE1234F", "tan": "BAD"}

    changed = await call(service, "coordinator", "PATCH", path, json=change, headers={"If-Match": etag})
    stale = await call(service, "coordinator", "PATCH", path, json=change, headers={"If-Match": etag})
    blind = await call(service, "coordinator", "PATCH", path, json=change)

    body = changed.json()
    assert (body["territory"], body["city"], body["revision"]) == ("Konkan", "Bengaluru", 2)
    assert [one["pointer"] for one in body["warnings"]] == ["/tan", "/pan"]
    assert (stale.status_code, blind.status_code) == (412, 428)
    versions = (await call(service, "coordinator", "GET", f"{path}/versions")).json()["items"]
    assert [(one["version"], one["territory"]) for one in versions] == [(2, "Konkan"), (1, None)]


async def test_people_change_by_version_and_get_documents_by_their_roles(
    service: PartnersService, database_url: str
) -> None:
    code = await a_known_partner(service)
    path = f"/v1/partners/{code}/people"
    asha = {"name": "Asha", "roles": ["orders", "accounts"], "email": "asha@example.com", "language": "mr"}

    added = (await call(service, "coordinator", "POST", path, json=asha)).json()
    one = f"{path}/{added['id']}"
    change = {"roles": ["accounts"], "takes_optional": False}
    changed = await call(service, "coordinator", "PATCH", one, json=change, headers={"If-Match": '"1"'})
    unreachable = {"email": None}
    refused = await call(service, "coordinator", "PATCH", one, json=unreachable, headers={"If-Match": '"2"'})
    by_role = (await call(service, "coordinator", "GET", f"{path}?role=orders")).json()["items"]

    assert (added["revision"], changed.json()["revision"]) == (1, 2)
    assert refused.json()["errors"][0]["pointer"] == "/email"
    assert by_role == []
    assert receivers(database_url, code) == [("accounts", "asha@example.com", "mr", False)]


async def test_bank_details_need_two_people_and_a_batch_does_not_change_them(
    service: PartnersService, database_url: str
) -> None:
    partner = a_partner()
    await register(service, partner)
    path = f"/v1/partners/{partner['code']}/bank-details"
    yes = {"is_approved": True}

    mistyped = await call(service, "approver", "POST", path, json=ACCOUNT | {"ifsc": "HDFC1"})
    proposed = (await call(service, "approver", "POST", path, json=ACCOUNT)).json()
    approval = f"{path}/{proposed['id']}/approval"
    own = await call(service, "approver", "POST", approval, json=yes)
    made = await call(service, "admin", "POST", approval, json=yes)
    again = await call(service, "admin", "POST", approval, json=yes)
    batch = await register(service, partner)

    assert (mistyped.status_code, own.json()["code"]) == (422, "maker_is_checker")
    assert (made.json()["standing"], again.json()["code"]) == ("current", "bank_details_decided")
    assert batch["items"][0]["warnings"][-1]["pointer"] == "/bank_account"
    shown = (await call(service, "coordinator", "GET", f"/v1/partners/{partner['code']}")).json()
    assert (shown["bank_account"], shown["ifsc"]) == (ACCOUNT["account_number"], ACCOUNT["ifsc"])
    with psycopg.connect(database_url) as connection, pytest.raises(errors.CheckViolation):
        connection.execute(DECIDED_BY_THE_MAKER)


async def test_partners_that_look_alike_are_listed_with_reasons_until_somebody_decides(
    service: PartnersService,
) -> None:
    zone, city, account = uuid7().hex, uuid7().hex, uuid7().hex[-12:]
    facts = {"zone": zone, "city": city, "gstin": None, "bank_account": account}
    first = await a_known_partner(service, name="Narmada Power Systems Pvt Ltd", **facts)
    second = await a_known_partner(service, name="Narmada Power System", **facts)
    await a_known_partner(service, name="Chambal Traders", zone=zone, city=city, gstin=None)
    pair = (min(first, second), max(first, second))

    found = await pairs(service, zone)
    decision = {"first_code": second, "second_code": first, "is_duplicate": False, "note": "Father and son"}
    await call(service, "coordinator", "POST", "/v1/partner-duplicate-decisions", json=decision)

    assert found[pair] == ["alike_name_and_place", "same_bank_account"]
    assert await pairs(service, zone) == {one: why for one, why in found.items() if one != pair}
    assert list(await pairs(service, zone, "&is_decided=true")) == [pair]
    assert all("alike_name_and_place" not in why for one, why in found.items() if one != pair)


async def test_a_merged_partner_is_another_code_of_the_survivor_until_it_is_taken_back(
    service: PartnersService, database_url: str
) -> None:
    survivor, duplicate = await a_known_partner(service), await a_known_partner(service)
    await told(service, an_order(survivor), an_order(duplicate))
    draft = {"duplicate_code": duplicate, "survivor_code": survivor, "reason": "Registered twice"}

    merged = (await call(service, "approver", "POST", "/v1/partner-merges", json=draft)).json()
    again = await call(service, "approver", "POST", "/v1/partner-merges", json=draft)
    await register(service, a_partner(code=duplicate, status="active"))
    shown = (await call(service, "coordinator", "GET", f"/v1/partners/{duplicate}")).json()
    board = (await call(service, "coordinator", "GET", f"/v1/order-boards/{duplicate}")).json()
    drafts = [{"partner_code": duplicate, "kind": kind} for kind in ("order_board", "payment_sheet")]
    documents = [
        (await call(service, "coordinator", "POST", "/v1/document-renderings", json=one)).json()
        for one in drafts
    ]
    undo = f"/v1/partner-merges/{merged['id']}/reversal"
    undone = await call(service, "approver", "POST", undo, json={"reason": "Two firms after all"})
    twice = await call(service, "approver", "POST", undo, json={"reason": "Two firms after all"})
    after = (await call(service, "coordinator", "GET", f"/v1/partners/{duplicate}")).json()
    apart = (await call(service, "coordinator", "GET", f"/v1/order-boards/{survivor}")).json()

    assert again.json()["code"] == "merge_impossible"
    assert (shown["status"], shown["merged_into"]) == ("closed", survivor)
    assert (board["partner"]["code"], board["orders"]) == (survivor, 2)
    assert [one["partner_code"] for one in documents] == [survivor, survivor]
    assert (undone.status_code, twice.status_code) == (200, 409)
    assert (after["status"], after["merged_into"], apart["orders"]) == ("active", None, 1)
    assert told_about(database_url, duplicate).count("salesops.partners.partners_changed.v1") == 2


async def pairs(service: PartnersService, zone: str, query: str = "") -> dict[tuple[str, str], list[str]]:
    items = (await call(service, "coordinator", "GET", f"/v1/partner-duplicates?zone={zone}{query}")).json()[
        "items"
    ]
    return {(one["first_code"], one["second_code"]): one["reasons"] for one in items}


def receivers(database_url: str, code: str) -> list[tuple[str, str, str, bool]]:
    with psycopg.connect(database_url) as connection:
        query = (
            "SELECT role, address, language, takes_optional FROM partner_contacts"
            " WHERE partner_code = %s AND retired_at IS NULL"
        )
        return connection.execute(query, (code,)).fetchall()
