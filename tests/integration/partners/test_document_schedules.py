"""Schedules: set and changed as versions, moved by holidays, previewed, paused, and never reset by an edit."""

from datetime import UTC, datetime
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from tests.integration.partners.conftest import PartnersService
from tests.integration.service_callers import a_caller

SCHEDULES = "/v1/document-schedules"


def a_schedule(**changes: Any) -> dict[str, Any]:
    facts: dict[str, Any] = {
        "name": "Morning sheets",
        "kinds": ["payment_sheet"],
        "audience": "zones",
        "zones": [f"Z{uuid7().hex[-8:]}"],
        "recipient_roles": ["accounts"],
        "cron": "0 9 * * *",
        "time_zone": "Asia/Kolkata",
        "calendar": "IN-MH",
        "on_closed_day": "next_working_day",
        "valid_from": "2026-01-01",
    }
    return facts | changes


async def call(service: PartnersService, method: str, path: str, **sent: Any) -> Any:
    as_somebody, _ = service
    async with as_somebody(a_caller()) as client:
        return await client.request(method, path, **sent)


async def set_one(service: PartnersService, **changes: Any) -> dict[str, Any]:
    reply = await call(service, "POST", SCHEDULES, json=a_schedule(**changes))
    assert reply.status_code == 201, reply.text
    body: dict[str, Any] = reply.json()
    return body


async def test_a_change_is_a_new_version_that_needs_the_revision_it_was_decided_on(
    service: PartnersService,
) -> None:
    schedule = await set_one(service)
    path = f"{SCHEDULES}/{schedule['id']}"
    change = {
        "cron": "30 10 * * MON",
        "quiet_hours": {"begins": "20:00", "ends": "08:00"},
        "note": "Asked for",
        "formats": ["xlsx"],
    }

    missing = await call(service, "PATCH", path, json=change)
    changed = await call(service, "PATCH", path, json=change, headers={"If-Match": '"1"'})
    stale = await call(service, "PATCH", path, json=change, headers={"If-Match": '"1"'})
    same = await call(service, "PATCH", path, json={"cron": "30 10 * * MON"}, headers={"If-Match": '"2"'})
    versions = (await call(service, "GET", f"{path}/versions")).json()["items"]

    assert (missing.status_code, stale.status_code) == (428, 412)
    assert changed.headers["etag"] == '"2"'
    assert changed.json()["next_due_at"][11:] == "05:00:00Z"
    assert same.json()["revision"] == 2
    assert [(one["revision"], one["cron"], one["note"], one["formats"]) for one in versions] == [
        (2, "30 10 * * MON", "Asked for", ["xlsx"]), (1, "0 9 * * *", None, ["pdf"]),
    ]  # fmt: skip


async def test_a_paused_schedule_is_due_never_and_a_resumed_one_from_then_on(
    service: PartnersService,
) -> None:
    path = f"{SCHEDULES}/{(await set_one(service))['id']}"

    paused = await call(
        service, "POST", f"{path}/pause", json={"note": "Stocktaking"}, headers={"If-Match": '"1"'}
    )
    again = await call(service, "POST", f"{path}/pause", json={}, headers={"If-Match": '"2"'})
    resumed = await call(service, "POST", f"{path}/resumption", json={}, headers={"If-Match": '"2"'})

    assert (paused.json()["is_paused"], paused.json()["next_due_at"]) == (True, None)
    assert again.json()["code"] == "schedule_state"
    assert resumed.json()["revision"] == 3
    assert datetime.fromisoformat(resumed.json()["next_due_at"]) > datetime.now(UTC)


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"cron": "0 9 31 2 *"}, "/cron"),
        ({"time_zone": "Asia/Bombay City"}, "/time_zone"),
        ({"calendar": None}, "/calendar"),
        ({"calendar": "XX"}, "/calendar"),
        ({"zones": []}, "/zones"),
        ({"audience": "partners", "zones": [], "partner_codes": ["NOBODY-1"]}, "/partner_codes/0"),
        ({"valid_to": "2025-12-31"}, "/valid_to"),
        ({"valid_to": "2026-01-31"}, "/cron"),
        ({"quiet_hours": {"begins": "08:00", "ends": "08:00"}}, "/quiet_hours/until"),
        ({"formats": ["pdf", "docx"]}, "/formats/1"),
    ],
)
async def test_a_rule_that_cannot_be_followed_is_refused_where_it_is_wrong(
    service: PartnersService, changes: dict[str, Any], pointer: str
) -> None:
    reply = await call(service, "POST", SCHEDULES, json=a_schedule(**changes))

    assert reply.status_code == 422, reply.text
    assert [one["pointer"] for one in reply.json()["errors"]] == [pointer]


