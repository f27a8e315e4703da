"""Names of partners, accounts and datasets become one company; what people decide stays decided."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from uuid_utils.compat import uuid7

from services.research.adapters.unit_of_work import UnitOfWork
from services.research.application.hear_datasets import hear_datasets
from services.research.application.load_dataset import LoadParts
from services.research.application.resolve_entities import ask_resolution, resolve_entities
from shared.events.crm import AccountChangedV1
from shared.events.envelope import Envelope, Event, envelope_of
from shared.events.research import DatasetLoadedV1
from tests.integration.research.conftest import ResearchService
from tests.integration.research.dataset_desk import DatasetDesk, Told
from tests.integration.research.test_entities import a_state, registered
from tests.integration.service_callers import a_caller

ZONE = "Companies"
ZONAL = a_caller("zonal_sales", zones=(ZONE,))


@dataclass(frozen=True)
class World:
    """Companies of one test: they share no word, street, place or number with those of another."""

    word: str
    number: int

    @property
    def census(self) -> str:
        haulage = f"{self.number} {self.word} Rd,{self.word}town,TX,{self.number},956{self.number:07}"
        storage = f"9 Elm{self.word},{self.word}ville,OH,{self.number + 7},419{self.number:07}"
        return (
            "DOT_NUMBER,LEGAL_NAME,PHY_STREET,PHY_CITY,PHY_STATE,PHY_ZIP,TELEPHONE\n"
            f"701,{self.word} HAULAGE LLC,{haulage}\n"
            f"702,{self.word} Cold Storage Inc,{storage}\n"
            f"703,{self.word} HAULAGE INC,{haulage}\n"
        )


def an_account(world: World, name: str, *, partner_code: str | None = None) -> Envelope[Event]:
    account = AccountChangedV1(
        record_id=f"001{uuid7().hex[-15:]}",
        organization_id="00D000000000001",
        system_modstamp=datetime(2026, 11, 26, tzinfo=UTC),
        told=("name",),
        partner_code=partner_code,
        name=name,
        zone=ZONE,
        address=f"{world.number} {world.word} Road",
        city=f"{world.word}town",
        state_code="TX",
        pin_code=str(world.number),
    )
    return envelope_of(account, subject="account", partition_key="account")


class Desk(DatasetDesk):
    """Somebody who has names resolved and decides what is left."""

    async def resolved(self, scope: str = "changed") -> dict[str, Any]:
        async with UnitOfWork(self.parts.database) as work:
            resolution_id = await ask_resolution(work, scope, "test", at=datetime.now(UTC))
            await work.commit()
        await resolve_entities(self.parts, resolution_id, Told())
        shown: dict[str, Any] = await self.read(f"/entity-resolutions/{resolution_id}")
        return shown

    async def companies(self, words: str, caller: Any = None) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (await self.read("/companies", caller, q=words))["items"]
        return found

    async def decide(self, one: str, others: list[str], verdict: str) -> dict[str, Any]:
        draft = {"entity_id": one, "other_entity_ids": others, "verdict": verdict, "note": "seen"}
        reply = await self.call("POST", "/entity-decisions", json=draft)
        return {"status": reply.status_code, **reply.json()}


@pytest.fixture
def desk(service: ResearchService, load_parts: LoadParts) -> Desk:
    return Desk(service, load_parts)


async def a_world(desk: Desk) -> tuple[World, str]:
    """A partner, its account, an account of the same name, and a census that has it too; the word is in all names."""
    world = World(f"q{uuid7().hex[-10:]}", random.randint(100_000, 900_000))
    word, code = world.word, f"CP-{world.word}"
    await desk.service[1]([registered(a_state(f"{word} Haulage", zone=ZONE, code=code))])
    accounts = [
        an_account(world, f"{word} Haulage L.L.C."),
        an_account(world, f"{word} Logistics", partner_code=code),
    ]
    await desk.service[1](accounts)
    dataset = await desk.a_dataset(profile="carriers")
    await desk.loaded(dataset, world.census)
    assert (await desk.call("POST", "/entity-sources", json={"dataset": dataset})).status_code == 201
    return world, dataset


async def test_names_of_all_sources_become_companies_with_reasons_and_people_have_the_last_word(
    desk: Desk,
) -> None:
    world, dataset = await a_world(desk)
    word = world.word

    run = await desk.resolved()

    assert (run["state"], run["scope"]) == ("succeeded", "changed")
    [haulage] = [
        one
        for one in await desk.companies(word)
        if "dataset" in "".join(one["sources"]) and one["entities"] > 1
    ]
    shown = await desk.read(f"/companies/{haulage['id']}")
    assert {"accounts", f"dataset:{dataset}"} <= {one["source"] for one in shown["entities"]}
    says = {reason["says"] for link in shown["links"] for reason in link["reasons"]}
    assert {"same place", "same postal code"} <= says
    named = {one["source_key"] for one in shown["entities"]}
    assert not {"dot:701", "dot:703"} <= named  # a census has each company once
    waiting = [
        one
        for one in (await desk.read("/entity-matches", limit="200"))["items"]
        if word in one["left"]["name"].lower()
    ]
    held = {
        one["right"]["source_key"] if one["right"]["source"] != "accounts" else one["left"]["source_key"]
        for one in waiting
    }
    assert held & {"dot:701", "dot:703"}
    assert all(one["reasons"] and (one["held_by"] or one["band"] == "review") for one in waiting)


async def test_a_split_and_a_merge_outlive_every_resolution(desk: Desk) -> None:
    world, dataset = await a_world(desk)
    word = world.word
    await desk.resolved()
    [company] = [
        one
        for one in await desk.companies(f"{word} haulage")
        if one["entities"] > 1 and "accounts" in one["sources"]
    ]
    entities = (await desk.read(f"/companies/{company['id']}"))["entities"]
    [account] = [one["id"] for one in entities if one["name"].endswith("L.L.C.")]
    others = [one["id"] for one in entities if one["id"] != account]
    [cold] = list(await desk.companies(f"{word} cold"))
    [cold_entity] = [one["id"] for one in (await desk.read(f"/companies/{cold['id']}"))["entities"]]

    split = await desk.decide(account, others, "different")
    merged = await desk.decide(account, [cold_entity], "same")
    refused = await desk.decide(cold_entity, others[:1], "same")
    before = [(await desk.read(f"/companies/{one['id']}"))["id"] for one in await desk.companies(word)]
    await desk.loaded(dataset, world.census.replace(" Rd,", " Road,"))
    await desk.resolved()
    await desk.resolved("all")

    assert split["status"] == merged["status"] == 201
    together = {one["id"]: one["company_id"] for one in merged["items"]}
    assert together[account] == together[cold_entity]
    assert (refused["status"], refused["code"]) == (409, "entity_decision_contradicts")
    after = [one["id"] for one in await desk.companies(word)]
    # An address that is written otherwise may part a row from its company, by what other names there are.
    assert set(before) <= set(after)
    [with_account] = [
        one
        for one in await desk.companies(word)
        if "accounts" in one["sources"] and one["id"] == together[account]
    ]
    held = {one["id"] for one in (await desk.read(f"/companies/{with_account['id']}"))["entities"]}
    assert {account, cold_entity} <= held
    assert held.isdisjoint(others)
    taken_back = await desk.decide(account, [cold_entity], "undecided")
    assert len({one["company_id"] for one in taken_back["items"]}) == 2


async def test_names_of_a_dataset_are_told_to_nobody_who_does_not_see_it(desk: Desk) -> None:
    world, _ = await a_world(desk)
    word = world.word
    await desk.resolved()

    found = await desk.companies(word, ZONAL)

    assert found
    assert not [source for one in found for source in one["sources"] if source.startswith("dataset:")]
    [cold] = await desk.companies(f"{word} cold")
    reply = await desk.call("GET", f"/companies/{cold['id']}", ZONAL)
    assert (reply.status_code, reply.json()["code"]) == (404, "company_unknown")
    [entity] = (await desk.read(f"/companies/{cold['id']}"))["entities"]
    draft = {"entity_id": entity["id"], "other_entity_ids": [str(uuid7())], "verdict": "same"}
    reply = await desk.call("POST", "/entity-decisions", json=draft)
    assert reply.json()["code"] == "entity_unknown"


async def test_a_load_of_a_source_is_resolved_and_of_another_dataset_is_not(desk: Desk) -> None:
    _, dataset = await a_world(desk)
    await desk.resolved()
    source = next(
        one for one in (await desk.read("/entity-sources", limit="200"))["items"] if one["dataset"] == dataset
    )
    other = await desk.a_dataset()
    started = []
    for name in (dataset, other):
        shown = await desk.read(f"/datasets/{name}")
        event = DatasetLoadedV1(
            dataset_id=UUID(shown["id"]), name=name, title="", owner="", version=1, rows_kept=1, rows_rejected=0, added=None,
            removed=None, changed=None, is_drifted=False, loaded_at=datetime.now(UTC),
        )  # fmt: skip
        async with UnitOfWork(desk.parts.database) as work:
            before = len((await desk.read("/entity-resolutions", limit="200"))["items"])
            await hear_datasets(work, [envelope_of(event, subject="x", partition_key="x")])
            await work.commit()
        started.append(len((await desk.read("/entity-resolutions", limit="200"))["items"]) - before)

    assert source["read_version"] == 1
    assert started[1] == 0
    assert started[0] in (0, 1)  # one that waits already reads it too


async def test_a_dataset_whose_columns_nobody_knows_needs_its_own(desk: Desk) -> None:
    dataset = await desk.a_dataset(key_columns=["nr"])
    await desk.loaded(dataset, "nr,firma\n1,Testfirma\n")

    unknown = await desk.call("POST", "/entity-sources", json={"dataset": dataset})
    wrong = await desk.call(
        "POST", "/entity-sources", json={"dataset": dataset, "names": [{"name": "company"}]}
    )
    right = await desk.call(
        "POST", "/entity-sources", json={"dataset": dataset, "names": [{"name": "firma"}]}
    )

    assert [one.json().get("code") for one in (unknown, wrong)] == ["entity_source_invalid"] * 2
    assert (right.status_code, right.json()["is_unique"]) == (201, False)
