"""Questions to datasets: answered exactly, within rights and bounds, and nothing else gets through."""

import asyncio
import csv
import io
from pathlib import Path
from typing import Any

import duckdb
import psutil
import pytest

from services.research.application.load_dataset import LoadParts
from tests.integration.research.conftest import ResearchService
from tests.integration.research.dataset_desk import CARRIERS, DatasetDesk
from tests.integration.service_callers import a_caller

SEEN = {"profile": "carriers", "seen_by": {"roles": ["zonal_sales"], "subjects": []}}
STOLEN = Path("/tmp/stolen.csv")
ZONAL = a_caller("zonal_sales", zones=("west",))

# One of each kind; tests/unit/research/test_query_attacks.py has the whole list.
ATTACKS = {
    "a file by a function": ("SELECT * FROM read_csv('/etc/passwd')", "dataset_query_refused"),
    "the environment": ("SELECT getenv('PATH')", "dataset_query_refused"),
    "writing": ("COPY {mine} TO '/tmp/stolen.csv'", "dataset_query_refused"),
    "somebody else's dataset": ("SELECT * FROM {others}", "dataset_unknown"),
    "somebody else's under a common name": (
        "WITH a AS (SELECT * FROM {others}) SELECT * FROM a",
        "dataset_unknown",
    ),
    "endless recursion": (
        "WITH RECURSIVE r AS (SELECT 1 AS a UNION ALL SELECT a + 1 FROM r) SELECT max(a) FROM r",
        "dataset_query_too_slow",
    ),
    "a list of everything": (
        "SELECT list(repeat('x', 1000000)) FROM range(100000)",
        "dataset_query_too_large",
    ),
}


@pytest.fixture
def desk(service: ResearchService, load_parts: LoadParts) -> DatasetDesk:
    return DatasetDesk(service, load_parts)


async def content(desk: DatasetDesk, run: dict[str, Any], caller: Any = None, **wanted: str) -> Any:
    return await desk.call("GET", f"/dataset-query-runs/{run['id']}/content", caller, params=wanted)


async def test_an_answer_is_frozen_with_its_versions_and_leaves_in_every_form(desk: DatasetDesk) -> None:
    dataset = await desk.a_dataset(profile="carriers")
    await desk.loaded(dataset, CARRIERS)
    await desk.loaded(dataset, CARRIERS + "15,=cmd|x,TX,7,2026-01-02,N\n")
    sql = (
        f"WITH now AS (SELECT * FROM {dataset}) SELECT n.state, sum(n.power_units) AS units, max(n.filed_on) AS last"
        f' FROM now AS n LEFT JOIN "{dataset}@1" AS o USING (dot_number) WHERE o.state IS NULL OR n.state IS NOT NULL'
        " GROUP BY ALL ORDER BY units DESC -- the most first"
    )

    run = await desk.asked(sql)

    assert (run["state"], run["rows"], run["is_cut"]) == ("succeeded", 3, False)
    assert {one["table"]: one["version"] for one in run["datasets"]} == {dataset: 2, f"{dataset}@1": 1}
    read = (await content(desk, run)).json()
    assert read["items"][0] == ["OH", 340, "2025-03-01"]
    rows = list(csv.reader(io.StringIO((await content(desk, run, format="csv")).text)))
    assert rows == [
        ["state", "units", "last"],
        ["OH", "340", "2025-03-01"],
        ["TX", "19", "2026-01-02"],
        ["CA", "5", "2024-11-30"],
    ]
    parquet = Path(desk.parts.scratch) / "answer.parquet"
    parquet.write_bytes((await content(desk, run, format="parquet")).content)
    assert duckdb.execute(f"SELECT sum(units) FROM '{parquet}'").fetchall() == [(364,)]
    assert (await content(desk, run, format="xlsx")).content.startswith(b"PK")
    charted = await desk.asked(
        f"SELECT state, sum(power_units) AS units FROM {dataset} GROUP BY ALL ORDER BY 2"
    )
    assert b"</svg>" in (await content(desk, charted, format="svg", mark="bar")).content
    names = await desk.asked(f"SELECT legal_name FROM {dataset} WHERE dot_number = '15'")
    assert "'=cmd|x" in (await content(desk, names, format="csv")).text


