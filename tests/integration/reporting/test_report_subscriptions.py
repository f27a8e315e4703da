"""Subscriptions: each due instant once, sent on its condition, over the subscriber's rows, beside the report before."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from uuid_utils.compat import uuid7

from services.reporting.adapters.extracts import Extracts
from shared.database import Database
from shared.events.document_schedules import CalendarDayTold, HolidayCalendarChangedV1
from tests.factories.payment_facts import a_receipt, booked
from tests.factories.receiving_servers import Mailbox, certificate, mail_server
from tests.factories.told_facts import partner_told, told
from tests.integration.reporting.conftest import ReportingService, RunJob
from tests.integration.reporting.subscription_desk import (
    ANALYST,
    HOUSE,
    SubscriptionDesk,
    a_code,
    a_subscription,
    next_morning,
)
from tests.integration.service_callers import a_caller

MISSED = "salesops.reporting.subscription_missed.v1"
PUBLISHED = "salesops.reporting.report_published.v1"


@pytest.fixture(scope="module")
async def desk(
    service: ReportingService,
    run_job: RunJob,  # definitions that come with the system
    database_url: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> AsyncIterator[SubscriptionDesk]:
    assert run_job is not None
    database, extracts = Database(database_url, application_name="test-post"), Extracts()
    tls = certificate(tmp_path_factory.mktemp("tls"))
    async with mail_server(tls[0], Mailbox()) as mailbox:
        yield SubscriptionDesk(service, database, extracts, mailbox, tls)
    extracts.close()
    await database.close()


def letters_of(desk: SubscriptionDesk, address: str) -> list[EmailMessage]:
    return [one for one in desk.mailbox.letters if address in str(one["To"])]


def text_of(letter: EmailMessage) -> str:
    body = letter.get_body(("plain",))
    assert body is not None
    return str(body.get_content())


async def sent(desk: SubscriptionDesk, subscription: dict[str, Any], day: int) -> list[dict[str, Any]]:
    """The reports of the run that is due so many days after the first, made and posted."""
    await desk.fire(next_morning(subscription, day))
    run = (await desk.runs(subscription))[-1]
    await desk.make(run)
    await desk.post()
    return await desk.reports(subscription, run)


async def test_many_workers_fire_a_due_instant_once_and_its_letter_goes_once(desk: SubscriptionDesk) -> None:
    zone, address = a_code(), f"{a_code().lower()}@{HOUSE}"
    await desk.tell(booked(a_receipt(zone=zone, amount_minor=150_00)))
    subscription = await desk.subscribed(zone=zone, recipients=[{"name": "Meera", "address": address}])

    await desk.fire(next_morning(subscription), workers=6)
    (run,) = await desk.runs(subscription)
    await desk.make(run, times=2)
    await desk.post()
    await desk.post()

    (report,) = await desk.reports(subscription, run)
    assert (run["is_fired"], run["is_late"], report["outcome"]) == (True, False, "sent")
    assert [(one["state"], one["attempts"]) for one in report["letters"]] == [("sent", 1)]
    (letter,) = letters_of(desk, address)
    assert letter["Subject"] == "Daily collections and on-time booking, 2026-10-01 to 2026-10-31"
    assert "first of its kind" in text_of(letter)
    (attached,) = letter.iter_attachments()
    assert attached.get_filename() == "daily-collections-2026-10-01-to-2026-10-31.csv"
    assert "2026-10-05,INR,1,150.00" in attached.get_content()


async def test_the_letter_says_what_changed_since_the_report_before(desk: SubscriptionDesk) -> None:
    zone, address = a_code(), f"{a_code().lower()}@{HOUSE}"
    await desk.tell(booked(a_receipt(zone=zone, amount_minor=150_00)))
    subscription = await desk.subscribed(
        zone=zone, recipients=[{"name": "Meera", "address": address}], condition="when_changed"
    )

    (first,) = await sent(desk, subscription, 0)
    (same,) = await sent(desk, subscription, 1)
    await desk.tell(booked(a_receipt(zone=zone, amount_minor=1_00_000_00)))
    (changed,) = await sent(desk, subscription, 2)

    assert [one["outcome"] for one in (first, same, changed)] == ["sent", "unchanged", "sent"]
    assert same["letters"] == []
    assert changed["comparison"]["before_run_id"] == first["report_run_id"]
    assert (changed["comparison"]["changed"], changed["comparison"]["rows_alike"]) == (1, 0)
    body = text_of(letters_of(desk, address)[-1])
    assert "1,00,150.00 INR (before: 150.00)" in body
    assert "1 row changed, 0 came, 0 went" in body


async def test_an_empty_report_is_not_sent_when_that_is_not_wanted(desk: SubscriptionDesk) -> None:
    subscription = await desk.subscribed(zone=a_code(), condition="when_not_empty")

    (report,) = await sent(desk, subscription, 0)

    assert (report["outcome"], report["letters"]) == ("empty", [])


@pytest.mark.parametrize(
    ("limit", "outcomes", "told"),
    [
        ({"above": "150.00"}, ["within_threshold", "sent"], ["Net: 250.00 (INR)"]),
        ({"below": "200", "currency": "USD"}, ["within_threshold", "within_threshold"], []),
        ({"place": "row", "above": "150"}, ["within_threshold", "within_threshold"], []),
    ],
)
async def test_a_report_goes_only_when_a_figure_is_beyond_its_limit(
    desk: SubscriptionDesk, limit: dict[str, str], outcomes: list[str], told: list[str]
) -> None:
    zone, address = a_code(), f"{a_code().lower()}@{HOUSE}"
    await desk.tell(booked(a_receipt(zone=zone, amount_minor=150_00)))
    subscription = await desk.subscribed(
        zone=zone,
        recipients=[{"name": "Meera", "address": address}],
        condition="beyond_threshold",
        threshold={"measure": "net", **limit},
    )

    (at_limit,) = await sent(desk, subscription, 0)
    await desk.tell(booked(a_receipt(zone=zone, amount_minor=100_00, received_on=date(2026, 10, 6))))
    (later,) = await sent(desk, subscription, 1)

    assert subscription["threshold"]["measure"] == "net"
    assert [one["outcome"] for one in (at_limit, later)] == outcomes
    assert (at_limit["letters"], later["beyond"]) == ([], told)
    assert ["Beyond the limit" in text_of(one) for one in letters_of(desk, address)] == [True] * len(told)


@pytest.mark.parametrize(
    ("changed", "pointer"),
    [
        ({"condition": "beyond_threshold"}, "/threshold"),
        ({"threshold": {"measure": "net", "above": "1"}}, "/threshold"),
        ({"condition": "beyond_threshold", "threshold": {"measure": "net"}}, "/threshold/above"),
        (
            {"condition": "beyond_threshold", "threshold": {"measure": "weather", "above": "1"}},
            "/threshold/measure",
        ),
        ({"partner_zones": ["West"]}, "/partner_roles"),
    ],
)
async def test_a_limit_that_cannot_be_looked_at_is_refused(
    desk: SubscriptionDesk, changed: dict[str, Any], pointer: str
) -> None:
    reply = await desk.ask("POST", "", json=a_subscription(**changed))

    assert (reply.status_code, reply.json()["code"]) == (422, "schedule_invalid")
    assert [one["pointer"] for one in reply.json()["errors"]] == [pointer]


async def test_partners_of_a_zone_are_those_that_it_has_when_the_report_is_due(
    desk: SubscriptionDesk,
) -> None:
    zone, other = a_code(), a_code()
    there, gone, merged, late = (a_code() for _ in range(4))
    await desk.tell(
        partner_told(there, zone=zone),
        partner_told(gone, zone=zone),
        partner_told(merged, zone=zone, version=2, merged_into=there),
    )
    wish: dict[str, Any] = {"recipients": [], "partner_zones": [zone], "partner_roles": ["accounts"]}
    stranger = await desk.ask(
        "POST", "", a_caller("zonal_sales", zones=(other,)), json=a_subscription(**wish)
    )
    caller = a_caller("zonal_sales", zones=(zone,))
    subscription = await desk.subscribed(caller, **wish)
    await desk.tell(partner_told(gone, zone=other, version=2), partner_told(late, zone=zone))

    await desk.fire(next_morning(subscription))
    (run,) = await desk.runs(subscription, caller)
    await desk.make(run)

    assert (stranger.status_code, stranger.json()["code"]) == (422, "recipient_outside")
    assert {one["partner_code"] for one in await desk.reports(subscription, run, caller)} == {there, late}


@pytest.mark.parametrize(("rule", "fired"), [("newest", 1), ("all", 3), ("report", 0)])
async def test_what_fell_into_downtime_is_made_up_for_by_the_rule_and_told(
    desk: SubscriptionDesk, rule: str, fired: int
) -> None:
    subscription = await desk.subscribed(catch_up=rule)
    at = next_morning(subscription, 2) + timedelta(hours=3)

    noticed = await desk.watch(at)
    again = await desk.watch(at)
    await desk.fire(at, workers=3)
    runs = await desk.runs(subscription)

    assert (noticed >= 1, again) == (True, 0)
    assert [run["is_fired"] for run in runs] == [False] * (3 - fired) + [True] * fired
    reasons = [one["reason"] for one in desk.told(MISSED, subscription["id"])]
    assert reasons == ["not_started", *["skipped"] * (3 - fired), *["late"] * fired]


async def test_what_is_sent_shows_the_rows_of_the_subscriber_alone(desk: SubscriptionDesk) -> None:
    own, other, address = a_code(), a_code(), f"{a_code().lower()}@{HOUSE}"
    await desk.tell(booked(a_receipt(zone=own, amount_minor=7_00), a_receipt(zone=other, amount_minor=9_00)))
    caller = a_caller("zonal_sales", zones={own})
    subscription = await desk.subscribed(caller, recipients=[{"name": "Zone", "address": address}])

    await desk.fire(next_morning(subscription))
    (run,) = await desk.runs(subscription, caller)
    await desk.make(run)
    await desk.post()
    elsewhere = await desk.ask(
        "GET", f"/{subscription['id']}", replace(a_caller("zonal_sales"), subject="another")
    )

    (letter,) = letters_of(desk, address)
    (attached,) = letter.iter_attachments()
    table = attached.get_content()
    assert "2026-10-05,INR,1,7.00" in table
    assert len(table.splitlines()) == 2
    assert elsewhere.status_code == 404


async def test_partners_get_their_own_rows_by_an_event(desk: SubscriptionDesk) -> None:
    first, second = a_code(), a_code()
    await desk.tell(
        partner_told(first),
        partner_told(second),
        booked(
            a_receipt(partner_code=first, amount_minor=11_00),
            a_receipt(partner_code=second, amount_minor=13_00),
        ),
    )
    subscription = await desk.subscribed(
        recipients=[], partner_codes=[first, second], partner_roles=["accounts"], formats=["pdf", "csv"]
    )

    reports = await sent(desk, subscription, 0)

    published = desk.told(PUBLISHED, subscription["id"])
    assert [one["partner_code"] for one in published] == [first, second]
    assert [one["partner_code"] for one in reports] == [first, second]
    assert published[0]["content_path"] == f"/v1/report-runs/{reports[0]['report_run_id']}/content"
    async with desk.service[0](replace(a_caller("integration"), subject="key:1")) as client:
        reply = await client.get(published[0]["content_path"], params={"format": "csv"})
    assert reply.status_code == 200
    assert ("11.00" in reply.text, "13.00" in reply.text) == (True, False)


async def test_one_refused_letter_stops_no_other_and_is_tried_again(desk: SubscriptionDesk) -> None:
    addresses = [f"{a_code().lower()}@{HOUSE}" for _ in range(2)]
    subscription = await desk.subscribed(
        zone=a_code(), recipients=[{"name": "One", "address": one} for one in addresses]
    )
    await desk.fire(next_morning(subscription))
    (run,) = await desk.runs(subscription)
    await desk.make(run)
    desk.mailbox.refusal = "451 4.3.0 later"

    await desk.post()
    (waiting,) = await desk.reports(subscription, run)
    desk.mailbox.refusal = "550 5.1.1 unknown"
    await desk.post(datetime.fromisoformat(waiting["letters"][0]["next_attempt_at"]) + timedelta(minutes=1))
    desk.mailbox.refusal = None
    (ended,) = await desk.reports(subscription, run)

    assert {(one["state"], one["said"]) for one in waiting["letters"]} == {("queued", "451 4.3.0 later")}
    assert {(one["state"], one["attempts"]) for one in ended["letters"]} == {("failed", 2)}


async def test_a_pause_lets_nothing_fall_due_and_nothing_of_it_is_made_up_for(desk: SubscriptionDesk) -> None:
    subscription = await desk.subscribed(zone=a_code())
    path, etag = f"/{subscription['id']}", {"If-Match": '"1"'}

    blind = await desk.ask("POST", f"{path}/pause", json={})
    paused = await desk.ask("POST", f"{path}/pause", json={"note": "holidays"}, headers=etag)
    twice = await desk.ask("POST", f"{path}/pause", json={}, headers={"If-Match": '"2"'})
    await desk.fire(next_morning(subscription, 3))
    stale = await desk.ask("POST", f"{path}/resumption", json={}, headers=etag)
    resumed = await desk.ask("POST", f"{path}/resumption", json={}, headers={"If-Match": '"2"'})

    assert (blind.status_code, twice.status_code, stale.status_code) == (428, 409, 412)
    assert (paused.json()["is_paused"], paused.json()["next_due_at"]) == (True, None)
    assert resumed.json()["next_due_at"] == subscription["next_due_at"]
    assert await desk.runs(subscription) == []


async def test_the_preview_moves_runs_off_holidays_that_partners_told_of(desk: SubscriptionDesk) -> None:
    code = a_code()
    holiday = date(2027, 3, 22)
    calendar = HolidayCalendarChangedV1(
        code=code,
        name="Test",
        closed_weekdays=(7,),
        closed_saturdays=(),
        days=(CalendarDayTold(day=holiday, is_working=False, name="Holi"),),
        changed_at=datetime.fromisoformat("2026-11-20T00:00:00Z"),
    )
    await desk.tell(told(calendar))

    subscription = await desk.subscribed(
        calendar=code, on_closed_day="next_working_day", valid_from="2027-03-21"
    )
    preview = (await desk.ask("GET", f"/{subscription['id']}/preview?count=2")).json()["runs"]

    assert [one["local_time"] for one in preview] == ["2027-03-23T09:00+05:30", "2027-03-24T09:00+05:30"]
    assert [one["because"] for one in preview[0]["moved"]] == ["Sunday", "Holi"]
    assert subscription["next_due_at"] == "2027-03-23T03:30:00Z"
    worked = calendar.model_copy(update={"days": (), "changed_at": calendar.changed_at + timedelta(hours=1)})
    await desk.tell(told(worked), told(calendar))
    moved = (await desk.ask("GET", f"/{subscription['id']}")).json()
    assert moved["next_due_at"] == "2027-03-22T03:30:00Z"


@pytest.mark.parametrize(
    ("changed", "code", "pointer"),
    [
        ({"cron": "99 9 * * *"}, "schedule_invalid", "/cron"),
        ({"recipients": []}, "schedule_invalid", "/recipients"),
        ({"on_closed_day": "skip"}, "schedule_invalid", "/calendar"),
        ({"calendar": "XX"}, "holiday_calendar_unknown", "/calendar"),
        (
            {"recipients": [{"name": "X", "address": "x@elsewhere.example"}]},
            "recipient_outside",
            "/recipients/0/address",
        ),
        (
            {"partner_codes": ["NOBODY"], "partner_roles": ["accounts"]},
            "recipient_outside",
            "/partner_codes/0",
        ),
        ({"definition": "no-such"}, "report_definition_not_found", None),
        ({"period": "some day"}, "period_unknown", "/parameters/period"),
    ],
)
async def test_what_cannot_be_followed_is_refused_with_what_is_expected(
    desk: SubscriptionDesk, changed: dict[str, Any], code: str, pointer: str | None
) -> None:
    reply = await desk.ask("POST", "", ANALYST, json=a_subscription(**changed))

    assert reply.json()["code"] == code
    assert pointer is None or pointer in [one["pointer"] for one in reply.json()["errors"]]


async def test_a_report_that_went_meanwhile_leaves_its_reason_with_the_run(desk: SubscriptionDesk) -> None:
    name = f"report-{uuid7().hex[-12:]}"
    draft = {
        "name": name, "title": "Mine", "source": "collections", "groups": ["zone"],
        "measures": [{"name": "n", "function": "count"}], "parameters": {"period": "today"},
    }  # fmt: skip
    coordinator = a_caller("coordinator")
    async with desk.service[0](ANALYST) as client:
        await client.post("/v1/report-definitions", json={**draft, "audience": ["coordinator", "analyst"]})
        subscription = await desk.subscribed(coordinator, definition=name)
        changed = {**draft, "audience": ["analyst"]}
        await client.put(f"/v1/report-definitions/{name}", json=changed, headers={"If-Match": '"1"'})

    await desk.fire(next_morning(subscription))
    (run,) = await desk.runs(subscription)

    assert (run["is_fired"], run["reports"]) == (True, 0)
    assert run["refusal"] == "There is no such definition, or it is not for you"
