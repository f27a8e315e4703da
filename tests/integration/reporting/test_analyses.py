"""Analyses over the API: told rows, a frozen answer that explains itself, its workbook and its pictures."""

import io
import zipfile
from collections.abc import Mapping
from typing import Any

import psycopg
import pytest
import python_calamine
import xlsxwriter
from uuid_utils.compat import uuid7

from shared.identity import Caller
from tests.contract.openapi import document
from tests.integration.reporting.conftest import ReportingService
from tests.integration.service_callers import a_caller
from tests.provisions import DatabaseFactory

ANALYST = a_caller("analyst")
XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "side,zone,product_code,quantity,price\n" + "\n".join(
    ["base,West,A,10,5.00", "base,West,B,90,2.00", "actual,West,A,12,6.00", "actual,West,B,98,2.00",
     "base,North,A,1,5.00", "actual,North,C,2,7.50"]
)  # fmt: skip


async def told(service: ReportingService, content: bytes, media_type: str, **query: str) -> dict[str, Any]:
    async with service[0](ANALYST) as client:
        reply = await client.post(
            "/v1/analysis-tables", content=content, headers={"Content-Type": media_type}, params=query
        )
    assert reply.status_code == 201, reply.text
    return dict(reply.json())


async def analysed(
    service: ReportingService,
    kind: str,
    draft: Mapping[str, object],
    *,
    caller: Caller = ANALYST,
    status: int = 201,
) -> dict[str, Any]:
    async with service[0](caller) as client:
        reply = await client.post(f"/v1/analyses/{kind}", json={"title": "A look at it", **draft})
    assert reply.status_code == status, reply.text
    return dict(reply.json())


def figures(analysis: Mapping[str, Any]) -> dict[str, str]:
    return {one["code"]: one["value"] for one in analysis["figures"]}


def a_workbook(rows: str) -> bytes:
    target = io.BytesIO()
    book = xlsxwriter.Workbook(target)
    sheet = book.add_worksheet()
    for place, line in enumerate(rows.splitlines()):
        for column, cell in enumerate(line.split(",")):
            sheet.write(place, column, float(cell) if cell.replace(".", "").isdigit() else cell)
    book.close()
    return target.getvalue()


async def test_the_same_rows_give_the_same_answer_however_they_came(service: ReportingService) -> None:
    name = f"October {uuid7().hex[-8:]}"
    tables = [
        await told(service, CSV.encode(), "text/csv", name=name),
        await told(service, a_workbook(CSV), XLSX, name=name),
    ]

    answers = [
        await analysed(service, "variance", {"table_id": table["id"], "hierarchy": ["zone"]})
        for table in tables
    ]
    names, *lines = (line.split(",") for line in CSV.splitlines())
    rows = [dict(zip(names, line, strict=True)) for line in lines]
    answers.append(await analysed(service, "variance", {"rows": rows, "hierarchy": ["zone"]}))

    assert [(table["version"], table["row_count"]) for table in tables] == [(1, 6), (2, 6)]
    assert len({one["content_sha256"] for one in answers}) == 1
    assert figures(answers[0]) == {
        "base": "235.00", "currency": "0.00", "price": "12.00", "volume": "23.00", "mix": "3.00", "new": "15.00",
        "discontinued": "-5.00", "returns": "0.00", "adjustments": "0.00", "actual": "283.00", "change": "48.00",
        "change_percent": "20.43",
    }  # fmt: skip
    assert [(one["code"], one["residual"], one["holds"]) for one in answers[0]["checks"]] == [
        ("residual", "0.00", True),
        ("lines", "0.00", True),
    ]


async def test_the_workbook_calculates_and_the_pictures_show_rupees(service: ReportingService) -> None:
    table = await told(service, CSV.encode(), "text/csv", name="Workbook")
    made = await analysed(service, "variance", {"table_id": table["id"], "hierarchy": ["zone"]})
    at = f"/v1/analyses/{made['id']}"

    async with service[0](ANALYST) as client:
        book, again, lines, svg, png = [
            await client.get(f"{at}/{path}")
            for path in ("content", "content", "content?format=csv&table=levels", "chart", "chart?format=png")
        ]
        known = await client.get(f"{at}/content", headers={"If-None-Match": book.headers["ETag"]})
        missing = await client.get(f"{at}/chart?chart=pie")

    assert book.content == again.content
    sheets = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(book.content))
    assert sheets.sheet_names == ["Figures", "Checks", "Levels", "Units", "Lines"]
    with zipfile.ZipFile(io.BytesIO(book.content)) as archive:
        assert "SUBTOTAL(9," in archive.read("xl/worksheets/sheet5.xml").decode()
        assert "<f>D4-C4</f>" in archive.read("xl/worksheets/sheet3.xml").decode()
    assert lines.text.splitlines()[1].startswith("0,,235.00,283.00,48.00,0.00,12.00,23.00,3.00,15.00,-5.00")
    assert (svg.status_code, svg.headers["Content-Type"]) == (200, "image/svg+xml")
    assert "Noto Sans" in svg.text
    assert ">₹<" in svg.text
    assert png.content.startswith(b"\x89PNG")
    assert known.status_code == 304
    assert (missing.status_code, missing.json()["code"]) == (404, "analysis_part_not_found")


