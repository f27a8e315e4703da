"""Reports: defined as data, run over the caller's rows, frozen, drilled into, compared."""

import zipfile
from datetime import date, timedelta
from io import BytesIO
from typing import Any

import httpx
from python_calamine import CalamineWorkbook
from uuid_utils.compat import uuid7

from shared.identity import Caller
from tests.factories.payment_facts import (
    a_credit_note,
    a_receipt,
    an_invoice,
    booked,
    credited,
    noted,
    paying,
    registered,
    reversed_receipt,
    used_later,
)
from tests.factories.told_facts import document_told, order_told, partner_told, query_told
from tests.integration.reporting.conftest import ReportingService, RunJob
from tests.integration.service_callers import a_caller

ANALYST = a_caller("analyst")


def a_name() -> str:
    return f"report-{uuid7().hex[-12:]}"


def a_draft(**changed: Any) -> dict[str, Any]:
    return {
        "name": a_name(),
        "title": "Collections by zone",
        "source": "collections",
        "groups": ["zone"],
        "measures": [{"name": "net", "function": "sum", "column": "amount"}],
        "parameters": {"period": "2026-10"},
        "audience": ["analyst", "zonal_sales"],
        **changed,
    }


async def asked(
    service: ReportingService, method: str, path: str, caller: Caller = ANALYST, **options: Any
) -> httpx.Response:
    async with service[0](caller) as client:
        return await client.request(method, path, **options)


async def run(
    service: ReportingService, run_job: RunJob, wish: dict[str, Any], caller: Caller = ANALYST
) -> dict[str, Any]:
    reply = await asked(service, "POST", "/v1/report-runs", caller, json=wish)
    assert reply.status_code == 202, reply.text
    body = reply.json()
    assert reply.headers["Location"] == f"/v1/jobs/{body['job_id']}"
    await run_job(body["job_id"])
    made: dict[str, Any] = (await asked(service, "GET", f"/v1/report-runs/{body['id']}", caller)).json()
    return made


async def rows(
    service: ReportingService, run_id: str, caller: Caller = ANALYST, at: str = "rows"
) -> list[dict[str, Any]]:
    reply = await asked(service, "GET", f"/v1/report-runs/{run_id}/{at}", caller)
    assert reply.status_code == 200, reply.text
    items: list[dict[str, Any]] = reply.json()["items"]
    return items


async def test_a_report_repeats_exactly_although_facts_move_on(
    service: ReportingService, run_job: RunJob
) -> None:
    zone = f"Z{uuid7().hex[-8:]}"
    receipts = [a_receipt(zone=zone, amount_minor=amount, partner_code="CPX") for amount in (100_50, 200_25)]
    await service[1]([booked(*receipts), reversed_receipt(receipts[0], date(2026, 10, 9))])
    draft = a_draft(
        groups=["zone"],
        measures=[
            {"name": "net", "function": "sum", "column": "amount"},
            {"name": "on_time", "function": "share", "column": "is_on_time"},
        ],
        filters=[{"column": "zone", "operator": "in", "values": [zone]}],
        comparison="period_before",
    )
    defined = await asked(service, "POST", "/v1/report-definitions", json=draft)
    assert defined.status_code == 201, defined.text

    first = await run(service, run_job, {"definition": draft["name"]})
    await service[1]([booked(a_receipt(zone=zone, amount_minor=50_00, is_on_time=False))])
    second = await run(service, run_job, {"definition": draft["name"]})

    assert [column["name"] for column in first["columns"]] == [
        "zone", "currency", "net", "net_before", "net_change", "on_time", "on_time_before", "on_time_change",
    ]  # fmt: skip
    (row,) = await rows(service, first["id"])
    assert row["values"] == [zone, "INR", "200.25", "0.00", "200.25", "1.0000", None, None]
    assert first["totals"] == [{"currency": "INR", "net": "200.25", "on_time": "1.0000"}]
    assert (first["details_count"], first["has_details"]) == (3, True)
    (again,) = await rows(service, second["id"])
    assert again["values"][2] == "250.25"
    assert again["values"][5] == "0.6667"
    details = await rows(service, second["id"], at="rows/1/details")
    assert sorted(one["values"]["amount"] for one in details) == ["-100.50", "100.50", "200.25", "50.00"]
    changes = (await asked(service, "GET", f"/v1/report-runs/{second['id']}/comparison")).json()
    assert changes["before_run_id"] == first["id"]
    assert [(one["change"], one["before"]["net"], one["now"]["net"]) for one in changes["differences"]] == [
        ("changed", "200.25", "250.25")
    ]
    kept = (await asked(service, "GET", f"/v1/report-runs/{first['id']}")).json()
    assert kept["content_sha256"] == first["content_sha256"] != second["content_sha256"]
    assert kept["period"] == {"expression": "2026-10", "first_on": "2026-10-01", "last_on": "2026-10-31"}


