"""The first brief drafts itself from names and rows that are held, cites each, and says what is not there."""

from typing import Any
from uuid import UUID

from uuid_utils.compat import uuid7

from services.research.application.draft_brief import draft_brief
from services.research.application.load_dataset import LoadParts
from shared.identity import Caller
from tests.integration.research.competitor_desk import CompetitorDesk
from tests.integration.research.conftest import ResearchService
from tests.integration.research.test_assignments import opened
from tests.integration.research.test_companies import ZONE, Desk, World, a_world
from tests.integration.research.test_companies import desk as desk
from tests.integration.service_callers import a_caller


async def made(desk: Desk, assignment: str, caller: Caller | None = None) -> dict[str, Any]:
    """The draft that was asked last, made as the worker makes it."""
    [draft, *_] = (await desk.read(f"/research-assignments/{assignment}/brief-drafts", caller))["items"]
    await draft_brief(desk.parts, UUID(draft["id"]))
    shown: dict[str, Any] = await desk.read(f"/research-brief-drafts/{draft['id']}", caller)
    return shown


async def a_known_company(desk: Desk) -> tuple[World, str]:
    """A partner that a person said is the account of its name, whose place the census has too. By the name alone the odds
    hang on whatever other names there are."""
    world, dataset = await a_world(desk)
    await desk.resolved()
    entities = [
        entity
        for company in await desk.companies(f"{world.word} haulage")
        for entity in (await desk.read(f"/companies/{company['id']}"))["entities"]
    ]
    [partner] = [one["id"] for one in entities if one["source"] == "partners"]
    [account] = [one["id"] for one in entities if one["name"].endswith("L.L.C.")]
    assert (await desk.decide(partner, [account], "same"))["status"] == 201
    return world, dataset


def of(draft: dict[str, Any], section: str) -> list[dict[str, Any]]:
    return [one for one in draft["statements"] if one["section"] == section]


async def test_an_assignment_begins_with_what_is_held_and_a_person_takes_over_what_holds(desk: Desk) -> None:
    world, dataset = await a_known_company(desk)
    competitors = CompetitorDesk(desk.service)
    maker = await competitors.a_competitor(name=f"{world.word} Engines")
    seen = [
        await competitors.seen(maker, zone=ZONE, number=number, source=source)
        for number, source in (("9", "A mill"), ("20", "A dealer"))
    ]
    everybody = {"seen_by": {"roles": ["analyst"], "subjects": []}}
    shown = await desk.call("GET", f"/datasets/{dataset}")
    change = await desk.call(
        "PATCH", f"/datasets/{dataset}", json=everybody, headers={"If-Match": shown.headers["etag"]}
    )
    assert change.status_code == 200, change.text
    partner = f"CP-{world.word}"
    draft = {"partner_code": partner, "zone": ZONE, "subject": "Their next trucks"}
    assignment = (await opened(desk.service, **draft))["id"]

    first = await made(desk, assignment)

    assert (first["asked_by"], first["state"], first["statements_hidden"]) == (
        "system:research-desk",
        "made",
        0,
    )
    [anchor, *same] = of(first, "company")
    assert anchor["text"] == f"{world.word} Haulage: partner {partner}, whom the assignment names."
    assert any(f"in {dataset} is the same company" in one["text"] for one in same)
    assert any("name" in one["text"].partition("is the same company: ")[2] for one in same), same
    rows = of(first, "records")
    assert {(c["dataset"], c["version"], c["row"]) for one in rows for c in one["citations"]} <= {
        (dataset, 1, 1),
        (dataset, 1, 3),
    }
    assert rows[0]["text"].startswith("Carriers: ")
    assert f"city {world.word}town" in rows[0]["text"]
    [contradiction] = [one for one in of(first, "competitors") if world.word in one["text"]]
    assert {one["observation_id"] for one in contradiction["citations"]} == {one["id"] for one in seen}
    assert all(one["citations"] for one in first["statements"])

    number = rows[0]["number"]
    adoption = {
        "statements": [{"number": number, "text": "They are in the census"}],
        "reliability": "B",
        "credibility": 2,
    }
    taken = await desk.call("POST", f"/research-brief-drafts/{first['id']}/adoptions", json=adoption)
    assert taken.status_code == 201, taken.text
    brief = await competitors.made(f"/research-assignments/{assignment}/briefs", {"summary": "Held already"})
    [besides] = brief["content"]["besides"]
    assert besides["text"] == "They are in the census"
    source = brief["content"]["sources"][0]
    assert (source["source"], source["quotation"]) == (
        f"{dataset} version 1, row {rows[0]['citations'][0]['row']}",
        rows[0]["text"],
    )


async def test_a_draft_says_nothing_of_datasets_that_its_reader_does_not_see(desk: Desk) -> None:
    world, _ = await a_known_company(desk)
    draft = {"partner_code": f"CP-{world.word}", "zone": ZONE, "subject": "Their next trucks"}
    assignment = (await opened(desk.service, **draft))["id"]
    asked = await desk.call("POST", f"/research-assignments/{assignment}/brief-drafts")
    assert asked.status_code == 202

    ours = await made(desk, assignment)
    theirs = await desk.read(f"/research-brief-drafts/{ours['id']}", a_caller("coordinator"))
    stolen = await desk.call(
        "POST",
        f"/research-brief-drafts/{ours['id']}/adoptions",
        a_caller("coordinator"),
        json={
            "statements": [{"number": of(ours, "records")[0]["number"]}],
            "reliability": "A",
            "credibility": 1,
        },
    )

    assert of(ours, "records")
    assert not of(theirs, "records")
    assert theirs["statements_hidden"] > 0
    assert (stolen.status_code, stolen.json()["code"]) == (422, "citation_invalid")


async def test_where_nothing_is_held_the_draft_says_so(
    service: ResearchService, load_parts: LoadParts
) -> None:
    desk, zone = Desk(service, load_parts), uuid7().hex
    assignment = (await opened(service, subject=f"Nobody {zone}", zone=zone))["id"]
    unmade = (await desk.read(f"/research-assignments/{assignment}/brief-drafts"))["items"][0]
    early = await desk.call(
        "POST",
        f"/research-brief-drafts/{unmade['id']}/adoptions",
        json={"statements": [{"number": 1}], "reliability": "A", "credibility": 1},
    )

    draft = await made(desk, assignment)

    assert early.json()["code"] == "research_brief_draft_state"
    assert of(draft, "company") == of(draft, "records") == of(draft, "around") == []
    assert draft["not_found"][:3] == [
        "No partner, account or dataset names the company of this assignment",
        "No dataset has a row of the company",
        f"No active partner of ours is in zone {zone}",
    ]
