"""The report of data quality: every rule by zone and owner, beside the review before, over the caller's zones alone."""

from typing import Any

from services.reporting.domain.shipped_definitions import DATA_QUALITY
from shared.identity import Caller
from tests.integration.reporting.conftest import ReportingService, RunJob
from tests.integration.reporting.test_data_reviews import NAMED, a_rule, counting, described, snapshot
from tests.integration.reporting.test_report_runs import ANALYST, rows, run
from tests.integration.service_callers import a_caller

FIRST = ["CP-1,,West,asha,Proposal,1", "CP-2,,West,asha,Proposal,1", "CP-3,Iyer,South,bala,Proposal,1"]
SECOND = ["CP-1,Sharma,West,asha,Proposal,1", "CP-2,,West,asha,Proposal,1", "CP-3,Iyer,South,bala,,1"]


async def scored(service: ReportingService, run_job: RunJob, caller: Caller, system: str) -> list[list[Any]]:
    """Rule, zone, owner, rows, faulty, how that changed, score and its change; of one system."""
    report = await run(service, run_job, {"definition": DATA_QUALITY.name}, caller)
    found = [row["values"] for row in await rows(service, report["id"], caller)]
    return sorted([row[2:5] + row[6:] for row in found if row[0] == system], key=str)


async def test_rules_are_scored_by_zone_and_owner_beside_the_review_before(
    service: ReportingService, run_job: RunJob, review_job: RunJob
) -> None:
    system = await described(service)
    await snapshot(service, review_job, system, FIRST)
    named, staged = a_rule(system, NAMED), a_rule(system, {"kind": "required", "fields": ["stage"]})
    await counting(service, named)
    await snapshot(service, review_job, system, FIRST)
    first = await scored(service, run_job, ANALYST, system)
    await counting(service, staged)
    await snapshot(service, review_job, system, SECOND)

    second = await scored(service, run_job, ANALYST, system)
    south = await scored(service, run_job, a_caller("zonal_sales", zones=("South",)), system)

    assert [row for row in first if row[0] == named["name"]] == [
        [named["name"], "South", "bala", "1", "0", None, "1.0000", None],
        [named["name"], "West", "asha", "2", "2", None, "0.0000", None],
    ]
    expected = [
        ["all rules", "South", "bala", "1", "1", "1", "0.0000", "-1.0000"],
        ["all rules", "West", "asha", "2", "1", "-1", "0.5000", "0.5000"],
        [named["name"], "South", "bala", "1", "0", "0", "1.0000", "0.0000"],
        [named["name"], "West", "asha", "2", "1", "-1", "0.5000", "0.5000"],
        [staged["name"], "South", "bala", "1", "1", None, "0.0000", None],
        [staged["name"], "West", "asha", "2", "0", None, "1.0000", None],
    ]
    assert second == sorted(expected, key=str)
    assert south == [row for row in second if row[1] == "South"]