async def test_a_definition_that_its_source_cannot_tell_is_refused_with_what_is_known(
    service: ReportingService,
) -> None:
    draft = a_draft(
        groups=["region"],
        measures=[{"name": "n", "function": "sum", "column": "zone"}],
        filters=[{"column": "is_on_time", "operator": "in", "values": ["yes"]}],
    )

    reply = await asked(service, "POST", "/v1/report-definitions", json=draft)

    problem = reply.json()
    assert (reply.status_code, problem["code"]) == (422, "definition_invalid")
    told = {one["pointer"]: one["detail"] for one in problem["errors"]}
    assert "zone" in told["/groups/0"]
    assert told["/measures/0/column"] == "sum is of integer or decimal or money, and this is text"
    assert told["/filters/0/values/0"] == "is_on_time is truth: expected true or false"


async def test_a_change_is_a_new_version_that_earlier_runs_do_not_see(
    service: ReportingService, run_job: RunJob
) -> None:
    draft = a_draft()
    made = await asked(service, "POST", "/v1/report-definitions", json=draft)
    taken = await asked(service, "POST", "/v1/report-definitions", json=draft)
    path = f"/v1/report-definitions/{draft['name']}"
    before = await run(service, run_job, {"definition": made.json()["id"], "period": "last 7 days"})

    blind = await asked(service, "PUT", path, json=draft)
    changed = await asked(
        service, "PUT", path, json={**draft, "groups": ["bank_account"]}, headers={"If-Match": '"1"'}
    )
    stale = await asked(service, "PUT", path, json=draft, headers={"If-Match": '"1"'})
    versions = (await asked(service, "GET", f"{path}/versions")).json()["items"]
    shown = (await asked(service, "GET", f"/v1/report-runs/{before['id']}")).json()

    assert (taken.status_code, blind.status_code, stale.status_code) == (409, 428, 412)
    assert (changed.status_code, changed.headers["ETag"]) == (200, '"2"')
    assert [(one["revision"], one["definition"]["groups"]) for one in versions] == [
        (2, ["bank_account"]),
        (1, ["zone"]),
    ]
    assert (shown["revision"], shown["columns"][0]["name"]) == (1, "zone")


async def test_zones_see_their_rows_alone_and_no_run_over_others(
    service: ReportingService, run_job: RunJob
) -> None:
    own, other = f"Z{uuid7().hex[-8:]}", f"Z{uuid7().hex[-8:]}"
    await service[1]([booked(a_receipt(zone=own), a_receipt(zone=other))])
    draft = a_draft()
    await asked(service, "POST", "/v1/report-definitions", json=draft)
    seller = a_caller("zonal_sales", zones=(own,))

    whole = await run(service, run_job, {"definition": draft["name"]})
    narrow = await run(service, run_job, {"definition": draft["name"]}, seller)
    outside = await asked(
        service, "POST", "/v1/report-runs", seller, json={"definition": draft["name"], "zone": other}
    )
    hidden = [
        (await asked(service, "GET", f"/v1/report-runs/{whole['id']}{rest}", seller)).status_code
        for rest in ("", "/rows", "/rows/1/details", "/comparison")
    ]
    stranger = a_caller("coordinator")
    for_nobody = await asked(service, "GET", f"/v1/report-definitions/{draft['name']}", stranger)

    assert [row["values"][0] for row in await rows(service, narrow["id"], seller)] == [own]
    assert {own, other} <= {row["values"][0] for row in await rows(service, whole["id"])}
    assert (outside.status_code, hidden, for_nobody.status_code) == (422, [404] * 4, 404)
    listed = (await asked(service, "GET", "/v1/report-runs", seller)).json()["items"]
    assert [one["id"] for one in listed if one["definition"] == draft["name"]] == [narrow["id"]]


