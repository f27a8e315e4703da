"""One search over everything research holds: found by what people type, and by nobody who may not read it."""

from typing import Any

import pytest
from uuid_utils.compat import uuid7

from services.research.application.load_dataset import LoadParts
from shared.identity import Caller
from tests.integration.research.competitor_desk import ANALYST, CompetitorDesk
from tests.integration.research.conftest import ResearchService
from tests.integration.research.dataset_desk import DatasetDesk
from tests.integration.research.test_assignments import opened, the_opportunity, told
from tests.integration.research.test_briefs import evidence
from tests.integration.research.test_companies import ZONE, Desk
from tests.integration.research.test_entities import a_state, registered
from tests.integration.service_callers import a_caller


async def hits(desk: CompetitorDesk, caller: Caller = ANALYST, **asked: Any) -> list[dict[str, Any]]:
    async with desk.service[0](caller) as client:
        reply = await client.get("/v1/research-hits", params=asked)
    assert reply.status_code == 200, reply.text
    found: list[dict[str, Any]] = reply.json()["items"]
    return found


async def everything_of(word: str, service: ResearchService, zone: str) -> CompetitorDesk:
    """Something of each kind that says the word, in one zone where it has one."""
    desk = CompetitorDesk(service)
    competitor = await desk.a_competitor(name=f"Kaveri {word}")
    await desk.seen(competitor, zone=zone, note="Deliveries are delayed")
    withdrawn = await desk.seen(competitor, zone=zone)
    await desk.made(f"/competitor-observations/{withdrawn['id']}/withdrawal", {"reason": "Of another mill"})
    await desk.made(f"/competitors/{competitor}/battlecards", {"positioning": f"Not {word}", "zone": zone})
    assignment = await opened(
        service, zone=zone, subject=f"{word} in Kolhapur", questions=[f"Who sells {word}?"]
    )
    path = f"/research-assignments/{assignment['id']}"
    cited = await desk.made(f"{path}/evidence", evidence(quotation=f"They buy {word} <b>sets</b>"))
    await desk.made(f"{path}/findings", {"text": f"{word} is late", "evidence_ids": [cited["id"]]})
    await desk.made(f"{path}/briefs", {"summary": f"Offer against {word}"})
    await desk.service[1]([told(f"006{uuid7().hex[-15:]}", name=f"Gensets of {word}", zone=zone)])
    return desk


async def test_everything_that_says_a_word_is_found_by_who_may_read_it_and_by_nobody_else(
    service: ResearchService, load_parts: LoadParts
) -> None:
    word, zone = f"w{uuid7().hex[-10:]}", uuid7().hex
    desk = await everything_of(word, service, zone)
    dataset = await DatasetDesk(service, load_parts).a_dataset(description=f"Trucks of {word}")
    zonal, stranger = (a_caller("zonal_sales", zones=(one,)) for one in (zone, "elsewhere"))

    found = await hits(desk, q=word)

    kinds = [one["kind"] for one in found]
    everything = [
        "assignment",
        "battlecard",
        "brief",
        "competitor",
        "dataset",
        "evidence",
        "finding",
        "observation",
    ]
    assert sorted(kinds) == [*everything, "opportunity", "question"]
    assert sorted(one["kind"] for one in await hits(desk, zonal, q=word)) == sorted(
        {*kinds} - {"brief", "dataset"}
    )
    assert [one["kind"] for one in await hits(desk, stranger, q=word)] == ["competitor"]
    paths = {one["kind"]: one["path"] for one in found}
    assert paths["dataset"] == f"/v1/datasets/{dataset}"
    for path in paths.values():
        assert (await desk.call("GET", path.removeprefix("/v1"))).status_code == 200
    [quoted] = [one for one in found if one["kind"] == "evidence"]
    assert [one["text"] for one in quoted["excerpt"] if one["is_hit"]] == [word]
    assert "".join(one["text"] for one in quoted["excerpt"]) == f"Works manager They buy {word} <b>sets</b>"


async def test_words_are_found_in_any_form_together_in_order_or_left_out(service: ResearchService) -> None:
    word = f"w{uuid7().hex[-10:]}"
    desk = await everything_of(word, service, uuid7().hex)

    async def kinds(query: str, **asked: Any) -> set[str]:
        return {one["kind"] for one in await hits(desk, q=query, **asked)}

    assert await kinds(f"{word} delivery delay") == {"observation"}
    assert await kinds(f'"{word} is late"') == {"brief", "finding"}
    assert await kinds(f'"late {word}"') == set()
    assert "observation" not in await kinds(f"{word} -delivery")
    assert await kinds(word, kind=["finding", "question"]) == {"finding", "question"}


