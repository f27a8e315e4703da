"""People and contacts as one: letters go to people by their roles, files to systems, and both follow merges."""

import runpy
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa
from fastapi import FastAPI

from services.partners import migrations
from services.partners.worker import queue_planned_items
from tests.factories.partners import a_registered_partner
from tests.integration.partners.conftest import PartnersService
from tests.integration.partners.schedule_desk import DUE, Desk
from tests.integration.partners.test_queue_delivery import a_wish, wished
from tests.integration.partners.test_scheduled_deliveries import partners_with_contacts, write
from tests.integration.service_callers import a_caller

ASHA = {"name": "Asha Kulkarni", "channel": "email", "address": "asha@bhima.example", "language": "mr"}
RAVI = {"name": "Ravi", "roles": ["orders"], "email": "ravi@bhima.example"}
HOST_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIGk0o3Sg4o3r7c3vQ0sXh0Yk7l8m0b1c2d3e4f5g6h7i"
SYSTEM = {
    "role": "accounts", "name": "Dealer's system", "channel": "sftp", "address": "sftp://dealer@sftp.example/in",
    "host_key": HOST_KEY,
}  # fmt: skip


CONTACTS_OF_BEFORE = """
    INSERT INTO partner_contacts (id, partner_code, role, name, channel, address, language, added_at, added_by)
    SELECT gen_random_uuid(), :code, role, 'Meera Joshi', 'email', lower(:code) || '@dealer.example', 'en', now(), 'test'
    FROM unnest(ARRAY['dispatch', 'systems']) AS r (role)
"""


async def call(
    service: PartnersService, method: str, path: str, role: str = "coordinator", **sent: Any
) -> Any:
    async with service[0](a_caller(role)) as client:
        reply: httpx.Response = await client.request(method, f"/v1/partners/{path}", **sent)
    return reply


async def listed(service: PartnersService, path: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await call(service, "GET", path)).json()["items"]
    return items


async def test_a_contact_by_letter_is_a_person_s_and_goes_with_the_role(service: PartnersService) -> None:
    code = (await a_registered_partner(service)).code
    contacts = f"{code}/contacts"

    first = (await call(service, "POST", contacts, json=ASHA | {"role": "accounts"})).json()
    second = (
        await call(service, "POST", contacts, json=ASHA | {"role": "orders", "name": "ASHA KULKARNI"})
    ).json()
    again = await call(service, "POST", contacts, json=ASHA | {"role": "orders"})
    system = (await call(service, "POST", contacts, json=SYSTEM)).json()
    (asha,) = await listed(service, f"{code}/people")
    active = await listed(service, f"{contacts}?is_retired=false")
    await call(service, "POST", f"{contacts}/{first['id']}/retirement")
    (after_one,) = await listed(service, f"{code}/people")
    retired = await call(service, "POST", f"{contacts}/{second['id']}/retirement")

    assert first["person_id"] == second["person_id"] == asha["id"]
    assert (asha["roles"], asha["language"], asha["revision"]) == (["accounts", "orders"], "mr", 2)
    assert again.json()["code"] == "contact_taken"
    assert system["person_id"] is None
    assert {one["id"] for one in active} == {first["id"], second["id"], system["id"]}
    assert (after_one["roles"], after_one["revision"]) == (["orders"], 3)
    assert retired.json()["retired_at"] is not None
    assert await listed(service, f"{code}/people") == []
    assert [one["id"] for one in await listed(service, f"{contacts}?is_retired=false")] == [system["id"]]


async def test_who_leaves_gets_nothing_any_more_and_the_systems_stay(service: PartnersService) -> None:
    code = (await a_registered_partner(service)).code
    draft = {"name": "Asha", "roles": ["accounts", "orders"], "email": "asha@bhima.example"}
    asha = (await call(service, "POST", f"{code}/people", json=draft)).json()
    system = (await call(service, "POST", f"{code}/contacts", json=SYSTEM)).json()
    before = await listed(service, f"{code}/contacts?is_retired=false")
    kept = await call(
        service,
        "PATCH",
        f"{code}/people/{asha['id']}",
        json={"roles": ["accounts"]},
        headers={"If-Match": '"1"'},
    )
    narrowed = await listed(service, f"{code}/contacts?is_retired=false")

    left = await call(
        service,
        "PATCH",
        f"{code}/people/{asha['id']}",
        json={"is_active": False},
        headers={"If-Match": '"2"'},
    )

    assert (kept.status_code, left.json()["is_active"], len(before)) == (200, False, 3)
    assert {one["id"] for one in narrowed} < {one["id"] for one in before}  # what stays is not added anew
    assert [one["id"] for one in await listed(service, f"{code}/contacts?is_retired=false")] == [system["id"]]


