"""One resource for the jobs of every service: the id tells the gateway whose they are."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

import aiohttp

from gateway.main import create_app as create_gateway
from services.reporting.main import create_app as create_reporting
from services.reporting.settings import ReportingSettings
from shared.database import Database
from shared.jobs import enqueue
from tests.integration.gateway.keys import get, person
from tests.integration.gateway.running import INTERNAL_KEY, serving, settings_for, unused_url
from tests.provisions import DatabaseFactory

COORDINATOR = person("coordinator")


async def asked_for(database_url: str, kind: str) -> UUID:
    database = Database(database_url, application_name="test")
    async with database.engine.begin() as connection:
        job_id = await enqueue(connection, kind, {}, created_by="u-1")
    await database.close()
    return job_id


@asynccontextmanager
async def gateway_and_reporting(gateway_url: str, reporting_url: str) -> AsyncIterator[aiohttp.ClientSession]:
    """Payments, where ids of no service go, is down: it is not asked."""
    settings = ReportingSettings(
        database_url=reporting_url,
        amqp_url="amqp://unused",
        internal_token_public_key=json.dumps(INTERNAL_KEY.as_dict(private=False)),
        cursor_secret="cursors of the tests",
    )
    async with serving(create_reporting(settings)) as reporting:
        gateway = create_gateway(settings_for(gateway_url, unused_url(), reporting_url=reporting))
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
        missing = [
            await get(session, f"/v1/jobs/{str(job_id)[:-2]}f{job_id.int & 15:x}", COORDINATOR)
            for job_id in jobs
        ]

    assert [(status, body["kind"], body["state"]) for status, body in shown] == [
        (200, "run_report", "queued"),
        (200, "sweep", "queued"),
    ]
    assert [body["state"] for _, body in after] == ["cancelled", "cancelled"]
    assert [(status, body["code"]) for status, body in missing] == [(404, "job_not_found")] * 2
