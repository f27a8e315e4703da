"""Every operation of the running system keeps what its document promises, whatever is sent to it."""

from pathlib import Path

import pytest

from tests.contract.openapi import operations
from tests.e2e.api_examination import Budget, examine
from tests.e2e.desk import Desk
from tests.faults.processes import FragileSystem

# A valid and an invalid request to each operation: nearly all of the time goes into inventing them, so there is one
# round; `make fuzz-api` has the large doses and the documented examples.
BUDGET = Budget(cases=2, phases="fuzzing")
NOT_EXAMINED = {"GET /v1/events"}  # schemathesis.toml says why
PARTNERS = b"code,name,city,zone,gstin,ifsc,bank_account\nCP0001,Sharma Diesels,Pune,West,,,\n"


@pytest.fixture
def token(examined_system: FragileSystem) -> str:
    """An administrator's, with something to find: most rules are behind the first look-up."""
    with Desk.at(examined_system, role="admin") as desk:
        desk.register_partners(PARTNERS)
        desk.register_bank_account("50200012345678")
    return examined_system.token("admin")


def test_every_reply_to_valid_and_invalid_requests_is_one_that_the_document_names(
    examined_system: FragileSystem, token: str, tmp_path: Path
) -> None:
    """No 5xx, no status that is not documented, no body of another shape; the seed is fixed."""
    report = examine(examined_system.url("gateway"), token, folder=tmp_path, budget=BUDGET)

    assert report.summary() == "", report.text
    assert report.operations == len({one.name for one in operations()} - NOT_EXAMINED)
    assert report.cases >= 2 * report.operations
