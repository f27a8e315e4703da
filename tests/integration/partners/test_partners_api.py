"""Registering, changing, listing and showing partners through the API, on a real database."""

from typing import Any

import psycopg
import pytest
from uuid_utils.compat import uuid7

from tests.integration.partners.conftest import PartnersService
from tests.integration.service_callers import a_caller

Reply = dict[str, Any]


def a_code() -> str:
    return f"CP-{uuid7().hex[-12:]}"


def a_partner(**facts: object) -> dict[str, object]:
    partner = {
        "code": a_code(),
        "name": "Godavari Energy Enterprises",
        "city": "Bengaluru",
        "zone": "South",
        "gstin": "29AJUFG4984A1ZE",
        "ifsc": "ICIC0419849",
        "bank_account": "749165300829",
    }
    return {**partner, **facts}


async def register(service: PartnersService, *partners: dict[str, object], key: str | None = None) -> Reply:
    acting_as, _ = service
    headers = {} if key is None else {"Idempotency-Key": key}
    async with acting_as(a_caller()) as client:
        reply = await client.post("/v1/partners/batch", json=list(partners), headers=headers)
    assert reply.status_code == 200, reply.text
    body: Reply = reply.json()
    return body


async def test_new_partner_is_accepted_and_shown_with_the_pan_of_its_gstin(service: PartnersService) -> None:
    partner = a_partner()

    reply = await register(service, partner)

    assert (reply["accepted"], reply["items"][0]["status"]) == (1, "accepted")
    assert {one["pointer"] for one in reply["items"][0]["warnings"]} <= {"/name"}  # others have its account
    async with service[0](a_caller()) as client:
        shown = (await client.get(f"/v1/partners/{partner['code']}")).json()
    assert shown.items() >= {**partner, "pan": "AJUFG4984A", "version": 1, "status": "active"}.items()


async def test_legal_name_and_address_are_kept_and_a_doubtful_state_is_a_warning(
    service: PartnersService,
) -> None:
    partner = a_partner(
        legal_name="गोदावरी एनर्जी एंटरप्रायझेस",
        address="7 Residency  Road",
        pin_code="560 025",
        state_code="27",
    )

    reply = await register(service, partner)

    assert reply["items"][0]["warnings"][0]["pointer"] == "/state_code"
    async with service[0](a_caller()) as client:
        shown = (await client.get(f"/v1/partners/{partner['code']}")).json()
    assert (shown["legal_name"], shown["address"], shown["pin_code"]) == (
        "गोदावरी एनर्जी एंटरप्रायझेस",
        "7 Residency Road",
        "560025",
    )


async def test_same_partner_again_is_a_duplicate_and_tells_nobody(
    service: PartnersService, database_url: str
) -> None:
    partner = a_partner()
    first = await register(service, partner)

    again = await register(service, partner)

    assert again["items"][0]["status"] == "duplicate"
    assert again["items"][0]["id"] == first["items"][0]["id"]
    assert told_about(database_url, partner["code"]) == ["salesops.partners.partners_registered.v1"]


async def test_known_partner_with_other_details_is_changed_and_keeps_its_history(
    service: PartnersService, database_url: str
) -> None:
    partner = a_partner()
    await register(service, partner)

    reply = await register(service, {**partner, "zone": "West"})

    assert reply["items"][0]["status"] == "accepted"
    assert history(database_url, partner["code"]) == [(1, "South"), (2, "West")]
    assert told_about(database_url, partner["code"]) == [
        "salesops.partners.partners_registered.v1",
        "salesops.partners.partners_changed.v1",
    ]


async def test_two_tellings_of_one_partner_in_a_batch_follow_each_other(
    service: PartnersService, database_url: str
) -> None:
    partner = a_partner()

    reply = await register(service, partner, {**partner, "zone": "West"}, {**partner, "zone": "West"})

    assert [item["status"] for item in reply["items"]] == ["accepted", "accepted", "duplicate"]
    assert history(database_url, partner["code"]) == [(1, "South"), (2, "West")]


async def test_bad_items_are_refused_with_their_field_and_never_stop_the_others(
    service: PartnersService,
) -> None:
    good = a_partner()

    reply = await register(service, a_partner(zone=" "), {"code": "CP1"}, a_partner(code="a b"), good)

    assert [item["status"] for item in reply["items"]] == ["refused", "refused", "refused", "accepted"]
    pointers = [[error["pointer"] for error in item["problem"]["errors"]] for item in reply["items"][:3]]
    assert pointers == [["/zone"], ["/name", "/zone"], ["/code"]]


async def test_mistyped_gstin_and_ifsc_are_kept_with_a_warning(service: PartnersService) -> None:
    reply = await register(service, a_partner(gstin="29AJUFG4984A1ZX", ifsc="ICIC1419849"))

    assert reply["items"][0]["status"] == "accepted"
    warned = [warning["pointer"] for warning in reply["items"][0]["warnings"]]
    assert warned[:2] == ["/gstin", "/ifsc"]
    assert set(warned[2:]) <= {"/name"}  # others of this file have its account


async def test_csv_with_more_columns_and_empty_cells_is_read(service: PartnersService) -> None:
    code = a_code()
    csv = f"code,name,city,zone,gstin,ifsc,bank_account,salesman\n{code},Om Sai,,West,,,,Ravi\n"

    async with service[0](a_caller()) as client:
        reply = await client.post("/v1/partners/batch", content=csv, headers={"Content-Type": "text/csv"})
        shown = (await client.get(f"/v1/partners/{code}")).json()

    assert reply.json()["accepted"] == 1
    assert (shown["city"], shown["gstin"], shown["zone"]) == (None, None, "West")


