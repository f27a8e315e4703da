"""System tasks: opened once per due instant, written into and never over, completed when nothing is missing."""

import asyncio
import base64
import hashlib
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from services.reporting.application.follow_checklist import follow_checklists
from shared.database import Database
from shared.identity import Caller
from tests.integration.reporting.conftest import ReportingService
from tests.integration.service_callers import a_caller

ANALYST = a_caller("analyst")
ITEMS = [
    {"name": "stale", "title": "Stale opportunities closed"},
    {"name": "users", "title": "Users who left taken out", "needs_evidence": True},
]


def a_checklist(**changed: Any) -> dict[str, Any]:
    name = f"list-{uuid7().hex[-10:]}"
    return {
        "name": name,
        "title": "Month-end review",
        "owner": "asha",
        "items": ITEMS,
        "due_days": 3,
        **changed,
    }


async def asked(
    service: ReportingService, method: str, path: str, caller: Caller = ANALYST, **options: Any
) -> httpx.Response:
    async with service[0](caller) as client:
        return await client.request(method, path, **options)


async def a_task(service: ReportingService, **changed: Any) -> dict[str, Any]:
    """A task of a new checklist."""
    draft = a_checklist(**changed)
    written = await asked(service, "POST", "/v1/task-checklists", json=draft)
    assert written.status_code == 201, written.text
    task = await asked(service, "POST", f"/v1/task-checklists/{draft['name']}/tasks")
    assert task.status_code == 201, task.text
    body: dict[str, Any] = task.json()
    return body


async def wrote(service: ReportingService, task: dict[str, Any], part: str, **body: Any) -> httpx.Response:
    """On the revision that the task has by now, which it gets."""
    path = f"/v1/system-tasks/{task['id']}/{part}"
    reply = await asked(
        service, "POST", path, json=body or None, headers={"If-Match": f'"{task["revision"]}"'}
    )
    if reply.status_code == 200:
        task["revision"] = reply.json()["revision"]
    return reply


async def test_a_task_is_completed_once_every_item_is_settled_and_shown(service: ReportingService) -> None:
    task = await a_task(service)

    await wrote(service, task, "items", item="stale", outcome="done", note="14 moved")
    await wrote(service, task, "items", item="users", outcome="done")
    early = await wrote(service, task, "completion")
    file = base64.b64encode(b"name,left_on\n").decode()
    shown = await wrote(
        service, task, "evidence", item="users", kind="file", reference="left.csv", content_base64=file
    )
    done = await wrote(service, task, "completion")
    late = await wrote(service, task, "items", item="stale", outcome="undone")
    again = await wrote(service, task, "reopening", reason="Two users were overlooked")
    entries = (await asked(service, "GET", f"/v1/system-tasks/{task['id']}/entries")).json()["items"]
    path = f"/v1/system-tasks/{task['id']}/entries/{entries[3]['id']}/file"
    read = await asked(service, "GET", path)
    hidden = await asked(service, "GET", path, a_caller("zonal_sales", zones={"Elsewhere"}))
    none = await asked(service, "GET", f"/v1/system-tasks/{task['id']}/entries/{entries[0]['id']}/file")

    assert (read.status_code, read.content) == (200, b"name,left_on\n")
    assert hashlib.sha256(read.content).hexdigest() == entries[3]["content_sha256"]
    assert read.headers["content-disposition"] == 'attachment; filename="left.csv"'
    assert (hidden.status_code, hidden.json()["code"]) == (404, "system_task_not_found")
    assert (none.status_code, none.json()["code"]) == (404, "task_evidence_not_found")
    assert (early.status_code, early.json()["code"]) == (409, "system_task_unfinished")
    assert [one["detail"] for one in early.json()["errors"]] == ["users needs evidence"]
    assert (shown.status_code, done.json()["state"], again.json()["state"]) == (200, "completed", "open")
    assert (late.status_code, late.json()["code"]) == (409, "system_task_completed")
    assert [one["kind"] for one in entries] == [
        "opened", "done", "done", "evidence", "completed", "reopened",
    ]  # fmt: skip
    assert entries[3]["content_sha256"] is not None


async def test_what_is_undone_is_open_again_and_nothing_is_overwritten(service: ReportingService) -> None:
    task = await a_task(service, items=ITEMS[:1])

    await wrote(service, task, "items", item="stale", outcome="done")
    await wrote(service, task, "items", item="stale", outcome="undone")
    early = await wrote(service, task, "completion")
    await wrote(service, task, "items", item="stale", outcome="not_applicable")
    done = await wrote(service, task, "completion")
    stale = await asked(
        service, "POST", f"/v1/system-tasks/{task['id']}/completion", headers={"If-Match": '"1"'}
    )

    assert (early.status_code, done.status_code, stale.status_code) == (409, 200, 412)


@pytest.mark.parametrize(
    ("evidence", "code"),
    [
        ({"item": "users", "kind": "link", "reference": "not a link"}, "evidence_invalid"),
        ({"item": "users", "kind": "snapshot", "reference": str(uuid7())}, "evidence_invalid"),
        ({"item": "users", "kind": "file", "reference": "empty.csv"}, "evidence_invalid"),
        ({"item": "roof", "kind": "note", "reference": "mended"}, "system_task_item_unknown"),
    ],
)
async def test_evidence_is_what_it_says(
    service: ReportingService, evidence: dict[str, str], code: str
) -> None:
    task = await a_task(service)

    reply = await wrote(service, task, "evidence", **evidence)

    assert (reply.status_code, reply.json()["code"]) == (422, code)


async def test_a_due_instant_opens_one_task_however_many_look(
    service: ReportingService, database_url: str
) -> None:
    draft = a_checklist(cron="0 9 L * *")
    written = await asked(service, "POST", "/v1/task-checklists", json=draft)
    database = Database(database_url, application_name="test-tasks")
    behind = datetime.now(UTC) - timedelta(days=70)
    async with database.engine.begin() as connection:
        await connection.execute(
            sa.text(
                "UPDATE task_checklists SET settled_until_at = :at, next_due_at = :at WHERE name = :name"
            ),
            {"at": behind, "name": draft["name"]},
        )

    await asyncio.gather(*(follow_checklists(database) for _ in range(3)))
    await database.close()

    assert written.json()["next_due_at"] is not None
    tasks = (await asked(service, "GET", f"/v1/system-tasks?checklist={draft['name']}")).json()["items"]
    instants = [one["opens_at"] for one in tasks]
    assert len(instants) in (2, 3)
    assert len(set(instants)) == len(instants)
    # Nine o'clock in India on the last day of a month.
    assert all(instant.endswith("T03:30:00Z") for instant in instants)


async def test_times_that_never_come_are_refused(service: ReportingService) -> None:
    reply = await asked(service, "POST", "/v1/task-checklists", json=a_checklist(cron="0 9 31 2 *"))

    assert reply.status_code == 422
    assert reply.json()["errors"][0]["pointer"] == "/cron"


async def test_zones_see_their_tasks_alone(service: ReportingService) -> None:
    own, others = await a_task(service, zone="West"), await a_task(service, zone="South")
    seller = a_caller("zonal_sales", zones=("West",))

    seen = [
        (await asked(service, "GET", f"/v1/system-tasks/{task['id']}", seller)).status_code
        for task in (own, others)
    ]
    listed = (await asked(service, "GET", "/v1/system-tasks", seller)).json()["items"]

    assert seen == [200, 404]
    assert {one["zone"] for one in listed} == {"West"}
