"""Datasets from outside: sent, loaded whole or not at all, described, compared, and seen by whom their owner lets."""

import asyncio
import io
import json
import signal
import sys
import zipfile
from asyncio.subprocess import PIPE
from pathlib import Path
from typing import Any

import psutil
import pytest
import sqlalchemy as sa
import xlsxwriter

from services.research.application.load_dataset import LoadParts, load_dataset
from tests.integration.research.conftest import ResearchService
from tests.integration.research.dataset_desk import CARRIERS, DatasetDesk, Told
from tests.integration.service_callers import a_caller

OWNER = {"profile": "carriers", "reject_percent_max": 60}


@pytest.fixture
def desk(service: ResearchService, load_parts: LoadParts) -> DatasetDesk:
    return DatasetDesk(service, load_parts)


def zipped(name: str, content: bytes) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr(name, content)
    return target.getvalue()


def workbook(rows: list[list[Any]]) -> bytes:
    target = io.BytesIO()
    with xlsxwriter.Workbook(target) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(rows):
            sheet.write_row(number, 0, row)
    return target.getvalue()


async def test_a_file_becomes_a_version_with_every_row_accounted_for(desk: DatasetDesk) -> None:
    dataset = await desk.a_dataset(**OWNER)
    odd = "15,Bad Units,TX,many,2025-03-01,N\n13,Deccan Freight Inc,OH,341,2025-04-01,Y\n,Nameless,TX,1,,N\n16,too few\n"

    version = await desk.loaded(dataset, "A title above\n" + CARRIERS + odd, "../census.csv")

    counts = {name: version[f"rows_{name}"] for name in ("read", "kept", "rejected", "repeated")}
    assert counts == {"read": 7, "kept": 3, "rejected": 3, "repeated": 1}
    assert (version["source_name"], version["key_columns"]) == ("census.csv", ["dot_number"])
    rejects = (await desk.read(f"/datasets/{dataset}/versions/1/rejects"))["items"]
    assert {one["reasons"][0].split(":")[0]: one["kind"] for one in rejects} == {
        "NBR_POWER_UNIT": "invalid",
        "DOT_NUMBER is missing": "invalid",
        "row 5 has the same key and counts": "repeated",
        "Expected Number of Columns": "unreadable",
    }
    assert rejects[0]["record"]["LEGAL_NAME"] == "Bad Units"
    (paged,) = (await desk.read(f"/datasets/{dataset}/versions/1/rejects", kind="repeated", limit="1"))[
        "items"
    ]
    assert paged["record"]["power_units"] == 340
    columns = {
        one["name"]: one for one in (await desk.read(f"/datasets/{dataset}/versions/1/columns"))["items"]
    }
    assert (columns["dot_number"]["least"], columns["dot_number"]["heading"]) == ("12", "DOT_NUMBER")
    assert (columns["power_units"]["type"], columns["power_units"]["greatest"]) == ("integer", "341")
    assert columns["filed_on"]["least"] == "2024-11-30"
    assert columns["state"]["top"][0] == {"value": "CA", "rows": 1}


async def test_a_second_file_is_compared_by_key_and_the_same_file_makes_no_version(desk: DatasetDesk) -> None:
    dataset = await desk.a_dataset(**OWNER)
    await desk.loaded(dataset, CARRIERS)
    later = CARRIERS.replace("14,Ghat", "15,Ghat").replace(",340,", ",341,")
    later = (
        later.replace(",HM_FLAG", ",HM_FLAG,Fuel").replace(",N\n", ",N,CNG\n").replace(",Y\n", ",Y,Diesel\n")
    )

    version = await desk.loaded(dataset, later)

    assert [version[name] for name in ("number", "added", "removed", "changed")] == [2, 1, 1, 1]
    assert version["drift"] == {"added": ["fuel"], "gone": [], "retyped": [], "is_reordered": False}
    changes = (await desk.read(f"/datasets/{dataset}/versions/2/changes"))["items"]
    assert [(one["kind"], one["key"]["dot_number"]) for one in changes] == [
        ("added", "15"),
        ("changed", "13"),
        ("removed", "14"),
    ]
    assert (changes[1]["before"], changes[1]["after"]) == ({"power_units": "340"}, {"power_units": "341"})
    assert (await desk.loaded(dataset, later))["number"] == 2
    states = [one["state"] for one in (await desk.read(f"/datasets/{dataset}/uploads"))["items"]]
    assert states == ["unchanged", "loaded", "loaded"]
    async with desk.parts.database.reading() as connection:
        query = sa.text("SELECT body FROM outbox WHERE type LIKE '%dataset_loaded%' ORDER BY position")
        told = [json.loads(body)["data"] for body in (await connection.execute(query)).scalars()]
    assert [(one["version"], one["added"]) for one in told if one["name"] == dataset] == [(1, None), (2, 1)]


