"""The committed OpenAPI document is what the code serves, and keeps the promises made to its readers."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from deploy.documents import api_documents
from gateway.domain.openapi_sharing import unshared
from shared.medium import MEDIA_TYPES, Medium

COMMITTED = Path(__file__).parents[2] / "docs" / "api" / "openapi.json"


@pytest.fixture(scope="module")
def committed() -> Any:
    return json.loads(COMMITTED.read_text())


@pytest.fixture(scope="module")
def document(committed: Any) -> Any:
    return unshared(committed)


def operations(document: Any) -> list[tuple[str, dict[str, Any]]]:
    return [
        (f"{method.upper()} {path}", operation)
        for path, item in document["paths"].items()
        for method, operation in item.items()
        if method != "parameters"
    ]


def test_the_committed_documents_are_the_generated_ones() -> None:
    committed = {path.name: path.read_text() for path in COMMITTED.parent.glob("*.json")}

    assert committed == api_documents(), "run `make documents` and commit docs/api"


def test_every_operation_has_a_name_of_its_own_a_summary_and_a_tag(document: Any) -> None:
    found = operations(document)
    names = [operation.get("operationId") for _, operation in found]

    assert len(set(names)) == len(names)
    assert [
        name for name, operation in found if not operation.get("summary") or not operation.get("tags")
    ] == []


def test_every_operation_says_what_its_errors_look_like(document: Any) -> None:
    for name, operation in operations(document):
        if name.startswith(("GET /health", "GET /openapi")):
            continue
        assert {"401", "403"} <= operation["responses"].keys(), name


def test_every_list_can_be_had_as_csv_and_as_xlsx(document: Any) -> None:
    """A list route is made with `listed` (shared/list_routes.py), not with `router.get`."""
    lists = {
        name: operation
        for name, operation in operations(document)
        if 'Page"' in json.dumps(operation["responses"].get("200", {}))
    }

    assert len(lists) > 10
    for name, operation in lists.items():
        assert {MEDIA_TYPES[medium] for medium in Medium} <= operation["responses"]["200"][
            "content"
        ].keys(), name
        assert "format" in {parameter["name"] for parameter in operation["parameters"]}, name


def test_what_operations_have_in_common_is_said_once(committed: Any) -> None:
    """Problems, replies and parameters are components: one that stands twice makes the document large again."""
    parts = [part for _, operation in operations(committed) for part in _parts(operation)]
    repeated = [text for text, times in Counter(parts).items() if times > 1]

    assert repeated == []


def _parts(operation: dict[str, Any]) -> list[str]:
    """Parameters, refusals and examples that stand in the operation itself."""
    replies = {status: reply for status, reply in operation["responses"].items() if "$ref" not in reply}
    media = [one for reply in replies.values() for one in reply.get("content", {}).values()]
    found = [
        *operation.get("parameters", []),
        *(reply for status, reply in replies.items() if status >= "300"),
        *(one["example"] for one in media if "example" in one),
        *(example for one in media for example in one.get("examples", {}).values()),
    ]
    return [
        json.dumps(part, sort_keys=True) for part in found if not isinstance(part, dict) or "$ref" not in part
    ]


def test_every_reference_leads_somewhere(committed: Any) -> None:
    text = json.dumps(committed)
    wanted = {part.split('"')[0] for part in text.split('"$ref": "#/')[1:]}

    def exists(pointer: str) -> bool:
        node = committed
        for step in pointer.split("/"):
            if step not in node:
                return False
            node = node[step]
        return True

    assert [pointer for pointer in sorted(wanted) if not exists(pointer)] == []