async def test_the_reports_that_come_with_the_system_agree_with_hand_made_figures(
    service: ReportingService, run_job: RunJob
) -> None:
    code, zone = f"CP{uuid7().hex[-8:]}", f"Z{uuid7().hex[-8:]}"
    invoice = an_invoice(partner_code=code, total_minor=1_000_00, due_on=date(2026, 10, 1))
    late = an_invoice(
        partner_code=code, total_minor=500_00, due_on=date(2026, 8, 1), issued_on=date(2026, 7, 1)
    )
    receipt = a_receipt(
        partner_code=code, zone=zone, amount_minor=700_00, allocations=(paying(invoice, 400_00),)
    )
    taken_back = a_receipt(partner_code=code, zone=zone, allocations=(paying(late, 118_00),))
    note = a_credit_note(partner_code=code, zone=zone)
    await service[1](
        [
            partner_told(code, zone=zone),
            registered(invoice, late),
            booked(receipt, taken_back),
            used_later(receipt, invoice, 100_00),
            reversed_receipt(taken_back),
            noted(note),
            credited(note, late, 18_00),
            order_told(f"SO-{code}", partner_code=code),
            *query_told(partner_code=code, zone=zone, answered_after=timedelta(hours=3)),
            *query_told(partner_code=code, zone=zone),
            *document_told(partner_code=code),
        ]
    )

    async def shown(name: str) -> list[list[str | None]]:
        wish = {"definition": name, "period": "2026-10", "partner_code": code}
        made = await run(service, run_job, wish)
        assert made["state"] == "succeeded", made
        return [row["values"] for row in await rows(service, made["id"])]

    name = f"Partner {code}"
    assert await shown("receivables-ageing") == [
        [zone, code, name, "1-30 days", "INR", "500.00", "500.00", "1"],
        [zone, code, name, "91 days and more", "INR", "482.00", "482.00", "1"],
        [zone, code, name, "on account", "INR", "-300.00", "0.00", "2"],
    ]
    assert await shown("daily-collections") == [
        ["2026-10-05", "INR", "2", "818.00", "0.00", "818.00", "1.0000"],
        ["2026-10-08", "INR", "0", "0.00", "-118.00", "-118.00", None],
    ]
    assert await shown("order-board-summary") == [
        [zone, code, name, "INR", "1", "1", "0", "1", "2.500", "500.00"]
    ]
    assert [row[9:] for row in await shown("outstanding-credit-notes")] == [["118.00", "100.00", "INR"]]
    assert await shown("query-service-level") == [
        [zone, "short_payment", "2", "0", "2", "1", "0", "1", "0.5000", None, None, "3.00", None, None]
    ]
    assert await shown("partner-delivery-score") == [[zone, code, name, "1", "1.0000", "1.0000", "0", "1.00"]]


async def test_a_run_without_result_says_so(service: ReportingService, run_job: RunJob) -> None:
    draft = a_draft()
    await asked(service, "POST", "/v1/report-definitions", json=draft)

    waiting = await asked(service, "POST", "/v1/report-runs", json={"definition": draft["name"]})
    early = await asked(service, "GET", f"/v1/report-runs/{waiting.json()['id']}/rows")
    unknown = await asked(
        service, "POST", "/v1/report-runs", json={"definition": draft["name"], "period": "the other day"}
    )

    assert waiting.json()["state"] == "queued"
    assert (early.status_code, early.json()["code"]) == (409, "report_run_not_ready")
    assert (unknown.status_code, unknown.json()["code"]) == (422, "period_unknown")
    assert "previous fiscal month" in unknown.json()["errors"][0]["detail"]


