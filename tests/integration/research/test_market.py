"""Market analyses by the API: asked of a dataset, traced to its version, taken away, drawn, saved."""

from uuid import UUID

import pytest

from services.research.application.answer_query import answer_query
from services.research.application.load_dataset import LoadParts
from tests.integration.research.conftest import ResearchService
from tests.integration.research.dataset_desk import DatasetDesk
from tests.integration.service_callers import a_caller

REGISTERED = "month,state,make,segment,units\n2026-09,MH,Kaveri,HCV,60\n2026-09,MH,Ours,HCV,30\n2026-10,GJ,Ours,HCV,10\n"


@pytest.fixture
def desk(service: ResearchService, load_parts: LoadParts) -> DatasetDesk:
    return DatasetDesk(service, load_parts)


async def test_an_analysis_is_a_run_that_names_its_query_and_version_and_leaves_in_every_form(
    desk: DatasetDesk,
) -> None:
    dataset = await desk.a_dataset(profile="registrations")
    await desk.loaded(dataset, REGISTERED)
    question = {"dataset": dataset, "by": "state", "arguments": {"since": "2026-01-01"}}

    reply = await desk.call("POST", "/market-analyses/market_share/runs", json=question)

    assert reply.status_code == 202, reply.text
    run = f"/dataset-query-runs/{reply.json()['id']}"
    await answer_query(desk.parts, UUID(reply.json()["id"]))
    told = await desk.read(run)
    assert [(one["name"], one["version"]) for one in told["datasets"]] == [(dataset, 1)]
    assert f'FROM "{dataset}"' in told["sql"]
    csv = await desk.call("GET", f"{run}/content", params={"format": "csv"})
    assert csv.text.splitlines()[1:] == ["GJ,OURS,10,100.00", "MH,KAVERI,60,66.67", "MH,OURS,30,33.33"]
    drawn = {"format": "png", "column": ["part", "make", "share_percent"]}
    png = await desk.call("GET", f"{run}/content", params=drawn)
    assert png.content[:4] == b"\x89PNG"
    for columns in (["part", "nothing"], ["part", "make"]):
        refused = await desk.call("GET", f"{run}/content", params={"format": "png", "column": columns})
        assert (refused.status_code, refused.json()["code"]) == (422, "chart_invalid")


async def test_an_analysis_is_saved_for_the_clock_and_refused_to_who_does_not_see_the_dataset(
    desk: DatasetDesk,
) -> None:
    dataset = await desk.a_dataset(profile="registrations")
    await desk.loaded(dataset, REGISTERED)
    question = {"dataset": dataset, "arguments": {"make": "Ours"}}
    path = "/market-analyses/growth"

    saved = await desk.call(
        "POST", f"{path}/saved-queries", json={**question, "title": "Growth", "cron": "0 7 5 * *"}
    )

    assert saved.status_code == 201, saved.text
    assert {one["name"]: one["default"] for one in saved.json()["parameters"]}["make"] == "Ours"
    stranger = a_caller("zonal_sales", zones=("south",))
    replies = [
        await desk.call("POST", f"{path}/runs", stranger, json=question),
        await desk.call("POST", f"{path}/runs", json={**question, "by": "engine"}),
        await desk.call("POST", f"{path}/runs", json={**question, "arguments": {"since": "soon"}}),
    ]
    assert [(one.status_code, one.json()["code"]) for one in replies] == [
        (404, "dataset_unknown"), (422, "market_analysis_invalid"), (422, "saved_query_invalid")
    ]  # fmt: skip
