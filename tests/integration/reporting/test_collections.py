"""Collections: opened with what is known, filled, checked, returned marked, accepted, gathered, reminded."""

import io
import zipfile
from datetime import UTC, date, datetime, timedelta
from typing import Any

import httpx
import sqlalchemy as sa
from uuid_utils.compat import uuid7

from services.reporting.adapters.submission_reading import entry_of_workbook
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.application.watch_collections import watch_collections
from services.reporting.domain.shipped_templates import SALES_FORECAST
from services.reporting.domain.template import sheet_columns
from shared.bulk_tables import CSV, WORKBOOK
from shared.database import Database
from shared.identity import Caller
from tests.factories.payment_facts import an_invoice, registered
from tests.factories.told_facts import order_told, partner_told
from tests.integration.reporting.conftest import ReportingService, RunJob
from tests.integration.reporting.test_report_runs import asked, rows, run
from tests.integration.service_callers import a_caller

COORDINATOR = a_caller("coordinator")
HEADER = "partner_code,product_code,quantity_2099_12,quantity_2100_01,quantity_2100_02"


async def a_partner(service: ReportingService, zone: str = "West") -> str:
    """With an order of 2.5 pieces of ENG-6."""
    code = f"C{uuid7().hex[-9:]}"
    told = [
        partner_told(code, zone=zone),
        order_told(f"O{code}", partner_code=code, ordered_on=date(2099, 11, 2)),
    ]
    await service[1](told)
    return code


async def opened(service: ReportingService, *keys: tuple[str, str], **changed: Any) -> dict[str, Any]:
    draft = {
        "template": "sales-forecast",
        "title": "Forecast of winter",
        "first_month": "2099-12",
        "due_at": "2099-11-30T12:30:00Z",
        "respondents": [{"kind": kind, "key": key} for kind, key in keys],
        **changed,
    }
    reply = await asked(service, "POST", "/v1/collections", COORDINATOR, json=draft)
    assert reply.status_code == 201, reply.text
    body: dict[str, Any] = reply.json()
    return body


async def respondents(
    service: ReportingService, collection: dict[str, Any], caller: Caller = COORDINATOR
) -> list[dict[str, Any]]:
    reply = await asked(service, "GET", f"/v1/collections/{collection['id']}/respondents", caller)
    assert reply.status_code == 200, reply.text
    items: list[dict[str, Any]] = reply.json()["items"]
    return items


async def workbook(
    service: ReportingService, respondent: dict[str, Any], caller: Caller = COORDINATOR
) -> bytes:
    reply = await asked(service, "GET", respondent["workbook_path"], caller)
    assert reply.status_code == 200, reply.text
    return reply.content


async def sent(
    service: ReportingService,
    collection: dict[str, Any],
    respondent: dict[str, Any],
    content: bytes,
    **options: Any,
) -> httpx.Response:
    headers = {"Content-Type": options.pop("media_type", CSV), **options.pop("headers", {})}
    path = f"/v1/collections/{collection['id']}/submissions"
    caller = options.pop("caller", COORDINATOR)
    return await asked(
        service,
        "POST",
        path,
        caller,
        params={"respondent": respondent["id"]},
        content=content,
        headers=headers,
    )


async def submitted(
    service: ReportingService,
    run_job: RunJob,
    collection: dict[str, Any],
    respondent: dict[str, Any],
    content: bytes,
    **options: Any,
) -> dict[str, Any]:
    reply = await sent(service, collection, respondent, content, **options)
    assert reply.status_code == 202, reply.text
    await run_job(reply.json()["job_id"])
    shown = await asked(service, "GET", f"/v1/submissions/{reply.json()['id']}", COORDINATOR)
    body: dict[str, Any] = shown.json()
    return body


def csv_of(*rows: str) -> bytes:
    return "\n".join([HEADER, *rows]).encode()