async def test_every_kind_answers_its_own_example_and_what_if_obeys_the_options(
    service: ReportingService,
) -> None:
    schemas = document()["components"]["schemas"]
    made = {}
    for kind, name in (
        ("bill-of-materials", "BillOfMaterialsDraft"),
        ("landed-cost", "LandedCostDraft"),
        ("margin-waterfall", "MarginWaterfallDraft"),
        ("bundling", "BundlingDraft"),
    ):
        rows = schemas[name]["properties"]["rows"]["examples"][0]
        made[kind] = await analysed(
            service, kind, {"rows": rows, "what_if": {"options": {"currency": "USD"}}}
        )
        bad = {"rows": rows, "what_if": {"options": {"currency": "rupees"}}}
        assert (await analysed(service, kind, bad, status=422))["code"] == "invalid"

    assert figures(made["bill-of-materials"]) == {"cost_SET-62": "320.00"}
    assert figures(made["landed-cost"])["landed"] == "1000.00"
    assert figures(made["margin-waterfall"])["pocket"] == "88.20"
    assert figures(made["bundling"])["items"] == "2"
    assert all(check["holds"] for one in made.values() for check in one["checks"])
    assert {one["tables"][0]["code"] for one in made.values()} == {"what_if"}
    async with service[0](ANALYST) as client:
        for one in made.values():
            book = await client.get(f"/v1/analyses/{one['id']}/content")
            sheets = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(book.content)).sheet_names
            assert sheets[:3] == ["Figures", "Checks", "What if"]


async def test_a_projection_keeps_what_people_put_in_its_place(service: ReportingService) -> None:
    rows = [
        {"period": f"{2023 + month // 12}-{month % 12 + 1:02d}", "product_code": code, "zone": "West",
         "value": size * (10 + month % 12)}
        for month in range(36)
        for code, size in (("GEN-62", 3), ("GEN-30", 1))
    ]  # fmt: skip
    made = await analysed(service, "projection", {"rows": rows, "hierarchy": ["zone"], "horizon": 3})
    at = f"/v1/analyses/{made['id']}/overrides"
    series = {"zone": "West", "product_code": "GEN-62"}
    told = {"series": series, "period": "2026-01", "value": "99.00", "reason": "A tender was won"}

    async with service[0](ANALYST) as client:
        first = await client.post(at, json=told)
        later = await client.post(at, json=told | {"value": "80.00", "reason": "Half of it was lost again"})
        unknown = await client.post(at, json=told | {"period": "2031-01"})
        listed = (await client.get(at)).json()["items"]
        picture = await client.get(f"/v1/analyses/{made['id']}/chart?format=png")

    tables = {table["code"]: table["rows"] for table in made["tables"]}
    assert [row[:4] for row in tables["projections"][-3:]] == [
        ["West", "GEN-62", "2026-01", "30.00"],
        ["West", "GEN-62", "2026-02", "33.00"],
        ["West", "GEN-62", "2026-03", "36.00"],
    ]
    assert [row[:3] for row in tables["totals"][:1]] == [["West", "2026-01", "40.00"]]
    assert (first.status_code, later.status_code) == (201, 201)
    assert (unknown.status_code, unknown.json()["code"]) == (422, "projected_figure_unknown")
    assert [(one["projected"], one["value"], one["told_by"], one["is_superseded"]) for one in listed] == [
        ("30.00", "80.00", "test-analyst", False),
        ("30.00", "99.00", "test-analyst", True),
    ]
    assert picture.content.startswith(b"\x89PNG")


async def test_what_was_made_is_never_changed(
    service: ReportingService, worker_database: DatabaseFactory, database_url: str
) -> None:
    made = await analysed(
        service, "variance", {"rows": [{"side": "base", "product_code": "A", "quantity": 1, "price": "2"}]}
    )

    async with await psycopg.AsyncConnection.connect(database_url.replace("+asyncpg", "")) as connection:
        with pytest.raises(psycopg.errors.RestrictViolation):
            await connection.execute("UPDATE analyses SET title = 'x' WHERE id = %s", (made["id"],))


@pytest.mark.parametrize(
    ("draft", "code", "pointer"),
    [
        ({}, "analysis_invalid", None),
        ({"rows": [{"side": "base", "quantity": 1}]}, "analysis_invalid", "column product_code"),
        (
            {"rows": [{"side": "base", "product_code": "A", "quantity": "1,5", "price": "2"}]},
            "analysis_invalid",
            "row 1 column quantity",
        ),
        (
            {"rows": [{"side": "base", "product_code": "A", "quantity": 1, "price": "2", "currency": "USD"}]},
            "exchange_rate_unknown",
            None,
        ),
        (
            {
                "measure": "margin",
                "rows": [{"side": "base", "product_code": "A", "quantity": 1, "price": "2"}],
            },
            "cost_unknown",
            None,
        ),
        ({"rows": [{"side": "base", "quantity": 1.5}]}, "invalid", "/rows/0/quantity/int"),
    ],
)
async def test_what_cannot_be_analysed_is_refused_by_name(
    service: ReportingService, draft: dict[str, object], code: str, pointer: str | None
) -> None:
    refused = await analysed(service, "variance", draft, status=422)

    assert refused["code"] == code
    assert pointer in (None, *(problem["pointer"] for problem in refused.get("errors", ())))


async def test_a_zone_sees_its_own_analyses_and_nobody_elses(service: ReportingService) -> None:
    zone = f"Zone {uuid7().hex[-12:]}"
    table = await told(service, CSV.replace("West", zone).encode(), "text/csv", name="Zones", zone=zone)
    made = await analysed(service, "variance", {"table_id": table["id"]})
    owner = a_caller("zonal_sales", zones=(zone,))

    async with service[0](owner) as client:
        listed = (await client.get("/v1/analyses")).json()["items"]
    async with service[0](a_caller("zonal_sales", zones=("South",))) as client:
        others = (await client.get("/v1/analyses")).json()["items"]

    assert (made["zone"], made["row_count"], [one["id"] for one in listed]) == (zone, 4, [made["id"]])
    assert made["id"] not in [one["id"] for one in others]