async def test_the_preview_names_the_holiday_that_moves_a_run_and_follows_a_new_one(
    service: PartnersService,
) -> None:
    code = f"T-{uuid7().hex[-8:].upper()}"
    calendar = {
        "code": code,
        "name": "A factory",
        "base": "IN-MH",
        "closed_weekdays": [7],
        "source": "The plant head",
    }
    shutdown = {"day": "2099-06-01", "name": "Shutdown of the plant", "source": "Circular 7"}
    assert (await call(service, "POST", "/v1/holiday-calendars", json=calendar)).status_code == 201
    schedule = await set_one(service, calendar=code, cron="0 9 1 * *", valid_from="2099-06-01")
    before = (await call(service, "GET", f"{SCHEDULES}/{schedule['id']}")).json()

    added = await call(service, "POST", f"/v1/holiday-calendars/{code}/days", json={"days": [shutdown]})
    after = (await call(service, "GET", f"{SCHEDULES}/{schedule['id']}")).json()
    preview = (await call(service, "GET", f"{SCHEDULES}/{schedule['id']}/preview?count=2")).json()
    days = (await call(service, "GET", f"/v1/holiday-calendars/{code}/days?day_gte=2099-01-01")).json()[
        "items"
    ]

    assert added.status_code == 201, added.text
    assert (before["next_due_at"], after["next_due_at"]) == ("2099-06-01T03:30:00Z", "2099-06-02T03:30:00Z")
    assert [(run["local_time"], [one["because"] for one in run["moved"]]) for run in preview["runs"]] == [
        ("2099-06-02T09:00+05:30", ["Shutdown of the plant"]), ("2099-07-01T09:00+05:30", []),
    ]  # fmt: skip
    assert [(one["day"], one["source"]) for one in days] == [("2099-06-01", "Circular 7")]


async def test_the_holidays_of_2026_are_known_with_their_source(service: PartnersService) -> None:
    state = (await call(service, "GET", "/v1/holiday-calendars/IN-MH/days")).json()["items"]
    national = (await call(service, "GET", "/v1/holiday-calendars/IN/days?day_lte=2026-12-31")).json()[
        "items"
    ]

    assert {"2026-11-10", "2026-12-25"} <= {one["day"] for one in state}
    assert [one["day"] for one in national] == ["2026-01-26", "2026-08-15", "2026-10-02"]
    assert all(one["source"] for one in state + national)


async def test_the_calendar_shows_the_runs_of_all_schedules_by_day_in_pages(service: PartnersService) -> None:
    morning = await set_one(
        service, name="In the morning", cron="0 9 * * *", valid_from="2098-03-01", valid_to="2098-03-02"
    )
    evening = await set_one(
        service, name="In the evening", cron="0 18 1 * *", valid_from="2098-03-01", valid_to="2098-03-31"
    )
    path, seen, cursor = (
        f"{SCHEDULES}/calendar?from=2098-03-01&to=2098-03-04&limit=2",
        list[tuple[str, str]](),
        "",
    )

    while cursor is not None:
        page = (await call(service, "GET", path + (f"&cursor={cursor}" if cursor else ""))).json()
        cursor = page["next_cursor"]
        ours = {morning["id"], evening["id"]}
        seen += [(one["local_time"], one["name"]) for one in page["items"] if one["schedule_id"] in ours]
    too_long = await call(service, "GET", f"{SCHEDULES}/calendar?from=2098-03-01&to=2099-03-01")

    # The second of March 2098 is a Sunday.
    assert seen == [
        ("2098-03-01T09:00+05:30", "In the morning"), ("2098-03-01T18:00+05:30", "In the evening"),
        ("2098-03-03T09:00+05:30", "In the morning"),
    ]  # fmt: skip
    assert too_long.json()["code"] == "day_range_too_long"


async def test_the_list_finds_what_a_partner_gets(service: PartnersService) -> None:
    zone = f"Z{uuid7().hex[-8:]}"
    partner = {"code": f"SCH{uuid7().hex[-8:].upper()}", "name": "Mula Pumps", "zone": zone}
    await call(service, "POST", "/v1/partners/batch", json=[partner])
    by_zone = await set_one(service, zones=[zone])
    by_code = await set_one(service, audience="partners", zones=[], partner_codes=[partner["code"]])
    await set_one(service)

    found = (await call(service, "GET", f"{SCHEDULES}?partner_code={partner['code']}&limit=200")).json()[
        "items"
    ]

    assert {by_zone["id"], by_code["id"]} <= {one["id"] for one in found}
    assert all(zone in one["zones"] or one["partner_codes"] or one["audience"] == "all" for one in found)