async def test_a_workbook_comes_with_what_was_ordered_and_is_filled_by_its_respondent_alone(
    service: ReportingService, run_job: RunJob
) -> None:
    code, other = await a_partner(service), await a_partner(service)
    collection = await opened(service, ("partner", code), ("partner", other))
    one, two = await respondents(service, collection)
    partner = a_caller("partner", partner_code=code)

    content = await workbook(service, one, partner)
    entry = entry_of_workbook(content, sheet_columns(SALES_FORECAST, date(2099, 12, 1), 3))
    foreign = await sent(service, collection, two, content, media_type=WORKBOOK)
    forged = await sent(service, collection, one, content[:-400], media_type=WORKBOOK)
    unseen = await asked(service, "GET", two["workbook_path"], partner)

    assert entry.rows[0].cells[:3] == [code, "ENG-6", "2.5"]
    assert (one["state"], one["rows_count"], one["name"]) == ("asked", 1, f"Partner {code} ({code})")
    assert (foreign.status_code, foreign.json()["code"]) == (422, "workbook_not_of_collection")
    assert (forged.status_code, forged.json()["code"]) == (400, "workbook_unreadable")
    assert (unseen.status_code, unseen.json()["code"]) == (404, "respondent_not_found")
    assert [row["id"] for row in await respondents(service, collection, partner)] == [one["id"]]


async def test_what_is_wrong_is_returned_marked_cell_by_cell(
    service: ReportingService, run_job: RunJob
) -> None:
    code = await a_partner(service)
    collection = await opened(service, ("partner", code))
    (one,) = await respondents(service, collection)

    shown = await submitted(
        service, run_job, collection, one, csv_of(f"{code},ENG-6,4,many,0", f"{code},ENG-6,1,1,1")
    )
    findings = await asked(service, "GET", f"/v1/submissions/{shown['id']}/findings", COORDINATOR)
    copy = await asked(service, "GET", f"/v1/submissions/{shown['id']}/marked-copy", COORDINATOR)
    refused = await asked(service, "POST", f"/v1/submissions/{shown['id']}/acceptance", COORDINATOR, json={})

    assert (shown["state"], shown["findings_count"], shown["decided_by"]) == ("returned", 2, "salesops")
    assert [(item["cell"], item["code"]) for item in findings.json()["items"]] == [
        ("D2", "no_number"),
        ("A3", "duplicate_row"),
    ]
    with zipfile.ZipFile(io.BytesIO(copy.content)) as archive:
        assert b"expected a number" in archive.read("xl/comments1.xml")
        assert any(name.endswith("sheet4.xml") for name in archive.namelist())
    assert (refused.status_code, refused.json()["code"]) == (409, "submission_not_decidable")
    assert (await respondents(service, collection))[0]["state"] == "returned"
    corrected = await submitted(service, run_job, collection, one, copy.content, media_type=WORKBOOK)
    assert (corrected["version"], corrected["findings_count"]) == (2, 2)


async def test_the_last_accepted_version_counts_and_none_is_overwritten(
    service: ReportingService, run_job: RunJob
) -> None:
    code = await a_partner(service)
    collection = await opened(service, ("partner", code))
    (one,) = await respondents(service, collection)
    shown = []
    for quantity in ("4", "5", "6"):
        shown.append(
            await submitted(service, run_job, collection, one, csv_of(f"{code},ENG-6,{quantity},1,0.5"))
        )
        if quantity != "6":
            path = f"/v1/submissions/{shown[-1]['id']}/acceptance"
            reply = await asked(service, "POST", path, COORDINATOR, json={"note": "thanks"})
            assert reply.json()["state"] == "accepted", reply.text

    gathered = await asked(service, "GET", f"/v1/collections/{collection['id']}/consolidated", COORDINATOR)
    files = {
        wanted: await asked(
            service, "GET", f"/v1/collections/{collection['id']}/consolidated/content", COORDINATOR,
            params={"format": wanted},
        )
        for wanted in ("csv", "json", "xlsx")
    }  # fmt: skip
    compared = await asked(
        service,
        "GET",
        f"/v1/collections/{collection['id']}/comparison",
        COORDINATOR,
        params={"by": "product_code"},
    )

    assert [(row["version"], row["cells"]["quantity_2099_12"]) for row in gathered.json()["items"]] == [
        (2, "5")
    ]
    assert (
        files["csv"]
        .text.splitlines()[1]
        .startswith(f"Partner {code} ({code}),{code},West,2,1,{code},ENG-6,5,1,0.5")
    )
    assert files["json"].json()["rows"][0]["quantity_2100_02"] == "0.5"
    assert files["xlsx"].content[:2] == b"PK"
    assert compared.json()["total"]["figure"] == "6.5"
    assert compared.json()["groups"][0]["name"] == "ENG-6"
    assert (await respondents(service, collection))[0]["state"] == "checked"


