"""Opportunities of the CRM and research about them: opened once, seen by whose it is, told before it is late."""

import asyncio
import json
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from services.research.application.watch_assignments import watch_assignments
from shared.database import Database, UnitOfWork
from shared.events.crm import OpportunityChangedV1
from shared.events.envelope import Envelope, envelope_of
from shared.events.partners import PartnersRegisteredV1, PartnerState, PartnerStatus
from shared.identity import Caller
from tests.integration.research.conftest import ResearchService
from tests.integration.service_callers import a_caller

OPPORTUNITIES, ASSIGNMENTS = "/v1/opportunities", "/v1/research-assignments"
STAMP = datetime(2026, 11, 25, 6, tzinfo=UTC)
ANALYST = a_caller("analyst")


@pytest.fixture
def record() -> str:
    """An opportunity of this test alone."""
    return f"006{uuid7().hex[-15:]}"


def told(record: str, version: int = 1, **changes: object) -> Envelope[Any]:
    facts: dict[str, object] = {
        "record_id": record,
        "organization_id": "00D5g00000ABCDE",
        "system_modstamp": STAMP + timedelta(minutes=version),
        "name": "Gensets for a sugar mill",
        "stage": "Prospecting",
        "currency": "INR",
        "amount_minor": 45_000_000,
        "zone": f"zone of {record}",
    }
    event = OpportunityChangedV1(**{**facts, **changes})  # type: ignore[arg-type] # the changes are the caller's
    return envelope_of(event, subject=record, partition_key=record, sequence=version)


async def call(
    service: ResearchService,
    method: str,
    path: str,
    body: object = None,
    caller: Caller = ANALYST,
    **headers: str,
) -> httpx.Response:
    async with service[0](caller) as client:
        named = {name.replace("_", "-"): text for name, text in headers.items()}
        return await client.request(method, path, json=body, headers=named)


async def found(
    service: ResearchService, path: str, caller: Caller = ANALYST, **filters: str
) -> list[dict[str, Any]]:
    async with service[0](caller) as client:
        reply = await client.get(path, params=filters)
    assert reply.status_code == 200, reply.text
    items: list[dict[str, Any]] = reply.json()["items"]
    return items


async def the_opportunity(service: ResearchService, record: str) -> dict[str, Any]:
    (one,) = await found(service, OPPORTUNITIES, zone=f"zone of {record}")
    return one


async def events(database_url: str, kind: str, key: str) -> list[dict[str, Any]]:
    database = Database(database_url, application_name="test")
    query = sa.text("SELECT body FROM outbox WHERE type = :type AND partition_key = :key ORDER BY position")
    async with database.reading() as connection:
        values = {"type": f"salesops.research.assignment_{kind}.v1", "key": key}
        rows = (await connection.execute(query, values)).scalars().all()
    await database.close()
    return [json.loads(body)["data"] for body in rows]


def asked(**changes: object) -> dict[str, object]:
    draft = {
        "subject": "Dealers in Kolhapur",
        "questions": ["Who are they?"],
        "due_on": "2099-01-31",
        "zone": "west",
    }
    return {name: value for name, value in {**draft, **changes}.items() if value is not None}


async def opened(service: ResearchService, **changes: object) -> dict[str, Any]:
    reply = await call(service, "POST", ASSIGNMENTS, asked(**changes))
    assert reply.status_code == 201, reply.text
    body: dict[str, Any] = reply.json()
    return body


async def test_tellings_in_any_order_end_in_the_latest_state_and_all_are_kept(
    service: ResearchService, record: str
) -> None:
    tellings = [told(record, version, stage=f"Stage {version}") for version in range(1, 8)]
    shuffled = Random(3).sample([*tellings, *tellings], 14)

    await service[1](shuffled[:5])
    await service[1](shuffled[5:])

    opportunity = await the_opportunity(service, record)
    assert (opportunity["stage"], opportunity["amount"]) == (
        "Stage 7",
        {"amount": "450000.00", "currency": "INR"},
    )
    shown = (await call(service, "GET", f"{OPPORTUNITIES}/{opportunity['id']}")).json()
    assert [one["facts"]["stage"] for one in shown["versions"]] == [f"Stage {n}" for n in range(7, 0, -1)]
    assert await found(service, ASSIGNMENTS, opportunity_id=opportunity["id"]) == []