async def test_contacts_from_before_become_people_s_and_their_ids_stay(desk: Desk) -> None:
    (code,) = await partners_with_contacts(desk, 1)
    await write(desk, CONTACTS_OF_BEFORE, code=code)
    (moved,) = (Path(migrations.__path__[0]) / "versions").glob("*_contacts_of_people.py")
    statements = runpy.run_path(str(moved))
    before = await listed(desk.service, f"{code}/contacts")

    async with desk.database.engine.begin() as connection:
        for name in ("MARKED", "ADDED", "TOLD"):
            await connection.execute(sa.text(statements[name]))

    after = await listed(desk.service, f"{code}/contacts")
    people = await listed(desk.service, f"{code}/people")
    assert [one["id"] for one in after] == [one["id"] for one in before]
    assert {(one["role"], one["person_id"] is None) for one in after} == {
        ("accounts", False), ("dispatch", False), ("systems", True),
    }  # fmt: skip
    assert [(one["name"], one["roles"], one["revision"]) for one in people] == [
        ("Meera Joshi", ["accounts", "dispatch"], 1)
    ]


async def merged(service: PartnersService, duplicate: str, survivor: str) -> None:
    draft = {"duplicate_code": duplicate, "survivor_code": survivor, "reason": "Registered twice"}
    async with service[0](a_caller("approver")) as client:
        reply = await client.post("/v1/partner-merges", json=draft)
    assert reply.status_code == 201, reply.text


async def test_documents_of_the_survivor_reach_people_of_the_merged_code_once(
    service: PartnersService, app: FastAPI
) -> None:
    survivor, duplicate = await a_registered_partner(service), await a_registered_partner(service)
    for code, address in (
        (survivor.code, "both@bhima.example"), (duplicate.code, "both@bhima.example"), (duplicate.code, "old@bhima.example"),
    ):  # fmt: skip
        await call(service, "POST", f"{code}/contacts", json=ASHA | {"role": "accounts", "address": address})
    await merged(service, duplicate.code, survivor.code)

    people = await listed(service, f"{survivor.code}/people")
    old = next(one for one in people if one["email"] == "old@bhima.example")
    path, seen = f"{survivor.code}/people/{old['id']}", {"If-Match": f'"{old["revision"]}"'}
    changed = await call(service, "PATCH", path, json={"language": "en"}, headers=seen)
    await wished(app, a_wish(survivor.code, roles=("accounts",), recipients=()))

    async with service[0](a_caller()) as client:
        queued = (await client.get(f"/v1/deliveries?partner_code={survivor.code}")).json()["items"]
    assert sorted(one["address"] for one in queued) == ["both@bhima.example", "old@bhima.example"]
    assert [one["partner_code"] for one in people] == [survivor.code, duplicate.code, duplicate.code]
    assert (changed.json()["partner_code"], changed.json()["language"]) == (duplicate.code, "en")
    assert len(await listed(service, f"{duplicate.code}/people")) == 2


async def test_contacts_of_a_merged_code_are_listed_and_retired_under_the_survivor(
    service: PartnersService,
) -> None:
    survivor, duplicate = await a_registered_partner(service), await a_registered_partner(service)
    for code, address in ((survivor.code, "own@bhima.example"), (duplicate.code, "old@bhima.example")):
        await call(service, "POST", f"{code}/contacts", json=ASHA | {"role": "accounts", "address": address})
    apart = await listed(service, f"{survivor.code}/contacts")
    await merged(service, duplicate.code, survivor.code)

    together = await listed(service, f"{survivor.code}/contacts")
    old = next(one for one in together if one["address"] == "old@bhima.example")
    retired = await call(service, "POST", f"{survivor.code}/contacts/{old['id']}/retirement")
    strange = await call(service, "POST", f"{duplicate.code}/contacts/{apart[0]['id']}/retirement")

    assert [one["partner_code"] for one in together] == [survivor.code, duplicate.code]
    assert len(apart) == 1
    assert (retired.status_code, retired.json()["retired_at"] is not None) == (200, True)
    assert strange.status_code == 404
    left = await listed(service, f"{survivor.code}/contacts?is_retired=false")
    assert [one["id"] for one in left] == [apart[0]["id"]]
    assert [one["id"] for one in await listed(service, f"{duplicate.code}/contacts")] == [old["id"]]
    (still,) = await listed(service, f"{survivor.code}/people")
    assert still["email"] == "own@bhima.example"