async def test_a_clean_submission_is_accepted_by_itself_where_the_collection_says_so(
    service: ReportingService, run_job: RunJob
) -> None:
    code = await a_partner(service)
    collection = await opened(service, ("partner", code), accepts_clean=True)
    (one,) = await respondents(service, collection)

    shown = await submitted(service, run_job, collection, one, csv_of(f"{code},ENG-6,4,1,0"))
    closed = await asked(service, "POST", f"/v1/collections/{collection['id']}/closing", COORDINATOR, json={})
    late = await sent(service, collection, one, csv_of(f"{code},ENG-6,5,1,0"))
    again = await asked(service, "POST", f"/v1/collections/{collection['id']}/closing", COORDINATOR, json={})

    assert (shown["state"], shown["decided_by"]) == ("accepted", "salesops")
    assert closed.json()["standings"] == {"accepted": 1}
    assert (late.status_code, late.json()["code"]) == (409, "collection_closed")
    assert again.status_code == 409


async def test_the_forecast_is_compared_with_what_was_ordered_and_with_thinking_nothing(
    service: ReportingService, run_job: RunJob
) -> None:
    code = await a_partner(service)
    august = order_told(f"A{code}", partner_code=code, ordered_on=date(2026, 8, 10))
    september = order_told(f"S{code}", partner_code=code, ordered_on=date(2026, 9, 10))
    await service[1]([august, september])
    collection = await opened(
        service, ("partner", code), first_month="2026-09", months=1, accepts_clean=True, title="September"
    )
    (one,) = await respondents(service, collection)
    content = f"partner_code,product_code,quantity_2026_09\n{code},ENG-6,2\n".encode()

    await submitted(service, run_job, collection, one, content)
    compared = await asked(service, "GET", f"/v1/collections/{collection['id']}/comparison", COORDINATOR)

    total = compared.json()["total"]
    assert (total["figure"], total["actual"], total["gap"]) == ("2", "2.5", "0.5")
    assert (total["accuracy"], total["naive_accuracy"], total["value_added"]) == (
        "0.8000",
        "1.0000",
        "-0.2000",
    )
    wish = {"definition": "forecast-value-added", "period": "2026-09", "partner_code": code}
    report = await run(service, run_job, wish, COORDINATOR)
    (row,) = await rows(service, report["id"], COORDINATOR)
    assert row["values"][-5:] == ["2.000", "2.500", "0.500", "0.000", "-0.500"]
    survivor = await a_partner(service)
    await service[1]([partner_told(code, version=2, merged_into=survivor)])
    merged = await run(service, run_job, wish | {"partner_code": survivor}, COORDINATOR)
    (row,) = await rows(service, merged["id"], COORDINATOR)
    assert (survivor in row["values"], row["values"][-5:]) == (
        True,
        ["2.000", "2.500", "0.500", "0.000", "-0.500"],
    )


async def test_a_plan_of_a_zone_has_every_row_and_its_months_make_the_target(
    service: ReportingService, run_job: RunJob
) -> None:
    zone = f"Z{uuid7().hex[-8:]}"
    code = await a_partner(service, zone)
    collection = await opened(
        service, ("zone", zone), template="annual-plan", first_month="2099-04", months=1, accepts_clean=True
    )
    (one,) = await respondents(service, collection)
    segments = ["Data centres", "Infrastructure", "Manufacturing", "Real estate", "Telecom", "Other"]
    lines = [f"{zone},{segment},100.50,100.50" for segment in segments]
    header = "zone,segment,target,amount_2099_04"

    short = await submitted(service, run_job, collection, one, "\n".join([header, *lines[:-1]]).encode())
    whole = await submitted(service, run_job, collection, one, "\n".join([header, *lines]).encode())
    compared = await asked(service, "GET", f"/v1/collections/{collection['id']}/comparison", COORDINATOR)

    assert (short["state"], short["findings_count"]) == ("returned", 1)
    assert whole["state"] == "accepted"
    assert compared.json()["groups"][0]["figure"] == "603.00"
    assert compared.json()["unit"] == "INR"
    await service[1](
        [registered(an_invoice(partner_code=code, issued_on=date(2099, 4, 9), taxable_minor=500_00))]
    )
    report = await run(
        service, run_job, {"definition": "sales-against-plan", "period": "2099-04", "zone": zone}, COORDINATOR
    )
    (row,) = await rows(service, report["id"], COORDINATOR)
    assert row["values"] == [zone, "INR", "603.00", "500.00", "-103.00"]


