"""Zones learn nothing of each other's opportunities and assignments, on any route that takes an id."""

from datetime import UTC, datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from services.research.adapters.unit_of_work import UnitOfWork
from services.research.adapters.web_client import FetcherAccess
from services.research.adapters.web_urls import allowed_hosts
from services.research.application.answer_query import answer_query
from services.research.application.ask_fetch import ask_fetch
from services.research.application.load_dataset import LoadParts
from services.research.application.resolve_entities import resolve_entities
from shared.webhooks.target import TargetRules
from tests.integration.research.competitor_desk import CompetitorDesk
from tests.integration.research.conftest import ResearchService
from tests.integration.research.dataset_desk import CARRIERS, DatasetDesk, Told
from tests.integration.research.test_assignments import ANALYST, opened, the_opportunity
from tests.integration.research.test_assignments import told as opportunity_told
from tests.integration.research.test_files import PDF, handed_in
from tests.integration.service_callers import a_caller
from tests.integration.strangers import Place, World, told_to_strangers


async def company_of(desk: DatasetDesk, dataset: str) -> str:
    """A company that nobody names but the dataset."""
    await desk.call("POST", "/entity-sources", json={"dataset": dataset})
    [resolution, *_] = (await desk.read("/entity-resolutions"))["items"]
    await resolve_entities(desk.parts, UUID(resolution["id"]), Told())
    found = (await desk.read("/companies", q="ghat movers"))["items"]
    return next(str(one["id"]) for one in found if f"dataset:{dataset}" in one["sources"])


async def answered_twice(desk: DatasetDesk, dataset: str) -> str:
    """A saved query whose answers can be compared."""
    draft = {"title": "How many", "sql": f"SELECT count(*) AS n FROM {dataset}"}
    saved = (await desk.call("POST", "/saved-queries", json=draft)).json()
    for _ in range(2):
        run = (await desk.call("POST", f"/saved-queries/{saved['id']}/runs", json={})).json()
        await answer_query(desk.parts, UUID(run["id"]))
    return str(saved["id"])


async def asked_fetch(parts: LoadParts, assignment: str) -> str:
    """A page that waits to be fetched."""
    access = FetcherAccess(
        hosts=allowed_hosts("www.example.com"), rules=TargetRules(), contact="x", pause_seconds=0
    )
    wanted = (UUID(assignment), "https://www.example.com/")
    async with UnitOfWork(parts.database) as work:
        fetch_id = await ask_fetch(work, wanted, access, ANALYST, at=datetime.now(UTC))
        await work.commit()
    return str(fetch_id)


async def test_what_is_others_is_answered_as_what_is_not_there(
    service: ResearchService, load_parts: LoadParts
) -> None:
    record = f"006{uuid7().hex[-15:]}"
    await service[1]([opportunity_told(record)])
    ids = {
        "assignment_id": (await opened(service, zone="west"))["id"],
        "opportunity_id": (await the_opportunity(service, record))["id"],
    }
    desk = DatasetDesk(service, load_parts)
    dataset = await desk.a_dataset(profile="carriers")
    await desk.loaded(dataset, CARRIERS)
    ids["upload_id"] = (await desk.read(f"/datasets/{dataset}/uploads"))["items"][0]["id"]
    ids["run_id"] = (await desk.asked(f"SELECT count(*) AS n FROM {dataset}"))["id"]
    competitors = CompetitorDesk(service)
    competitor = await competitors.a_competitor()
    ids["observation_id"] = (await competitors.seen(competitor, zone="west"))["id"]
    card = {"positioning": "Sell time", "zone": "west"}
    ids["battlecard_id"] = (await competitors.made(f"/competitors/{competitor}/battlecards", card))["id"]
    ids["fetch_id"] = await asked_fetch(load_parts, ids["assignment_id"])
    subscription = await competitors.made(
        "/competitor-digest-subscriptions", {"title": "West", "competitors": [competitor], "zone": "west"}
    )
    ids["subscription_id"] = subscription["id"]
    run = await competitors.made(f"/competitor-digest-subscriptions/{subscription['id']}/runs", None)
    ids["digest_id"] = run["digest_id"]
    briefs = f"/research-assignments/{ids['assignment_id']}/briefs"
    ids["brief_id"] = (await competitors.made(briefs, {"summary": "Nothing yet"}))["id"]
    ids["file_id"] = (await handed_in(service, ids["assignment_id"], PDF)).json()["id"]
    drafts = await competitors.read(f"/research-assignments/{ids['assignment_id']}/brief-drafts")
    ids["draft_id"] = drafts["items"][0]["id"]
    ids["saved_query_id"] = await answered_twice(desk, dataset)
    ids["company_id"] = await company_of(desk, dataset)
    places = {name: Place(of_others=value, of_nobody=str(uuid7())) for name, value in ids.items()}
    places["dataset"] = Place(of_others=dataset, of_nobody=f"set_{uuid7().hex[-12:]}")
    world = World(
        places={
            **places,
            "number": None,
            "profile": None,
            "competitor": None,
            "resolution_id": None,
            "analysis": None,
        },
        strangers=[a_caller("zonal_sales", zones=("south",))],
        owner=ANALYST,
    )

    assert await told_to_strangers("research", world, service[0]) == []
