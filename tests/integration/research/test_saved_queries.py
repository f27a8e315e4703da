"""Queries that are kept: typed parameters, versions, and each due instant once, however many workers see it."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.research.adapters.unit_of_work import UnitOfWork
from services.research.application.answer_query import answer_query
from services.research.application.fire_saved_queries import fire_saved_queries
from services.research.application.load_dataset import LoadParts
from shared.errors import Refusal
from tests.integration.research.conftest import ResearchService
from tests.integration.research.dataset_desk import CARRIERS, DatasetDesk
from tests.integration.service_callers import a_caller

BY_STATE = "SELECT state, sum(power_units) AS units FROM {dataset} WHERE filed_on >= $since GROUP BY state ORDER BY state"
SINCE = {"name": "since", "type": "date", "default": "2025-01-01"}


@pytest.fixture
def desk(service: ResearchService, load_parts: LoadParts) -> DatasetDesk:
    return DatasetDesk(service, load_parts)


async def saved(desk: DatasetDesk, **changes: Any) -> tuple[str, dict[str, Any]]:
    dataset = await desk.a_dataset(profile="carriers")
    await desk.loaded(dataset, CARRIERS)
    draft = {"title": "Units", "sql": BY_STATE.format(dataset=dataset), "parameters": [SINCE], **changes}
    reply = await desk.call("POST", "/saved-queries", json=draft)
    assert reply.status_code == 201, reply.text
    return dataset, reply.json()


async def answered(desk: DatasetDesk, query: dict[str, Any], **arguments: str) -> list[Any]:
    reply = await desk.call("POST", f"/saved-queries/{query['id']}/runs", json={"arguments": arguments})
    assert reply.status_code == 202, reply.text
    with suppress(Refusal):
        await answer_query(desk.parts, UUID(reply.json()["id"]))
    rows: list[Any] = (await desk.read(f"/dataset-query-runs/{reply.json()['id']}/content"))["items"]
    return rows


async def runs(desk: DatasetDesk, query: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await desk.read(f"/saved-queries/{query['id']}/runs"))["items"]
    return found


async def fired(desk: DatasetDesk, at: datetime) -> None:
    async with UnitOfWork(desk.parts.database) as work:
        await fire_saved_queries(work, at)
        await work.commit()


async def test_a_saved_query_is_asked_with_its_parameters_and_its_answers_are_compared(
    desk: DatasetDesk,
) -> None:
    dataset, query = await saved(desk)

    usual = await answered(desk, query)
    all_of_them = await answered(desk, query, since="2020-01-01")
    await desk.loaded(dataset, CARRIERS.replace("340", "350") + "15,New,NM,7,2026-01-02,N\n")
    await answered(desk, query, since="2020-01-01")

    assert usual == [["OH", 340], ["TX", 12]]
    assert all_of_them == [["CA", 5], ["OH", 340], ["TX", 12]]
    compared = await desk.read(f"/saved-queries/{query['id']}/comparison")
    assert compared["items"] == [
        {"kind": "added", "key": {"state": "NM"}, "before": None, "after": {"units": 7}},
        {"kind": "changed", "key": {"state": "OH"}, "before": {"units": 340}, "after": {"units": 350}},
    ]
    run_id = (await runs(desk, query))[0]["run_id"]
    chart = await desk.call("GET", f"/dataset-query-runs/{run_id}/content", params={"format": "png"})
    assert chart.content.startswith(b"\x89PNG")


async def test_what_does_not_fit_is_refused_before_it_is_kept(desk: DatasetDesk) -> None:
    _, query = await saved(desk)

    drafts = [
        {"title": "x", "sql": "SELECT $a"},
        {"title": "x", "sql": "SELECT 1", "parameters": [SINCE]},
        {"title": "x", "sql": "DROP TABLE a"},
        {"title": "x", "sql": "SELECT 1", "cron": "* * * * *"},
        {"title": "x", "sql": "SELECT $since", "parameters": [{**SINCE, "default": "soon"}]},
    ]
    codes = [(await desk.call("POST", "/saved-queries", json=draft)).json()["code"] for draft in drafts]
    wrong = await desk.call("POST", f"/saved-queries/{query['id']}/runs", json={"arguments": {"other": "1"}})

    assert codes == [
        "saved_query_invalid", "saved_query_invalid", "dataset_query_refused", "schedule_invalid", "saved_query_invalid",
    ]  # fmt: skip
    assert wrong.json()["code"] == "saved_query_invalid"


async def test_a_due_instant_is_asked_once_by_many_workers_and_late_ones_are_made_up_for_once(
    desk: DatasetDesk,
) -> None:
    _, query = await saved(desk, cron="0 7 * * *")
    due = datetime.fromisoformat(query["next_due_at"])

    await asyncio.gather(*(fired(desk, due + timedelta(seconds=30)) for _ in range(4)))
    first = await runs(desk, query)
    await fired(desk, due + timedelta(days=3, hours=1))
    all_runs = await runs(desk, query)

    assert [one["state"] for one in first] == ["queued"]
    assert datetime.fromisoformat(first[0]["due_at"]) == due
    assert first[0]["arguments"] == {"since": "2025-01-01"}
    assert [(one["state"], datetime.fromisoformat(one["due_at"]) - due) for one in reversed(all_runs)] == [
        ("queued", timedelta()),
        ("skipped", timedelta(days=1)),
        ("skipped", timedelta(days=2)),
        ("queued", timedelta(days=3)),
    ]


async def test_a_time_at_which_it_could_not_be_asked_says_why(desk: DatasetDesk) -> None:
    dataset, query = await saved(desk, cron="0 7 * * *")
    headers = {"If-Match": f'"{(await desk.read(f"/datasets/{dataset}"))["revision"]}"'}
    await desk.call("PATCH", f"/datasets/{dataset}", json={"licence_ends_on": "2020-01-31"}, headers=headers)

    await fired(desk, datetime.fromisoformat(query["next_due_at"]))

    [run] = await runs(desk, query)
    assert (run["state"], run["failure_code"]) == ("refused", "dataset_licence_over")


async def test_a_change_is_a_new_version_and_needs_the_one_it_was_decided_on(desk: DatasetDesk) -> None:
    _, query = await saved(desk)
    draft = {"title": "Other", "sql": "SELECT 1 AS one", "cron": "0 7 1 * *"}

    without = await desk.call("PUT", f"/saved-queries/{query['id']}", json=draft)
    changed = await desk.call("PUT", f"/saved-queries/{query['id']}", json=draft, headers={"If-Match": '"1"'})
    stale = await desk.call("PUT", f"/saved-queries/{query['id']}", json=draft, headers={"If-Match": '"1"'})
    strange = await desk.call("GET", f"/saved-queries/{query['id']}", a_caller("zonal_sales", zones=("x",)))

    assert [one.status_code for one in (without, changed, stale, strange)] == [428, 200, 412, 404]
    assert (changed.json()["revision"], changed.json()["next_due_at"] is None) == (2, False)
    assert datetime.fromisoformat(changed.json()["next_due_at"]) > datetime.now(UTC)
