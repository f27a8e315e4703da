"""Schedules of a zone of their own, as tests set, fire and look at them."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from services.partners.adapters.schedule_store import Setting, schedule_to_change
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.application.fire_schedules import fire_schedule
from services.partners.application.set_schedule import set_schedule
from services.partners.domain.schedule import (
    Audience,
    Schedule,
    ScheduleChannel,
    ScheduledKind,
    ScheduleRule,
    SendCondition,
)
from shared.database import Database
from shared.identity import Caller
from shared.messaging.consumer import Apply
from shared.scheduling.timing import CatchUp, ClosedDayRule, Timing
from tests.factories.payment_facts import an_invoice, registered
from tests.integration.service_callers import a_caller

As = Callable[[Caller], AbstractAsyncContextManager[httpx.AsyncClient]]
# 09:00 in India on a Thursday.
DUE = datetime(2026, 11, 26, 3, 30, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass
class Desk:
    """Schedules of a zone of their own, set a day before they are due."""

    service: tuple[As, Apply]
    database: Database
    zone: str = field(default_factory=lambda: f"Z{uuid7().hex[-8:]}")

    async def partners(self, count: int, **facts: Any) -> list[str]:
        codes = [f"RUN{uuid7().hex[-10:].upper()}" for _ in range(count)]
        drafts = [{"code": code, "name": "Krishna Engines", "zone": self.zone} | facts for code in codes]
        async with self.service[0](a_caller()) as client:
            assert (await client.post("/v1/partners/batch", json=drafts)).json()["accepted"] == count
        return codes

    async def sheets(self, codes: list[str], due_on: date = date(2026, 11, 1)) -> None:
        """An open invoice of each."""
        invoices = [an_invoice(partner_code=code, number=f"I/{code}", due_on=due_on) for code in codes]
        for start in range(0, len(invoices), 200):
            await self.service[1]([registered(*invoices[start : start + 200])])

    async def schedule(self, at: datetime = DUE - DAY, **changes: Any) -> UUID:
        timing: dict[str, Any] = {
            "cron": "0 9 * * *",
            "time_zone": "Asia/Kolkata",
            "on_closed_day": ClosedDayRule.RUN,
            "valid_from": date(2026, 1, 1),
            "valid_to": None,
        }
        facts: dict[str, Any] = {
            "name": "Morning sheets",
            "kinds": (ScheduledKind.PAYMENT_SHEET,),
            "audience": Audience.ZONES,
            "partner_codes": (),
            "zones": (self.zone,),
            "recipient_roles": ("accounts",),
            "channel": ScheduleChannel.CONTACT,
            "condition": SendCondition.ALWAYS,
            "catch_up": CatchUp.NEWEST,
            "calendar_code": None,
            "quiet_hours": None,
        }
        timing |= {name: changes.pop(name) for name in list(changes) if name in timing}
        async with UnitOfWork(self.database) as work:
            rule = ScheduleRule(timing=Timing(**timing), **facts | changes)
            schedule_id = await set_schedule(work, rule, Setting("test", at))
            await work.commit()
        return schedule_id

    async def fire(self, schedule_id: UUID, at: datetime = DUE) -> bool:
        async with UnitOfWork(self.database) as work:
            fired = await fire_schedule(work, schedule_id, at)
            await work.commit()
        return fired

    async def changing(self, work: UnitOfWork, schedule_id: UUID) -> Schedule:
        schedule = await schedule_to_change(work.connection, schedule_id)
        assert schedule is not None
        return schedule

    async def rows(self, query: str, schedule_id: UUID) -> list[Any]:
        async with self.database.reading() as connection:
            return list(await connection.execute(sa.text(query), {"id": schedule_id}))

    async def runs(self, schedule_id: UUID) -> list[tuple[datetime, bool]]:
        query = "SELECT due_at, is_fired FROM document_schedule_runs WHERE schedule_id = :id ORDER BY due_at"
        return [(row.due_at, row.is_fired) for row in await self.rows(query, schedule_id)]

    async def items(self, schedule_id: UUID) -> list[Any]:
        """Of the newest run."""
        return await self.rows(
            "SELECT * FROM document_schedule_items WHERE run_id = (SELECT id FROM document_schedule_runs"
            " WHERE schedule_id = :id AND is_fired ORDER BY due_at DESC LIMIT 1) ORDER BY partner_code, kind",
            schedule_id,
        )

    async def missed(self, schedule_id: UUID) -> list[tuple[str, datetime, int]]:
        """What was told: reason, due, and seconds late."""
        rows = await self.rows(
            "SELECT body FROM outbox WHERE type = 'salesops.partners.schedule_missed.v1'"
            " AND partition_key = 'schedule-' || CAST(CAST(:id AS uuid) AS text) ORDER BY position",
            schedule_id,
        )
        told = [msgspec.json.decode(row.body)["data"] for row in rows]
        return [(one["reason"], datetime.fromisoformat(one["due_at"]), one["late_seconds"]) for one in told]

    async def move_to_time_zone(self, schedule_id: UUID, time_zone: str) -> None:
        """Behind the back of the service, which knows no such zone."""
        async with self.database.engine.begin() as connection:
            for statement in (
                "ALTER TABLE document_schedule_versions DISABLE TRIGGER append_only",
                "UPDATE document_schedule_versions SET time_zone = :zone WHERE schedule_id = :id",
                "ALTER TABLE document_schedule_versions ENABLE TRIGGER append_only",
            ):
                values = {"zone": time_zone, "id": schedule_id} if ":zone" in statement else {}
                await connection.execute(sa.text(statement), values)