async def test_batch_sent_twice_with_one_key_is_done_once_and_answered_the_same(
    service: PartnersService,
) -> None:
    partner, key = a_partner(), uuid7().hex

    first = await register(service, partner, key=key)
    second = await register(service, partner, key=key)

    assert first == second
    assert first["accepted"] == 1


async def test_atomic_batch_with_a_refused_item_keeps_nothing(service: PartnersService) -> None:
    good = a_partner()

    async with service[0](a_caller()) as client:
        reply = await client.post("/v1/partners/batch?atomic=true", json=[good, {"code": "CP1"}])
        shown = await client.get(f"/v1/partners/{good['code']}")

    assert (reply.status_code, reply.json()["code"]) == (409, "batch_refused")
    assert shown.status_code == 404


async def test_list_is_paged_in_the_order_of_codes_and_filtered_by_zone_and_name(
    service: PartnersService,
) -> None:
    zone = uuid7().hex
    names = ["Alpha One", "alpha two", "Beta", "Alpha Trident"]
    partners = [a_partner(zone=zone, name=name) for name in names]
    await register(service, *partners)

    async with service[0](a_caller()) as client:
        first = (await client.get("/v1/partners", params={"zone": zone, "q": "ALPHA", "limit": 2})).json()
        query = {"zone": zone, "q": "ALPHA", "limit": 2, "cursor": first["next_cursor"]}
        second = (await client.get("/v1/partners", params=query)).json()
        exact = (await client.get("/v1/partners", params={"zone": zone, "q": "trid AL"})).json()

    codes = sorted(str(partner["code"]) for partner in partners if partner["name"] != "Beta")
    assert [item["code"] for item in first["items"] + second["items"]] == codes
    assert second["next_cursor"] is None
    assert [item["name"] for item in exact["items"]] == ["Alpha Trident"]


async def test_cursor_of_another_list_is_refused(service: PartnersService) -> None:
    zone = uuid7().hex
    await register(service, a_partner(zone=zone), a_partner(zone=zone))

    async with service[0](a_caller()) as client:
        page = (await client.get("/v1/partners", params={"zone": zone, "limit": 1})).json()
        reply = await client.get("/v1/partners", params={"limit": 1, "cursor": page["next_cursor"]})

    assert (reply.status_code, reply.json()["code"]) == (422, "cursor_invalid")


async def test_zonal_sales_sees_partners_of_its_zones_only(service: PartnersService) -> None:
    own_zone, other_zone = uuid7().hex, uuid7().hex
    own, other = a_partner(zone=own_zone), a_partner(zone=other_zone)
    await register(service, own, other)

    async with service[0](a_caller("zonal_sales", zones=(own_zone,))) as client:
        listed = (await client.get("/v1/partners")).json()["items"]
        hidden = await client.get(f"/v1/partners/{other['code']}")

    assert [item["code"] for item in listed] == [own["code"]]
    assert hidden.status_code == 404


async def test_unchanged_partner_is_answered_without_a_body(service: PartnersService) -> None:
    partner = a_partner()
    await register(service, partner)

    async with service[0](a_caller()) as client:
        path = f"/v1/partners/{partner['code']}"
        etag = (await client.get(path)).headers["ETag"]
        unchanged = await client.get(path, headers={"If-None-Match": etag})
        await register(service, {**partner, "city": "Mysuru"})
        changed = await client.get(path, headers={"If-None-Match": etag})

    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert (changed.status_code, changed.json()["city"]) == (200, "Mysuru")


def history(database_url: str, code: object) -> list[tuple[int, str]]:
    with psycopg.connect(database_url) as connection:
        query = "SELECT version, zone FROM partner_versions WHERE code = %s ORDER BY version"
        return connection.execute(query, (code,)).fetchall()


def told_about(database_url: str, code: object) -> list[str]:
    with psycopg.connect(database_url) as connection:
        query = "SELECT type FROM outbox WHERE convert_from(body, 'UTF8') LIKE %s ORDER BY position"
        return [row[0] for row in connection.execute(query, (f'%"{code}"%',))]


async def test_signs_without_a_word_are_looked_for_and_not_left_out(service: PartnersService) -> None:
    async with service[0](a_caller()) as client:
        await client.post("/v1/partners/batch", json=[a_partner()])
        found = (await client.get("/v1/partners", params={"q": "%"})).json()

    assert found["items"] == []


@pytest.mark.parametrize("path", ["/v1/partners/%00", "/v1/partners?q=a%00", "/v1/payment-sheets/CP%00"])
async def test_null_character_in_the_address_is_malformed(service: PartnersService, path: str) -> None:
    async with service[0](a_caller()) as client:
        reply = await client.get(path)

    assert (reply.status_code, reply.json()["code"]) == (400, "malformed")


async def test_items_that_are_no_objects_or_hold_control_characters_are_refused_singly(
    service: PartnersService,
) -> None:
    async with service[0](a_caller()) as client:
        items: list[object] = [
            5,
            None,
            [],
            "x",
            a_partner(code="a\0"),
            a_partner(name="a\0b"),
            a_partner(zone=7),
            a_partner(),
        ]
        reply = (await client.post("/v1/partners/batch", json=items)).json()

    assert [item["status"] for item in reply["items"]] == ["refused"] * 7 + ["accepted"]
