"""Saved analyses: versions, runs beside the run before, and runs that new rows ask for."""

import asyncio
from datetime import datetime, timedelta

import sqlalchemy as sa
from uuid_utils.compat import uuid7

from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.application.fire_saved_analyses import fire_saved_analyses
from services.reporting.worker import ANALYSIS_TASK
from shared.database import Database
from shared.jobs import Job
from tests.integration.reporting.conftest import ReportingService
from tests.integration.reporting.test_analyses import ANALYST, CSV, told

_WAITING = sa.text("SELECT id FROM jobs WHERE state = 'queued' AND kind = 'run_saved_analysis'")


async def test_new_rows_make_a_saved_analysis_again_beside_the_run_before(
    service: ReportingService, database_url: str
) -> None:
    name = f"Months {uuid7().hex[-8:]}"
    draft = {
        "name": "Month against plan",
        "kind": "variance",
        "table_name": name,
        "options": {"hierarchy": ["zone"]},
    }
    async with service[0](ANALYST) as client:
        saved = (await client.post("/v1/saved-analyses", json=draft)).json()
        at = f"/v1/saved-analyses/{saved['id']}"
        too_early = await client.post(f"{at}/runs")
        await told(service, CSV.encode(), "text/csv", name=name)
        first = (await client.post(f"{at}/runs")).json()
        await told(service, CSV.replace("12,6.00", "13,6.00").encode(), "text/csv", name=name)
        await work(database_url)
        runs = (await client.get(f"{at}/runs")).json()["items"]
        newest = (await client.get(f"/v1/analyses/{runs[0]['id']}")).json()

    assert (too_early.status_code, too_early.json()["code"]) == (404, "analysis_table_not_found")
    assert (first["title"], first["tables"][0]["code"]) == ("Month against plan, version 1", "levels")
    assert [one["title"] for one in runs] == [
        "Month against plan, version 2",
        "Month against plan, version 1",
    ]
    since = {row[0]: row[2:] for row in newest["tables"][0]["rows"]}
    assert newest["tables"][0]["code"] == "since_before"
    assert since["Revenue, actual"] == ["283.00", "289.00", "6.00"]


async def test_a_change_is_a_version_decided_on_the_one_before(service: ReportingService) -> None:
    draft = {
        "name": "Costs of sets",
        "kind": "bill_of_materials",
        "table_name": "Sets",
        "runs_on_new_rows": False,
    }
    async with service[0](ANALYST) as client:
        made = await client.post("/v1/saved-analyses", json=draft)
        at = f"/v1/saved-analyses/{made.json()['id']}"
        seen = {"If-Match": made.headers["ETag"]}
        changed = await client.put(at, json=draft | {"options": {"items": ["SET"]}}, headers=seen)
        late = await client.put(at, json=draft, headers=seen)
        blind = await client.put(at, json=draft)
        wrong = await client.post("/v1/saved-analyses", json=draft | {"options": {"horizon": 3}})
        shown = (await client.get(at)).json()
        listed = (await client.get("/v1/saved-analyses")).json()["items"]

    assert (changed.status_code, changed.json()["revision"]) == (200, 2)
    assert (late.status_code, blind.status_code, wrong.status_code) == (412, 428, 422)
    assert (shown["revision"], shown["options"]["items"]) == (2, ["SET"])
    assert [one["revision"] for one in listed if one["id"] == shown["id"]] == [2]


async def test_the_clock_makes_it_again_each_due_instant_once_and_says_when_nothing_changed(
    service: ReportingService, database_url: str
) -> None:
    name = f"Weeks {uuid7().hex[-8:]}"
    draft = {
        "name": "Week against plan",
        "kind": "variance",
        "table_name": name,
        "options": {"hierarchy": ["zone"]},
        "runs_on_new_rows": False,
        "cron": "0 7 * * *",
    }
    async with service[0](ANALYST) as client:
        saved = (await client.post("/v1/saved-analyses", json=draft)).json()
        at = f"/v1/saved-analyses/{saved['id']}"
        due = datetime.fromisoformat(saved["next_due_at"])
        await fire(database_url, due)
        await work(database_url)
        await told(service, CSV.encode(), "text/csv", name=name)
        for days in (1, 2, 5):
            await fire(database_url, due + timedelta(days=days))
            await work(database_url)
        instants = (await client.get(f"{at}/instants")).json()["items"]
        runs = (await client.get(f"{at}/runs")).json()["items"]
        wrong = await client.post("/v1/saved-analyses", json=draft | {"cron": "61 * * * *"})
        silent = (await client.post("/v1/saved-analyses", json=draft | {"cron": None})).json()

    outcomes = [(datetime.fromisoformat(one["due_at"]) - due, one["outcome"]) for one in instants]
    assert [(gap.days, outcome) for gap, outcome in reversed(outcomes)] == [
        (0, "refused"),
        (1, "made"),
        (2, "unchanged"),
        (3, "skipped"),
        (4, "skipped"),
        (5, "unchanged"),
    ]
    assert name in instants[-1]["refusal"]
    assert {one["analysis_id"] for one in instants} == {None, runs[0]["id"]}
    assert len(runs) == 1
    assert (wrong.status_code, wrong.json()["code"]) == (422, "schedule_invalid")
    assert (saved["cron"], silent["next_due_at"]) == ("0 7 * * *", None)


async def fire(database_url: str, at: datetime) -> None:
    """As three workers do at once."""
    database = Database(database_url, application_name="test-clock")

    async def once() -> None:
        async with UnitOfWork(database) as work:
            await fire_saved_analyses(work, at)
            await work.commit()

    await asyncio.gather(once(), once(), once())
    await database.close()


async def work(database_url: str) -> None:
    """Do what is queued as a worker does, and once more as after a crash: nothing is made twice."""
    database = Database(database_url, application_name="test-worker")
    async with database.engine.connect() as connection:
        waiting = list(await connection.scalars(_WAITING))
    for job_id in waiting:
        job = await Job.start(database.engine, job_id)
        assert job is not None
        for _ in range(2):
            await ANALYSIS_TASK.run(database, job)
        await job.succeed()
    await database.close()
