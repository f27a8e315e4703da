"""The published documents are clean by the rules that generators of clients expect."""

import json
from pathlib import Path

import pytest

from tests.contract.api_changes import API_DOCUMENTS, DOCS
from tests.contract.api_lint import complaints, install


@pytest.fixture(scope="module", autouse=True)
def linter() -> None:
    install()


@pytest.mark.parametrize("name", API_DOCUMENTS)
def test_the_document_is_clean_by_the_recommended_rules(name: str) -> None:
    assert complaints(DOCS / "api" / name) == []


def test_the_linter_complains_when_there_is_something_to_complain_about(tmp_path: Path) -> None:
    document = json.loads((DOCS / "api" / "salesforce-openapi.json").read_text())
    document["paths"]["/v1/receipts"]["get"]["operationId"] = "show_receipt"
    document["paths"]["/v1/partners"]["get"]["responses"] = {"200": {"content": {}}}
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(document))

    rules = {one.split()[0] for one in complaints(path)}

    assert {"operation-operationId-unique", "struct", "operation-4xx-response"} <= rules


def test_the_lock_names_no_registry() -> None:
    """Whoever installs takes the package from the registry that their npm is set to."""
    lock = json.loads((Path(__file__).parent / "npm" / "package-lock.json").read_text())

    assert [name for name, package in lock["packages"].items() if "resolved" in package] == []
    assert all("integrity" in package for name, package in lock["packages"].items() if name)