async def test_workbooks_archives_parquet_and_other_encodings_end_alike(desk: DatasetDesk) -> None:
    rows = [["DOT_NUMBER", "LEGAL_NAME", "NBR_POWER_UNIT"], [12, "Müller Haulage", 3], [13, "Two", 4]]
    text = "\n".join(";".join(map(str, row)) for row in rows) + "\n"
    dataset = await desk.a_dataset(**OWNER)
    plain = await desk.loaded(dataset, text)
    parquet = (desk.parts.store, Path(str(desk.parts.scratch)) / "copy.parquet")
    async with desk.parts.database.reading() as connection:
        key = await connection.scalar(
            sa.text("SELECT data_key FROM dataset_versions ORDER BY loaded_at DESC LIMIT 1")
        )
    await parquet[0].assemble([str(key)], parquet[1])
    files = {
        "xlsx": workbook(rows),
        "csv": zipped("folder/carriers.csv", text.encode("cp1252")),
        "parquet": parquet[1].read_bytes(),
    }

    for source_format, content in files.items():
        version = await desk.loaded(dataset, content)
        assert (version["source_format"], version["rows_kept"], version["changed"]) == (source_format, 2, 0)
    assert (plain["encoding"], plain["delimiter"]) == ("utf-8", ";")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "between one byte"),
        (b"%PDF-1.7 whatever", "another kind"),
        (b"a\0b,c\n1,2\n", "null bytes"),
        (b"only,headings\n", "no row"),
        (b"PK\x03\x04 broken", "cannot be unpacked"),
        (zipped("../../etc/carriers.csv", b"a,b\n1,2\n"), "outside"),
        (zipped("bomb.csv", b"a,b\n" + b"0,0\n" * 5_000_000), "times its size"),
        (zipped("inner.csv", zipped("a.csv", b"a,b\n1,2\n")), "archive in an archive"),
        (zipped("readme.md", b"a,b"), "Expected one CSV"),
    ],
)
async def test_what_is_no_table_is_refused_in_words(desk: DatasetDesk, content: bytes, said: str) -> None:
    dataset = await desk.a_dataset()
    if not content:
        reply = await desk.call("POST", f"/datasets/{dataset}/uploads", content=content)
        assert (reply.status_code, said in reply.text) == (413, True)
        return

    refusal = await desk.refused(dataset, content)

    assert said in refusal.detail
    assert (await desk.read(f"/datasets/{dataset}"))["current_version"] is None


async def test_a_file_of_another_kind_fails_with_the_rows_that_show_it(desk: DatasetDesk) -> None:
    dataset = await desk.a_dataset(profile="carriers")
    wrong = "DOT_NUMBER,LEGAL_NAME,NBR_POWER_UNIT\n" + "".join(f"{n},Name,x\n" for n in range(1, 9))

    refusal = await desk.refused(dataset, wrong)

    assert refusal.code == "dataset_rejects"
    assert refusal.problems[0].detail == "NBR_POWER_UNIT: expected a whole number, found x"


async def test_columns_that_nobody_knows_get_the_type_of_all_their_values_and_a_profile_is_suggested(
    desk: DatasetDesk,
) -> None:
    dataset = await desk.a_dataset(key_columns=["plate_no"])
    text = "Plate No,Weight (t),Seen,Code,HM\nMH12,1.5,31/10/2026,007,Y\nMH13,2,01/11/2026,008,N\n"

    version = await desk.loaded(dataset, text)

    columns = (await desk.read(f"/datasets/{dataset}/versions/1/columns"))["items"]
    types = {one["name"]: one["type"] for one in columns}
    assert types == {"plate_no": "text", "weight_t": "decimal", "seen": "date", "code": "text", "hm": "flag"}
    assert version["suggested_profile"] is None
    suggested = await desk.loaded(await desk.a_dataset(), "Dodge Report #,Project Name,City\n1,Mill,Pune\n")
    assert (suggested["suggested_profile"], suggested["suggested_share"]) == ("projects", 1.0)