async def test_two_people_who_share_an_address_stay_two_and_one_leaves_without_the_other(
    service: PartnersService, app: FastAPI
) -> None:
    code = (await a_registered_partner(service)).code
    ravi = {"name": "Ravi Shinde", "roles": ["accounts"], "email": ASHA["address"]}

    asha = (await call(service, "POST", f"{code}/contacts", json=ASHA | {"role": "accounts"})).json()
    await call(service, "POST", f"{code}/people", json=ravi)
    again = await call(service, "POST", f"{code}/contacts", json=ASHA | {"role": "accounts"})
    people = await listed(service, f"{code}/people?role=accounts")
    both = await listed(service, f"{code}/contacts?is_retired=false")
    await wished(app, a_wish(code, key=f"both/{code}", roles=("accounts",), recipients=()))
    await call(service, "POST", f"{code}/contacts/{asha['id']}/retirement")
    await wished(app, a_wish(code, key=f"one/{code}", roles=("accounts",), recipients=()))

    async with service[0](a_caller()) as client:
        queued = (await client.get(f"/v1/deliveries?partner_code={code}")).json()["items"]
    assert [one["name"] for one in people] == ["Asha Kulkarni", "Ravi Shinde"]
    assert [one["name"] for one in both] == ["Asha Kulkarni", "Ravi Shinde"]
    assert again.json()["code"] == "contact_taken"
    assert [one["address"] for one in queued] == [ASHA["address"]] * 2
    assert queued[0]["name"] == "Ravi Shinde"


async def test_who_lost_a_contact_to_somebody_of_the_same_address_has_it_again(desk: Desk) -> None:
    (code,) = await partners_with_contacts(desk, 1)
    await call(desk.service, "POST", f"{code}/people", json=RAVI)
    await write(desk, "DELETE FROM partner_contacts WHERE partner_code = :code AND name = 'Ravi'", code=code)
    (moved,) = (Path(migrations.__path__[0]) / "versions").glob("*_people_of_one_address.py")

    for _ in range(2):
        await write(desk, runpy.run_path(str(moved))["LACKING"])

    lacked = [one for one in await listed(desk.service, f"{code}/contacts") if one["name"] == "Ravi"]
    assert [(one["role"], one["address"]) for one in lacked] == [("orders", "ravi@bhima.example")]


async def scores(desk: Desk) -> list[dict[str, Any]]:
    async with desk.service[0](a_caller("zonal_sales", zones=(desk.zone,))) as client:
        reply = await client.get("/v1/delivery-scores?from=2026-11-26&to=2026-11-26")
    items: list[dict[str, Any]] = reply.json()["items"]
    return items


async def test_scores_follow_merges_and_forget_addresses_that_were_retired(desk: Desk) -> None:
    survivor, duplicate = await partners_with_contacts(desk, 2)
    schedule_id = await desk.schedule()
    await desk.fire(schedule_id)
    await queue_planned_items(desk.database, DUE)
    move = "UPDATE deliveries SET state = :state, sent_at = :at WHERE partner_code = :code"
    await write(desk, move, code=survivor, state="sent", at=DUE + timedelta(minutes=5))
    await write(desk, move, code=duplicate, state="bounced", at=DUE + timedelta(hours=2))
    address = f"{duplicate.lower()}@dealer.example"

    apart = {one["name"]: one["on_time_share"] for one in await scores(desk)}
    await merged(desk.service, duplicate, survivor)
    (together,) = await scores(desk)
    (contact,) = await listed(desk.service, f"{duplicate}/contacts")
    await call(desk.service, "POST", f"{duplicate}/contacts/{contact['id']}/retirement")
    (mended,) = await scores(desk)

    assert apart == {survivor: "1.0000", duplicate: "0.0000"}
    assert {name: together[name] for name in ("name", "scheduled", "on_time", "failing_addresses")} == {
        "name": survivor, "scheduled": 2, "on_time": 1, "failing_addresses": [f"email:{address}"],
    }  # fmt: skip
    assert (mended["scheduled"], mended["failing_addresses"]) == (2, [])