async def test_an_opportunity_that_asks_for_research_opens_one_assignment_whatever_comes_later(
    service: ResearchService, database_url: str, record: str
) -> None:
    wish = {
        "research_requested": True,
        "research_due_on": date(2099, 1, 31),
        "research_questions": "- Who supplies them today?\n- At what price?",
    }
    won = told(record, 3, is_won=True, research_requested=True)
    await asyncio.gather(*(service[1]([one]) for one in (won, told(record, 1), told(record, 2, **wish))))
    await service[1]([told(record, 4), told(record, 5, **wish)])

    opportunity = await the_opportunity(service, record)
    (assignment,) = await found(service, ASSIGNMENTS, opportunity_id=opportunity["id"])
    shown = (await call(service, "GET", f"{ASSIGNMENTS}/{assignment['id']}")).json()
    assert (shown["origin"], shown["subject"], shown["due_at"]) == (
        "crm",
        "Gensets for a sugar mill",
        "2099-01-31T18:30:00Z",
    )
    assert [one["question"] for one in shown["questions"]] == ["Who supplies them today?", "At what price?"]
    (event,) = await events(database_url, "opened", assignment["id"])
    assert (event["opportunity_record_id"], event["zone"]) == (record, f"zone of {record}")


async def test_people_of_a_zone_see_theirs_and_ask_for_theirs(service: ResearchService, record: str) -> None:
    code = f"CP-{record[-9:]}"
    partner = PartnerState(
        code=code, name="Om Sai", city=None, zone=f"home of {record}", gstin=None, ifsc=None, bank_account=None,
        status=PartnerStatus.ACTIVE, version=1,
    )  # fmt: skip
    registered = PartnersRegisteredV1(partners=(partner,))
    await service[1]([told(record, zone=None, partner_code=code, research_requested=True)])
    await service[1]([envelope_of(registered, subject=code, partition_key=code)])
    own, other = (a_caller("zonal_sales", zones=(zone,)) for zone in (f"home of {record}", "elsewhere"))

    (opportunity,) = await found(service, OPPORTUNITIES, own)
    (assignment,) = await found(service, ASSIGNMENTS, own)

    assert (opportunity["partner_name"], assignment["zone"]) == ("Om Sai", f"home of {record}")
    assert await found(service, OPPORTUNITIES, other, partner_code=code) == []
    for path in (f"{OPPORTUNITIES}/{opportunity['id']}", f"{ASSIGNMENTS}/{assignment['id']}"):
        assert (await call(service, "GET", path, caller=other)).status_code == 404
    about = {"opportunity_id": opportunity["id"], "subject": None, "zone": None}
    replies = [
        (await call(service, "POST", ASSIGNMENTS, asked(**changes), caller)).status_code
        for caller, changes in ((own, about), (other, about), (own, {"zone": "west"}), (own, {"zone": None}))
    ]
    assert replies == [201, 404, 422, 422]
    assert (
        await call(service, "POST", ASSIGNMENTS, asked(opportunity_id=opportunity["id"]))
    ).status_code == 422