async def test_parts_are_sent_again_and_a_file_is_complete_when_all_are_there(desk: DatasetDesk) -> None:
    dataset = await desk.a_dataset(**OWNER)
    opened = await desk.call("POST", "/dataset-uploads", json={"dataset": dataset, "file_name": "c.csv"})
    path = f"/dataset-uploads/{opened.json()['id']}"
    half = len(CARRIERS) // 2
    for number, content in ((2, CARRIERS[half:]), (1, "lost on the way"), (1, CARRIERS[:half])):
        part = await desk.call("PUT", f"{path}/parts/{number}", content=content.encode())
        assert part.json()["size_bytes"] == len(content)

    missing = await desk.call("POST", f"{path}/completion", json={"parts": 3})
    complete = await desk.call("POST", f"{path}/completion", json={"parts": 2})
    again = await desk.call("PUT", f"{path}/parts/1", content=b"too late")

    assert (missing.status_code, missing.json()["code"]) == (409, "dataset_upload_incomplete")
    assert (complete.status_code, again.status_code) == (202, 409)
    await load_dataset(desk.parts, opened.json()["id"], Told())
    assert (await desk.read(path))["state"] == "loaded"
    stranger = await desk.call("PUT", f"{path}/parts/1", a_caller("integration"), content=b"x")
    assert stranger.status_code == 404


async def test_a_file_sent_twice_under_one_key_is_loaded_once(desk: DatasetDesk) -> None:
    dataset = await desk.a_dataset(**OWNER)
    headers = {"Idempotency-Key": f"file-of-{dataset}"}
    path = f"/datasets/{dataset}/uploads"

    first = await desk.call("POST", path, content=CARRIERS.encode(), headers=headers)
    again = await desk.call("POST", path, content=CARRIERS.encode(), headers=headers)
    other = await desk.call("POST", path, content=b"a,b\n1,2\n", headers=headers)

    assert (again.json(), other.status_code) == (first.json(), 422)
    uploads = (await desk.read(path))["items"]
    assert [one["failure_code"] for one in uploads] == [None, "dataset_upload_repeated", None]


async def test_only_those_whom_the_owner_names_see_a_dataset(desk: DatasetDesk) -> None:
    dataset = await desk.a_dataset()
    zonal, auditor = a_caller("zonal_sales", zones=("west",)), a_caller("auditor")
    assert (await desk.call("GET", f"/datasets/{dataset}", zonal)).status_code == 404

    change = {"seen_by": {"roles": ["zonal_sales"], "subjects": []}, "licence_ends_on": "2026-12-31"}
    first = await desk.call("PATCH", f"/datasets/{dataset}", json=change, headers={"If-Match": '"1"'})
    stale = await desk.call("PATCH", f"/datasets/{dataset}", json=change, headers={"If-Match": '"1"'})

    assert (first.status_code, stale.status_code, first.json()["revision"]) == (200, 412, 2)
    assert (await desk.call("GET", f"/datasets/{dataset}", zonal)).status_code == 200
    assert (await desk.call("GET", f"/datasets/{dataset}", auditor)).status_code == 404
    assert dataset in [one["name"] for one in (await desk.read("/datasets", zonal, limit="200"))["items"]]
    seeing = await desk.a_dataset(seen_by={"roles": ["coordinator"], "subjects": []})
    refused = await desk.call(
        "PATCH", f"/datasets/{seeing}", a_caller(), json={"title": "Mine"}, headers={"If-Match": '"1"'}
    )
    assert (refused.status_code, refused.json()["code"]) == (403, "dataset_not_yours")
    taken = await desk.call("POST", "/datasets", json={"name": seeing, "title": "Same", "licence": "None"})
    assert (taken.status_code, taken.json()["code"]) == (409, "dataset_name_taken")


@pytest.mark.parametrize("message", ["converting", "publishing the version"])
async def test_a_load_killed_half_way_leaves_no_trace_and_is_done_again(
    desk: DatasetDesk, database_url: str, dataset_store_folder: Path, message: str
) -> None:
    dataset = await desk.a_dataset(**OWNER)
    upload_id = await desk.sent(dataset, CARRIERS)
    worker = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.research.interrupted_load",
        database_url, str(dataset_store_folder), str(desk.parts.scratch), str(upload_id), message,
        stdout=PIPE,
    )  # fmt: skip
    assert worker.stdout is not None
    assert await asyncio.wait_for(worker.stdout.readline(), 60) == b"here\n"
    children = psutil.Process(worker.pid).children(recursive=True)

    worker.send_signal(signal.SIGKILL)
    await worker.wait()

    assert (await asyncio.to_thread(psutil.wait_procs, children, timeout=60))[1] == []
    assert (await desk.read(f"/datasets/{dataset}"))["current_version"] is None
    assert (await desk.read(f"/datasets/{dataset}/versions"))["items"] == []
    await load_dataset(desk.parts, upload_id, Told())
    await load_dataset(desk.parts, upload_id, Told())
    assert [one["number"] for one in (await desk.read(f"/datasets/{dataset}/versions"))["items"]] == [1]
    kept = sorted(path.name for path in (dataset_store_folder / "versions" / str(upload_id)).iterdir())
    assert kept == ["data.parquet", "rejects.parquet"]
    assert list(desk.parts.scratch.glob("salesops-load-*")) == []