async def test_what_cannot_be_opened_is_refused_with_every_reason(service: ReportingService) -> None:
    draft = {
        "template": "sales-forecast",
        "title": "Late",
        "first_month": "2026-12",
        "due_at": "2026-01-01T00:00:00Z",
        "respondents": [{"kind": "partner", "key": "nobody"}],
    }

    past = await asked(service, "POST", "/v1/collections", COORDINATOR, json=draft)
    unknown = await asked(
        service, "POST", "/v1/collections", COORDINATOR, json={**draft, "due_at": "2099-01-01T00:00:00Z"}
    )

    assert [one["pointer"] for one in past.json()["errors"]] == ["/due_at"]
    assert [one["pointer"] for one in unknown.json()["errors"]] == ["/respondents/0/key"]


async def test_reminders_lateness_and_escalation_are_told_once(
    service: ReportingService, database_url: str
) -> None:
    code = await a_partner(service)
    collection = await opened(service, ("partner", code), remind_days=[3, 1])
    due_at = datetime(2099, 11, 30, 12, 30, tzinfo=UTC)
    database = Database(database_url, application_name="test-watch")
    told: list[list[str]] = []
    try:
        for at in (due_at - timedelta(days=4), due_at - timedelta(days=2), due_at - timedelta(days=2),
                   due_at - timedelta(hours=2), due_at, due_at + timedelta(days=2)):  # fmt: skip
            async with UnitOfWork(database) as work:
                await watch_collections(work, at)
                await work.commit()
            told.append(await _notices(database, collection["id"]))
    finally:
        await database.close()

    assert told == [
        [],
        ["reminder 3"],
        ["reminder 3"],
        ["reminder 3", "reminder 1"],
        ["reminder 3", "reminder 1", "overdue 0"],
        ["reminder 3", "reminder 1", "overdue 0", "escalated 2"],
    ]
    (one,) = await respondents(service, collection)
    assert (one["reminders"], one["is_escalated"]) == (2, True)


async def test_a_template_of_ones_own_is_checked_kept_by_version_and_shown_as_a_specimen(
    service: ReportingService,
) -> None:
    name = f"t-{uuid7().hex[-8:]}"
    draft = {
        "name": name,
        "title": "Stock",
        "columns": [{"name": "stock", "title": "Stock", "kind": "integer", "is_required": True}],
    }

    made = await asked(service, "POST", "/v1/templates", COORDINATOR, json=draft)
    twice = await asked(service, "POST", "/v1/templates", COORDINATOR, json=draft)
    wrong = await asked(service, "POST", "/v1/templates", COORDINATOR, json={**draft, "name": f"{name}-x", "columns": [
        {"name": "stock", "title": "Stock", "kind": "integer", "values": ["a"]}]})  # fmt: skip
    changed = await asked(
        service, "PUT", f"/v1/templates/{name}", COORDINATOR, json={**draft, "title": "Stocks"},
        headers={"If-Match": made.headers["ETag"]},
    )  # fmt: skip
    stale = await asked(
        service,
        "PUT",
        f"/v1/templates/{name}",
        COORDINATOR,
        json=draft,
        headers={"If-Match": made.headers["ETag"]},
    )
    versions = await asked(service, "GET", f"/v1/templates/{name}/versions", COORDINATOR)
    specimen = await asked(service, "GET", f"/v1/templates/{name}/workbook", COORDINATOR)

    assert (made.status_code, twice.status_code, wrong.status_code, stale.status_code) == (201, 409, 422, 412)
    assert changed.json()["revision"] == 2
    assert [one["template"]["title"] for one in versions.json()["items"]] == ["Stocks", "Stock"]
    assert specimen.content[:2] == b"PK"


async def _notices(database: Database, collection_id: str) -> list[str]:
    async with database.reading() as connection:
        found = await connection.execute(
            sa.text(
                "SELECT notice, days FROM collection_notices n JOIN collection_respondents r ON r.id = n.respondent_id"
                " WHERE r.collection_id = CAST(:id AS uuid) ORDER BY n.told_at, n.notice"
            ),
            {"id": collection_id},
        )
        return [f"{row.notice} {row.days}" for row in found]