async def test_an_assignment_is_worked_on_and_delivered_with_its_history(
    service: ResearchService, database_url: str
) -> None:
    path = f"{ASSIGNMENTS}/{(await opened(service))['id']}"

    steps = [
        {"state": "in_progress", "assignee": "u-asha", "note": "Mine"},
        {"questions": ["Since when?"], "due_on": "2099-02-28"},
        {"state": "in_progress"},
        {"state": "delivered", "note": "Three dealers, one of them new"},
    ]
    for revision, step in enumerate((steps[0], steps[1], steps[2], steps[3]), 1):
        reply = await call(service, "PATCH", path, step, If_Match=f'"{min(revision, 3)}"')
        assert reply.status_code == 200, reply.text

    shown = (await call(service, "GET", path)).json()
    assert [(one["field"], one["before"], one["after"]) for one in shown["changes"]] == [
        ("state", "open", "in_progress"),
        ("assignee", "desk", "u-asha"),
        ("due_on", "2099-01-31", "2099-02-28"),
        ("questions", None, "Since when?"),
        ("state", "in_progress", "delivered"),
    ]
    assert [one["question"] for one in shown["questions"]] == ["Who are they?", "Since when?"]
    assert (shown["state"], shown["revision"], shown["is_overdue"]) == ("delivered", 4, False)
    (event,) = await events(database_url, "delivered", shown["id"])
    assert event["is_on_time"]
    late = await call(service, "PATCH", path, {"assignee": "u-ravi"}, If_Match='"4"')
    assert (late.status_code, late.json()["code"]) == (409, "assignment_state")


async def test_a_change_needs_what_it_was_decided_on_and_a_step_that_leads_on(
    service: ResearchService,
) -> None:
    path = f"{ASSIGNMENTS}/{(await opened(service))['id']}"

    codes = [
        (await call(service, "PATCH", path, {"assignee": "u-asha"})).status_code,
        (await call(service, "PATCH", path, {"assignee": "u-asha"}, If_Match='"7"')).status_code,
        (await call(service, "PATCH", path, {"state": "delivered", "note": "x"}, If_Match='"1"')).status_code,
        (await call(service, "PATCH", path, {"state": "cancelled"}, If_Match='"1"')).status_code,
    ]

    assert codes == [428, 412, 409, 409]


async def test_what_is_due_soon_or_overdue_is_told_once_until_its_day_moves(
    service: ResearchService, database_url: str
) -> None:
    assignment = await opened(service, due_on="2098-06-30")
    due_at = datetime(2098, 6, 30, 18, 30, tzinfo=UTC)
    database = Database(database_url, application_name="test")

    async def watched(at: datetime) -> None:
        async with UnitOfWork(database) as work:
            await watch_assignments(work, at)
            await work.commit()

    for at in (due_at - timedelta(hours=25), due_at - timedelta(hours=23), due_at - timedelta(hours=1)):
        await watched(at)
    assert len(await events(database_url, "due_soon", assignment["id"])) == 1
    assert await events(database_url, "overdue", assignment["id"]) == []
    await watched(due_at)
    await watched(due_at + timedelta(days=1))
    path = f"{ASSIGNMENTS}/{assignment['id']}"
    assert (await call(service, "PATCH", path, {"due_on": "2098-07-31"}, If_Match='"1"')).status_code == 200
    await watched(due_at + timedelta(days=31))
    await database.close()

    assert len(await events(database_url, "overdue", assignment["id"])) == 2


async def test_the_lists_have_pages_and_files(service: ResearchService) -> None:
    assignee = uuid7().hex
    ids = [(await opened(service, assignee=assignee, due_on=f"2097-01-0{day}"))["id"] for day in (3, 1, 2)]

    async with service[0](ANALYST) as client:
        first = (await client.get(ASSIGNMENTS, params={"assignee": assignee, "limit": 2})).json()
        query = {"assignee": assignee, "limit": 2, "cursor": first["next_cursor"]}
        second = (await client.get(ASSIGNMENTS, params=query)).json()
        file = await client.get(ASSIGNMENTS, params={"assignee": assignee, "format": "csv"})

    assert [one["id"] for one in first["items"] + second["items"]] == [ids[1], ids[2], ids[0]]
    assert file.text.count("\n") == 4
    assert await found(service, ASSIGNMENTS, assignee=assignee, is_overdue="true") == []
