"""One resource for the jobs of every service: the id tells the gateway whose they are."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID, uuid4

import aiohttp

from gateway.main import create_app as create_gateway
from services.reporting.main import create_app as create_reporting
from services.reporting.settings import ReportingSettings
from shared.database import Database
from shared.jobs import enqueue
from tests.integration.gateway.keys import get, person
from tests.integration.gateway.running import (
    INTERNAL_KEY,
    Seen,
    recording_app,
    serving,
    settings_for,
    unused_url,
)
from tests.provisions import DatabaseFactory

COORDINATOR = person("coordinator")


async def asked_for(database_url: str, kind: str, *, created_by: str = "u-1") -> UUID:
    database = Database(database_url, application_name="test")
    async with database.engine.begin() as connection:
        job_id = await enqueue(connection, kind, {}, created_by=created_by)
    await database.close()
    return job_id


@asynccontextmanager
async def gateway_and_reporting(
    gateway_url: str, reporting_url: str, others_url: str | None = None
) -> AsyncIterator[aiohttp.ClientSession]:
    """The other services are down, unless somebody answers for them."""
    settings = ReportingSettings(
        database_url=reporting_url,
        amqp_url="amqp://unused",
        internal_token_public_key=json.dumps(INTERNAL_KEY.as_dict(private=False)),
        cursor_secret="cursors of the tests",
    )
    async with serving(create_reporting(settings)) as reporting:
        gateway = create_gateway(
            settings_for(gateway_url, others_url or unused_url(), reporting_url=reporting)
        )
        async with serving(gateway) as url, aiohttp.ClientSession(base_url=url) as session:
            yield session


async def test_jobs_of_any_service_and_of_the_gateway_are_shown_and_cancelled_at_one_place(
    database_url: str, worker_database: DatabaseFactory
) -> None:
    reporting_url = await worker_database("reporting")
    jobs = [await asked_for(reporting_url, "run_report"), await asked_for(database_url, "sweep")]

    async with gateway_and_reporting(database_url, reporting_url) as session:
        shown = [await get(session, f"/v1/jobs/{job_id}", COORDINATOR) for job_id in jobs]
        for job_id in jobs:
            async with session.delete(f"/v1/jobs/{job_id}", headers=COORDINATOR) as reply:
                assert reply.status == 204
        after = [await get(session, f"/v1/jobs/{job_id}", COORDINATOR) for job_id in jobs]
        # Another id of the same home.
        missing = [
            await get(session, f"/v1/jobs/{UUID(int=job_id.int ^ 0x10)}", COORDINATOR) for job_id in jobs
        ]

    assert [(status, body["kind"], body["state"]) for status, body in shown] == [
        (200, "run_report", "queued"),
        (200, "sweep", "queued"),
    ]
    assert [body["state"] for _, body in after] == ["cancelled", "cancelled"]
    assert [(status, body["code"]) for status, body in missing] == [(404, "job_not_found")] * 2


async def test_jobs_of_all_services_are_one_list_of_whoever_asked_for_them(
    database_url: str, worker_database: DatabaseFactory
) -> None:
    """Payments, partners and research do not answer: the list says so, and has the rest."""
    reporting_url = await worker_database("reporting")
    subject = f"u-{uuid4()}"
    mine = [
        await asked_for(url, kind, created_by=subject)
        for url, kind in (
            (reporting_url, "run_report"),
            (database_url, "sweep"),
            (reporting_url, "run_report"),
        )
    ]
    other = await asked_for(reporting_url, "run_report", created_by="somebody else")
    me = person("coordinator", subject=subject)

    async with gateway_and_reporting(database_url, reporting_url) as session:
        status, whole = await get(session, "/v1/jobs", me)
        first = await get(session, "/v1/jobs?limit=2", me)
        second = await get(session, f"/v1/jobs?limit=2&cursor={first[1]['next_cursor']}", me)
        narrowed = [
            await get(session, f"/v1/jobs?{wanted}", me)
            for wanted in ("kind=sweep", "state=queued&kind=run_report", "state=failed")
        ]
        _, of_all = await get(session, "/v1/jobs?kind=run_report", person("auditor", subject="aud"))
        wrong = await get(session, f"/v1/jobs?kind=sweep&cursor={first[1]['next_cursor']}", me)
        as_file = await get(session, "/v1/jobs?format=csv", me)
        denied = await get(session, "/v1/jobs", person("partner", partner_code="CP1"))

    def ids(page: Any) -> list[str]:
        return [item["id"] for item in page["items"]]

    newest_first = [str(job_id) for job_id in reversed(mine)]
    assert (status, ids(whole), whole["next_cursor"]) == (200, newest_first, None)
    assert whole["unavailable"] == ["payments", "partners", "research"]
    assert ids(first[1]) + ids(second[1]) == newest_first
    assert [ids(page) for _, page in narrowed] == [[newest_first[1]], [newest_first[0], newest_first[2]], []]
    assert {*newest_first[::2], str(other)} <= set(ids(of_all))
    assert (wrong[0], wrong[1]["code"]) == (422, "cursor_invalid")
    assert (as_file[0], as_file[1]["code"]) == (503, "upstream_unreachable"), (
        "a file cannot say what it lacks"
    )
    assert denied[0] == 403


async def test_a_list_with_every_service_there_is_complete_and_can_be_a_file(
    database_url: str, worker_database: DatabaseFactory
) -> None:
    reporting_url = await worker_database("reporting")
    subject = f"u-{uuid4()}"
    job_id = await asked_for(reporting_url, "run_report", created_by=subject)
    me = person("coordinator", subject=subject)
    asked = Seen([])

    async with (
        serving(recording_app(asked, reply=b"[]")) as others,
        gateway_and_reporting(database_url, reporting_url, others) as session,
    ):
        _, page = await get(session, "/v1/jobs?state=queued", me)
        async with session.get("/v1/jobs?format=csv", headers=me) as reply:
            lines = (await reply.text()).splitlines()

    assert ([item["id"] for item in page["items"]], page["unavailable"]) == ([str(job_id)], [])
    assert [line.split(",")[0].strip("\ufeff").lower() for line in lines] == ["id", str(job_id)]
    assert {request["query_string"] for request in asked.requests} == {
        b"limit=51&state=queued",
        b"limit=1001",
    }
