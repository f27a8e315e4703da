"""Subscriptions as a worker sees them: fired at a time of the test's, their reports made, their letters handed in."""

import asyncio
import json
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import psycopg
from uuid_utils.compat import uuid7

from services.reporting.adapters.extracts import Extracts
from services.reporting.adapters.letter_frame import Sender
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.application.post_letters import Post, post_letters
from services.reporting.application.settle_subscriptions import watch_subscriptions
from services.reporting.worker import fire_subscriptions, subscribed_task
from shared.database import Database
from shared.identity import Caller
from shared.jobs import Job
from shared.mail.server import MailServer
from tests.factories.receiving_servers import Mailbox
from tests.integration.reporting.conftest import ReportingService
from tests.integration.service_callers import a_caller

ANALYST = a_caller("analyst")
HOUSE = "salesops.invalid"


def a_subscription(**changed: Any) -> dict[str, Any]:
    return {
        "name": "Morning collections",
        "definition": "daily-collections",
        "period": "2026-10",
        "recipients": [{"name": "Meera Joshi", "address": f"meera@{HOUSE}"}],
        "formats": ["csv"],
        "cron": "0 9 * * *",
        "valid_from": "2026-11-01",
        **changed,
    }


@dataclass
class SubscriptionDesk:
    """One worker of reporting in the test's hands."""

    service: ReportingService
    database: Database
    extracts: Extracts
    mailbox: Mailbox
    tls: tuple[ssl.SSLContext, Path]

    async def ask(self, method: str, path: str, caller: Caller = ANALYST, **options: Any) -> httpx.Response:
        async with self.service[0](caller) as client:
            return await client.request(method, f"/v1/report-subscriptions{path}", **options)

    async def subscribed(self, caller: Caller = ANALYST, **changed: Any) -> dict[str, Any]:
        reply = await self.ask("POST", "", caller, json=a_subscription(**changed))
        assert reply.status_code == 201, reply.text
        body: dict[str, Any] = reply.json()
        return body

    async def tell(self, *events: Any) -> None:
        await self.service[1](list(events))

    async def fire(self, at: datetime, workers: int = 1) -> None:
        """As so many workers do at once."""
        await asyncio.gather(*(fire_subscriptions(self.database, at) for _ in range(workers)))

    async def watch(self, at: datetime) -> int:
        async with UnitOfWork(self.database) as work:
            noticed = await watch_subscriptions(work, at)
            await work.commit()
        return noticed

    async def runs(self, subscription: dict[str, Any], caller: Caller = ANALYST) -> list[dict[str, Any]]:
        """The oldest first."""
        reply = await self.ask("GET", f"/{subscription['id']}/runs", caller)
        return list(reversed(reply.json()["items"]))

    async def reports(
        self, subscription: dict[str, Any], run: dict[str, Any], caller: Caller = ANALYST
    ) -> list[dict[str, Any]]:
        reply = await self.ask("GET", f"/{subscription['id']}/runs/{run['id']}/reports", caller)
        items: list[dict[str, Any]] = reply.json()["items"]
        return items

    async def make(self, run: dict[str, Any], *, times: int = 1) -> None:
        """What the job of a run does, as often as it is run."""
        for _ in range(times):
            job = await Job.start(self.database.engine, UUID(run["job_id"]))
            assert job is not None
            await subscribed_task(self.extracts).run(self.database, job)

    async def post(self, at: datetime | None = None) -> None:
        post = Post(self._server(), Sender(name="Sales operations", address=f"reports@{HOUSE}"))
        while await post_letters(self.database, post, at or datetime.now(UTC)):
            pass

    def _server(self) -> MailServer:
        return MailServer(
            host="127.0.0.1",
            port=self.mailbox.port,
            security="starttls",
            user="",
            password="",
            ca_file=str(self.tls[1]),
        )

    def told(self, event_type: str, subscription_id: str) -> Sequence[dict[str, Any]]:
        """What was told of the subscription, in order."""
        with psycopg.connect(self.database.url) as connection:
            rows = connection.execute(
                "SELECT body FROM outbox WHERE type = %s ORDER BY position", (event_type,)
            ).fetchall()
        told = [json.loads(bytes(row[0]))["data"] for row in rows]
        return [one for one in told if one["subscription_id"] == subscription_id]


def next_morning(subscription: dict[str, Any], days: int = 0) -> datetime:
    """When it is due next, and so many days later."""
    return datetime.fromisoformat(subscription["next_due_at"]) + timedelta(days=days)


def a_code() -> str:
    return f"SB-{uuid7().hex[-10:]}"