async def test_a_run_is_given_out_as_workbook_page_table_and_data(
    service: ReportingService, run_job: RunJob
) -> None:
    code, zone = f"CP{uuid7().hex[-8:]}", f"Z{uuid7().hex[-8:]}"
    receipts = [
        a_receipt(partner_code=code, zone=zone, received_on=date(2026, 10, day), amount_minor=1_234_567_89)
        for day in (5, 6, 7)
    ]
    await service[1]([partner_told(code, zone=zone, name="=cmd|' /C calc'!A0"), booked(*receipts)])
    made = await run(
        service, run_job, {"definition": "daily-collections", "period": "2026-10", "partner_code": code}
    )
    lines = a_draft(groups=[], measures=[], columns=["partner_name", "amount", "booked_at"])
    await asked(service, "POST", "/v1/report-definitions", json=lines)
    listing = await run(service, run_job, {"definition": lines["name"], "partner_code": code})

    async def file(run_id: str, wanted: str) -> httpx.Response:
        return await asked(service, "GET", f"/v1/report-runs/{run_id}/content?format={wanted}")

    book = (await file(made["id"], "xlsx")).content
    sheets = {
        name: CalamineWorkbook.from_filelike(BytesIO(book)).get_sheet_by_name(name) for name in ("Report",)
    }
    parts = zipfile.ZipFile(BytesIO(book))
    sheet = parts.read("xl/worksheets/sheet1.xml").decode()
    page = await file(made["id"], "pdf")
    again = await asked(
        service,
        "GET",
        f"/v1/report-runs/{made['id']}/content",
        headers={"If-None-Match": page.headers["ETag"]},
    )
    table = (await file(listing["id"], "csv")).text
    plain = (await file(made["id"], "json")).json()

    rows = sheets["Report"].to_python()
    assert rows[-1][:4] == ["Total", "INR", 3.0, 3703703.67]
    assert "SUBTOTAL(9," in sheet
    assert "<autoFilter" in sheet
    assert 'state="frozen"' in sheet
    assert "xl/charts/chart1.xml" in parts.namelist()
    assert page.content.startswith(b"%PDF-")
    assert "daily-collections-2026-10-01-to-2026-10-31.pdf" in page.headers["Content-Disposition"]
    assert (again.status_code, again.content) == (304, b"")
    assert table.splitlines()[1].startswith("'=cmd|' /C calc'!A0,1234567.89,2026-10-05T12:00:00Z")
    assert plain["rows"][0] == ["2026-10-05", "INR", "1", "1234567.89", "0.00", "1234567.89", "1.0000"]


async def test_facts_of_a_merged_partner_count_to_its_survivor(
    service: ReportingService, run_job: RunJob
) -> None:
    first, second, survivor, zone = (f"MG-{uuid7().hex[-10:]}" for _ in range(4))
    await service[1](
        [
            booked(
                *(
                    a_receipt(partner_code=one, zone=zone, amount_minor=100_00)
                    for one in (first, second, survivor)
                )
            ),
            partner_told(survivor, zone=zone, name="Survivor"),
            partner_told(second, zone="Elsewhere", version=2, merged_into=survivor),
            partner_told(first, zone="Elsewhere", version=3, merged_into=second),
        ]
    )
    draft = a_draft(groups=["partner_code", "partner_name"])
    await asked(service, "POST", "/v1/report-definitions", json=draft)

    made = await run(service, run_job, {"definition": draft["name"], "partner_code": survivor})

    (row,) = await rows(service, made["id"])
    assert row["values"] == [survivor, "Survivor", "INR", "300.00"]
