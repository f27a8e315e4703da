"""Snapshots by the clock: each due instant once, missed ones told, what fails tried again and never in silence."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import pytest
import sqlalchemy as sa
from prometheus_client import REGISTRY
from uuid_utils.compat import uuid7

from services.reporting.adapters.standing import REPORTING_STANDING
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.application.follow_sources import follow_source, watch_sources
from services.reporting.settings import ReportingSettings
from shared.database import Database
from tests.integration.reporting.conftest import ReportingService, RunJob
from tests.integration.reporting.test_data_reviews import a_rule, asked, counting
from tests.integration.reporting.test_source_connectors import ROWS, described, dropped, read_by_us
from tests.integration.service_callers import a_caller

HOURLY = {"cron": "30 * * * *", "time_zone": "Asia/Kolkata"}
Follow = Callable[[datetime], Awaitable[bool]]


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    database = Database(database_url, application_name="test-schedules")
    yield database
    await database.close()


class Clocked:
    """A source with a folder that is looked at every hour, and the timer that follows it."""

    def __init__(self, name: str, system_id: UUID, folder: Path, database: Database) -> None:
        self.name, self.id, self.folder, self._database = name, system_id, folder, database

    async def follow(self, at: datetime) -> bool:
        async with UnitOfWork(self._database) as work:
            did = await follow_source(work, self.id, at)
            await work.commit()
        return did

    async def jobs(self) -> list[str]:
        async with self._database.reading() as connection:
            found = await connection.execute(
                sa.text("SELECT job_id FROM source_snapshots WHERE system_id = :id ORDER BY id"),
                {"id": self.id},
            )
            return [str(row.job_id) for row in found]


@pytest.fixture
async def clocked(
    service: ReportingService, reporting_settings: ReportingSettings, database: Database
) -> Clocked:
    place = f"drop-{uuid7().hex[-8:]}"
    draft = {**read_by_us("folder", {"place": place}), "schedule": HOURLY}
    name = await described(service, draft)
    shown = (await asked(service, "GET", f"/v1/source-systems/{name}")).json()
    folder = Path(reporting_settings.source_folder) / place
    folder.mkdir()
    return Clocked(name, UUID(shown["id"]), folder, database)


async def standing(service: ReportingService, clocked: Clocked) -> dict[str, Any]:
    found: dict[str, Any] = (
        await asked(service, "GET", f"/v1/source-systems/{clocked.name}/schedule")
    ).json()
    return found


async def runs(service: ReportingService, clocked: Clocked) -> list[dict[str, Any]]:
    reply = await asked(service, "GET", f"/v1/source-systems/{clocked.name}/schedule-runs")
    found: list[dict[str, Any]] = reply.json()["items"]
    return found


async def due_at(service: ReportingService, clocked: Clocked) -> datetime:
    return datetime.fromisoformat((await standing(service, clocked))["next_due_at"])


async def test_a_due_instant_has_one_snapshot_however_many_workers_there_are(
    service: ReportingService, clocked: Clocked, review_job: RunJob
) -> None:
    dropped(clocked.folder, "accounts_1.csv", ROWS)
    due = await due_at(service, clocked)

    early = await clocked.follow(due - timedelta(seconds=1))
    did = await asyncio.gather(*(clocked.follow(due + timedelta(seconds=1)) for _ in range(3)))
    (job,) = await clocked.jobs()
    await review_job(job)
    await clocked.follow(due + timedelta(minutes=1))

    assert (early, did.count(True)) == (False, 1)
    (run,) = await runs(service, clocked)
    assert (datetime.fromisoformat(run["due_at"]), run["state"], run["missed"]) == (due, "succeeded", [])
    after = await standing(service, clocked)
    assert datetime.fromisoformat(after["next_due_at"]) == due + timedelta(hours=1)
    assert (after["failures"], after["problem_code"]) == (0, None)
    assert due.astimezone(UTC).minute == 0  # half past on clocks of India


async def test_after_downtime_one_snapshot_makes_up_for_all_and_the_others_are_told(
    service: ReportingService, clocked: Clocked, database: Database
) -> None:
    due = await due_at(service, clocked)
    later = due + timedelta(hours=2, minutes=20)

    async with UnitOfWork(database) as work:
        await watch_sources(work, later)
        await work.commit()
    await clocked.follow(later)

    newest, second, first = await runs(service, clocked)
    assert newest["snapshot_id"] is not None
    assert [one["snapshot_id"] for one in (second, first)] == [None, None]
    assert [one["missed"] for one in (newest, second, first)] == [
        ["late"], ["skipped"], ["not_started", "skipped"],
    ]  # fmt: skip
    assert len(await clocked.jobs()) == 1


async def test_what_does_not_answer_is_tried_again_ever_later_until_it_does(
    service: ReportingService, clocked: Clocked, review_job: RunJob
) -> None:
    due = await due_at(service, clocked)
    await clocked.follow(due)
    await review_job((await clocked.jobs())[-1])
    await clocked.follow(due + timedelta(minutes=1))
    first = await standing(service, clocked)
    await clocked.follow(due + timedelta(minutes=5))
    too_early = len(await clocked.jobs())
    await clocked.follow(due + timedelta(minutes=6))
    await review_job((await clocked.jobs())[-1])
    await clocked.follow(due + timedelta(minutes=7))
    second = await standing(service, clocked)
    dropped(clocked.folder, "accounts_1.csv", ROWS)
    await clocked.follow(due + timedelta(minutes=17))
    await review_job((await clocked.jobs())[-1])
    await clocked.follow(due + timedelta(minutes=18))
    mended = await standing(service, clocked)

    assert (first["failures"], first["problem_code"]) == (1, "source_unreachable")
    assert "accounts" in first["problem"]
    assert too_early == 1
    assert datetime.fromisoformat(first["retry_at"]) == due + timedelta(minutes=6)
    assert datetime.fromisoformat(second["retry_at"]) == due + timedelta(minutes=17)
    assert (second["failures"], second["problem_since_at"]) == (2, first["problem_since_at"])
    assert [mended[name] for name in ("failures", "retry_at", "problem_code", "problem_since_at")] == [
        0, None, None, None,
    ]  # fmt: skip
    assert len(await runs(service, clocked)) == 1


async def told(database: Database, clocked: Clocked, event: str) -> list[dict[str, Any]]:
    """What left about this system."""
    statement = sa.text("SELECT body FROM outbox WHERE type = :type ORDER BY position")
    async with database.reading() as connection:
        rows = await connection.execute(statement, {"type": f"salesops.reporting.{event}.v1"})
        facts = [msgspec.json.decode(row.body)["data"] for row in rows]
    return [one for one in facts if one["system"] == clocked.name]


async def test_whoever_watches_hears_of_failures_misses_and_issues(
    service: ReportingService, clocked: Clocked, review_job: RunJob, database: Database
) -> None:
    due = await due_at(service, clocked)
    await clocked.follow(due + timedelta(minutes=20))
    await review_job((await clocked.jobs())[-1])
    await clocked.follow(due + timedelta(minutes=21))
    dropped(clocked.folder, "accounts_1.csv", ROWS)
    await clocked.follow(due + timedelta(minutes=26))
    await review_job((await clocked.jobs())[-1])
    await counting(service, a_rule(clocked.name, {"kind": "required", "fields": ["name"]}))
    dropped(clocked.folder, "accounts_2.csv", ROWS.replace("Iyer Motors", ""))
    await clocked.follow(due + timedelta(hours=1))
    await review_job((await clocked.jobs())[-1])

    (missed,) = await told(database, clocked, "source_snapshot_missed")
    (failed,) = await told(database, clocked, "source_snapshot_failed")
    (issues,) = await told(database, clocked, "data_issues_changed")
    assert (missed["reason"], missed["late_seconds"]) == ("late", 1200)
    assert (failed["problem_code"], failed["failures"]) == ("source_unreachable", 1)
    assert (issues["opened"], issues["resolved"]) == (1, 0)


async def test_the_board_of_data_quality_shows_what_the_newest_review_found(
    service: ReportingService, clocked: Clocked, review_job: RunJob
) -> None:
    dropped(clocked.folder, "accounts_1.csv", ROWS.replace("Iyer Motors", ""))
    due = await due_at(service, clocked)
    await clocked.follow(due)
    await review_job((await clocked.jobs())[-1])
    await counting(service, a_rule(clocked.name, {"kind": "required", "fields": ["name"]}))
    unseen = await asked(service, "GET", "/v1/dashboards/data-quality")
    await clocked.follow(due + timedelta(hours=1))
    await review_job((await clocked.jobs())[-1])

    seen = await asked(
        service, "GET", "/v1/dashboards/data-quality", headers={"If-None-Match": unseen.headers["ETag"]}
    )
    of_south = await asked(service, "GET", "/v1/dashboards/data-quality?zone=South", a_caller("analyst"))

    assert seen.status_code == 200
    assert points(seen.json(), clocked.name) == {"reviewed": "2", "with_issues": "1", "score": "0.5000"}
    assert points(of_south.json(), clocked.name)["score"] == "0.0000"


def points(board: dict[str, Any], system: str) -> dict[str, Any]:
    """Of one system, by series."""
    return {
        one["name"]: point["value"]
        for one in board["series"]
        for point in one["points"]
        if point["part"] == system
    }


async def test_what_somebody_has_to_mend_waits_and_is_seen(
    service: ReportingService, clocked: Clocked, review_job: RunJob
) -> None:
    dropped(clocked.folder, "accounts_1.csv", "Code\nCP-1,too,many")
    due = await due_at(service, clocked)
    await clocked.follow(due)
    await review_job((await clocked.jobs())[-1])

    await clocked.follow(due + timedelta(minutes=1))

    found = await standing(service, clocked)
    assert (found["problem_code"], found["retry_at"], found["failures"]) == ("source_unreadable", None, 1)


async def test_operators_see_of_each_source_what_failed_what_was_missed_and_how_old_it_is(
    service: ReportingService, clocked: Clocked, review_job: RunJob, database: Database
) -> None:
    due = await due_at(service, clocked)
    await clocked.follow(due + timedelta(hours=1, minutes=20))  # one is left out, one is late
    await review_job((await clocked.jobs())[-1])
    await clocked.follow(due + timedelta(hours=1, minutes=21))
    failing = await watched(database, clocked)
    dropped(clocked.folder, "accounts_1.csv", ROWS)
    await clocked.follow(due + timedelta(hours=1, minutes=27))
    await review_job((await clocked.jobs())[-1])
    await clocked.follow(due + timedelta(hours=1, minutes=28))
    mended = await watched(database, clocked)

    assert failing["source_problem_seconds"] > 0
    assert (failing["source_snapshots_failed_lately"], failing["source_snapshots_missed_lately"]) == (1, 2)
    assert mended["source_problem_seconds"] == 0
    assert (mended["source_snapshots_failed_lately"], mended["source_snapshots_missed_lately"]) == (1, 2)
    assert failing["source_snapshot_age_seconds"] > 0


async def watched(database: Database, clocked: Clocked) -> dict[str, float]:
    """What workers show of this source."""
    await REPORTING_STANDING.read(database)
    names = ("problem_seconds", "snapshots_failed_lately", "snapshots_missed_lately", "snapshot_age_seconds")
    found = {
        f"source_{name}": REGISTRY.get_sample_value(f"source_{name}", {"system": clocked.name})
        for name in names
    }
    return {name: value for name, value in found.items() if value is not None}


async def test_a_snapshot_that_somebody_cancels_mends_nothing(
    service: ReportingService, clocked: Clocked, review_job: RunJob, database: Database
) -> None:
    due = await due_at(service, clocked)
    await clocked.follow(due)
    await review_job((await clocked.jobs())[-1])
    await clocked.follow(due + timedelta(minutes=1))
    await clocked.follow(due + timedelta(minutes=6))
    async with database.engine.begin() as connection:
        cancelled = "UPDATE jobs SET state = 'cancelled', finished_at = now() WHERE id = CAST(:id AS uuid)"
        await connection.execute(sa.text(cancelled), {"id": (await clocked.jobs())[-1]})

    did = await clocked.follow(due + timedelta(minutes=7))

    found = await standing(service, clocked)
    assert (did, found["failures"], found["problem_code"]) == (True, 1, "source_unreachable")
    assert not await clocked.follow(due + timedelta(minutes=8))


async def test_a_schedule_that_is_taken_away_stops_and_one_that_comes_back_begins_then(
    service: ReportingService, clocked: Clocked
) -> None:
    path = f"/v1/source-systems/{clocked.name}"
    body = (await asked(service, "GET", path)).json()
    draft = {name: body[name] for name in ("name", "title", "kind", "owner", "objects", "connection")}

    taken_away = await asked(service, "PUT", path, json=draft, headers={"If-Match": '"1"'})
    rests = await standing(service, clocked)
    did = await clocked.follow(datetime.now(UTC) + timedelta(days=2))
    back = await asked(service, "PUT", path, json={**draft, "schedule": HOURLY}, headers={"If-Match": '"2"'})

    assert (taken_away.status_code, back.status_code) == (200, 200)
    assert (rests["cron"], rests["next_due_at"], did) == (None, None, False)
    assert await due_at(service, clocked) > datetime.now(UTC)


@pytest.mark.parametrize(
    ("schedule", "pointer"),
    [
        ({"cron": "61 * * * *"}, "/schedule/cron"),
        ({"cron": "30 6 * * *", "time_zone": "Asia/Nowhere"}, "/schedule/time_zone"),
    ],
)
async def test_times_that_never_come_are_refused(
    service: ReportingService, schedule: dict[str, str], pointer: str
) -> None:
    draft = {**read_by_us("folder", {"place": "bms"}), "schedule": schedule}

    reply = await asked(service, "POST", "/v1/source-systems", json=draft)

    assert (reply.status_code, reply.json()["errors"][0]["pointer"]) == (422, pointer)