async def test_pages_of_hits_lead_through_all_of_them_once(service: ResearchService) -> None:
    word = f"w{uuid7().hex[-10:]}"
    desk = await everything_of(word, service, uuid7().hex)
    whole = [(one["kind"], one["id"]) for one in await hits(desk, q=word)]

    pages: list[tuple[str, str]] = []
    cursor: dict[str, str] = {}
    for _ in whole:
        page = await desk.call(
            "GET", f"/research-hits?q={word}&limit=2" + "".join(f"&cursor={one}" for one in cursor.values())
        )
        pages += [(one["kind"], one["id"]) for one in page.json()["items"]]
        if page.json()["next_cursor"] is None:
            break
        cursor = {"cursor": page.json()["next_cursor"]}

    assert pages == whole


@pytest.mark.parametrize("words", ["", "   ", "-kaveri", '"', "!!!"])
async def test_words_that_name_nothing_are_refused(service: ResearchService, words: str) -> None:
    async with service[0](ANALYST) as client:
        reply = await client.get("/v1/research-hits", params={"q": words})

    assert (reply.status_code, reply.json()["code"]) == (422, "search_too_wide")


async def test_a_company_is_found_however_it_is_written_and_tells_what_happened(
    service: ResearchService, load_parts: LoadParts
) -> None:
    desk, word = Desk(service, load_parts), f"q{uuid7().hex[-10:]}"
    code = f"CP-{word}"
    await service[1]([registered(a_state(f"{word} Haulage Pvt Ltd", zone=ZONE, code=code))])
    await desk.resolved()
    record = f"006{uuid7().hex[-15:]}"
    await service[1]([told(record, partner_code=code, zone=None)])
    [opportunity] = (await desk.read("/opportunities", partner_code=code))["items"]
    await opened(service, opportunity_id=opportunity["id"], zone=None)

    found = await hits(CompetitorDesk(service), q=f'"{word} haulage" -storage', kind="company")

    [company] = found
    events = (await desk.read(f"/companies/{company['id']}/timeline"))["items"]
    assert {one["kind"] for one in events} == {"name_told", "opportunity_told", "assignment_opened"}
    assert [one["at"] for one in events] == sorted((one["at"] for one in events), reverse=True)


async def test_a_competitors_timeline_tells_what_was_seen_when_and_to_whom_it_belongs(
    service: ResearchService,
) -> None:
    desk, zone = CompetitorDesk(service), uuid7().hex
    competitor = await desk.a_competitor()
    seen = await desk.seen(competitor, zone=zone, seen_on="2026-03-02")
    await desk.call("PATCH", f"/competitors/{competitor}", {"country": "Nepal"}, ANALYST, '"1"')
    await desk.made(f"/competitor-observations/{seen['id']}/withdrawal", {"reason": "Misheard"})

    events = (await desk.read(f"/competitors/{competitor}/timeline"))["items"]
    stranger = a_caller("zonal_sales", zones=("elsewhere",))
    seen_by_others = (await desk.read(f"/competitors/{competitor}/timeline", stranger))["items"]

    told_of = [(one["kind"], one["text"]) for one in events]
    assert told_of == [
        ("observation_withdrawn", "Misheard"),
        ("profile_written", "country"),
        ("profile_written", "first told"),
        ("observation", "9 weeks (B2, A mill)"),
    ]
    assert events[-1]["at"] == "2026-03-01T18:30:00Z"
    assert {one["kind"] for one in seen_by_others} == {"profile_written"}


async def test_an_opportunitys_timeline_tells_changes_and_shared_briefs_alone_to_its_zone(
    service: ResearchService,
) -> None:
    desk, record = CompetitorDesk(service), f"006{uuid7().hex[-15:]}"
    zonal = a_caller("zonal_sales", zones=(f"zone of {record}",))
    await service[1]([told(record), told(record, 2, stage="Negotiation", amount_minor=50_000_000)])
    opportunity = await the_opportunity(service, record)
    assignment = await opened(service, opportunity_id=opportunity["id"], zone=None)
    await desk.made(f"/research-assignments/{assignment['id']}/briefs", {"summary": "Not yet reviewed"})
    path = f"/opportunities/{opportunity['id']}/timeline"

    events = (await desk.read(path))["items"]

    kinds = [one["kind"] for one in events]
    assert kinds == ["brief_made", "assignment_opened", "opportunity_told", "opportunity_told"]
    assert (
        events[2]["text"].replace("\xa0", " ")
        == "stage: Prospecting → Negotiation; amount: ₹ 4,50,000.00 → ₹ 5,00,000.00"
    )
    assert [one["kind"] for one in (await desk.read(path, zonal))["items"]] == kinds[1:]