async def test_a_result_that_was_cut_says_so_and_is_read_in_pages(desk: DatasetDesk) -> None:
    run = await desk.asked("SELECT range AS n FROM range(5000)", rows_max=1500)

    assert (run["rows"], run["is_cut"]) == (1500, True)
    first = (await content(desk, run)).json()
    assert (len(first["items"]), first["next_after"], first["is_cut"]) == (1000, 1000, True)
    last = (await content(desk, run, after="1000")).json()
    assert (len(last["items"]), last["items"][-1], last["next_after"]) == (500, [1499], None)


async def test_who_may_see_a_dataset_may_ask_it_and_not_take_it_away(desk: DatasetDesk) -> None:
    dataset = await desk.a_dataset(**SEEN)
    await desk.loaded(dataset, CARRIERS)

    run = await desk.asked(f"SELECT count(*) AS carriers FROM {dataset}", ZONAL)

    assert (await content(desk, run, ZONAL)).json()["items"] == [[3]]
    refused = await content(desk, run, ZONAL, format="csv")
    assert (refused.status_code, refused.json()["code"]) == (403, "dataset_export_not_allowed")
    assert (await content(desk, run)).status_code == 404
    for change, code in (
        ({"licence_ends_on": "2020-01-31"}, "dataset_licence_over"),
        ({"licence_ends_on": None, "seen_by": {"roles": [], "subjects": []}}, "dataset_unknown"),
    ):
        revision = (await desk.read(f"/datasets/{dataset}"))["revision"]
        headers = {"If-Match": f'"{revision}"'}
        await desk.call("PATCH", f"/datasets/{dataset}", json=change, headers=headers)
        assert (await content(desk, run, ZONAL)).json()["code"] == code
        assert (await desk.asked(f"SELECT 1 FROM {dataset}", ZONAL))["failure_code"] == code


async def test_what_the_engine_cannot_answer_is_told_in_its_words(desk: DatasetDesk) -> None:
    dataset = await desk.a_dataset(profile="carriers")
    await desk.loaded(dataset, CARRIERS)

    run = await desk.asked(f"SELECT no_column FROM {dataset}")
    early = await desk.asked(f"SELECT 1 FROM {await desk.a_dataset()}")

    assert (run["failure_code"], "no_column" in run["failure_detail"]) == ("dataset_query_failed", True)
    assert early["failure_code"] == "dataset_version_unknown"
    assert (await content(desk, run)).json()["code"] == "dataset_query_run_state"


async def test_nothing_of_the_attack_list_gets_through_and_the_service_is_well_afterwards(
    desk: DatasetDesk,
) -> None:
    mine = await desk.a_dataset(**SEEN)
    others = await desk.a_dataset(profile="carriers")
    for dataset in (mine, others):
        await desk.loaded(dataset, CARRIERS)
    await desk.asked("SELECT 1", ZONAL)

    async def attacked(sql: str, expected: str) -> str | None:
        asked = sql.replace("{mine}", mine).replace("{others}", others)
        # Only what never ends is to run out of time: on a busy machine all else takes longer than it should.
        seconds = 2 if expected == "dataset_query_too_slow" else 120
        code: str | None = (await desk.asked(asked, ZONAL, seconds=seconds))["failure_code"]
        return code

    found = {name: await attacked(sql, code) for name, (sql, code) in ATTACKS.items()}

    assert found == {name: code for name, (_, code) in ATTACKS.items()}
    assert not await asyncio.to_thread(STOLEN.exists)
    left = [one for one in psutil.Process().children(recursive=True) if "querying" in " ".join(one.cmdline())]
    assert left == []
    assert list(desk.parts.scratch.glob("salesops-query-*")) == []
    run = await asyncio.wait_for(desk.asked(f"SELECT count(*) AS n FROM {mine}", ZONAL), 60)
    assert (await content(desk, run, ZONAL)).json()["items"] == [[3]]
