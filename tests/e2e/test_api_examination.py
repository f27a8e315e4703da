"""Every operation of the running system keeps what its document promises, whatever is sent to it."""

from pathlib import Path

import pytest

from tests.contract.openapi import operations
from tests.e2e.api_examination import Budget, examine
from tests.e2e.desk import Desk
from tests.faults.processes import FragileSystem

# Examples and two invented requests of each operation; `make fuzz-api` has the large doses. A quiet machine needs about
# a minute, most of it to invent; the time is for a busy one, that it examines the same.
BUDGET = Budget(seconds=900, cases=2, phases="examples,fuzzing")
PARTNERS = b"code,name,city,zone,gstin,ifsc,bank_account\nCP0001,Sharma Diesels,Pune,West,,,\n"


@pytest.fixture
def token(whole_system: FragileSystem) -> str:
    """An administrator's, with something to find: most rules are behind the first look-up."""
    with Desk.at(whole_system, role="admin") as desk:
        desk.register_partners(PARTNERS)
        desk.register_bank_account("50200012345678")
    return whole_system.token("admin")


def test_every_reply_to_valid_and_invalid_requests_is_one_that_the_document_names(
    whole_system: FragileSystem, token: str, tmp_path: Path
) -> None:
    """No 5xx, no status that is not documented, no body of another shape; the seed is fixed."""
    report = examine(whole_system.url("gateway"), token, folder=tmp_path, budget=BUDGET)

    assert report.summary() == "", report.text
    assert report.operations == len(operations())
    assert report.cases > len(operations())
