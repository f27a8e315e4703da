"""The part of the API for Salesforce keeps to what External Services can import (public help, read in November 2026)."""

import json
import re
from collections.abc import Iterator
from typing import Any, Final

import pytest

from gateway.domain.openapi_sharing import unshared
from gateway.domain.salesforce_openapi import DESCRIPTION_MAX, OPERATIONS, salesforce_document
from tests.contract.api_changes import DOCS

MEDIA_TYPES: Final = {"application/json", "application/x-www-form-urlencoded", "text/plain"}
METHODS: Final = {"get", "post", "put", "patch", "delete"}
OF_31_ONLY: Final = frozenset(
    "const examples $defs prefixItems patternProperties propertyNames unevaluatedProperties contentMediaType"
    " contentEncoding if then else dependentRequired webhooks identifier anyOf oneOf allOf".split()
)
TYPES: Final = {"string", "integer", "number", "boolean", "array", "object"}
# No letter, no digit, no two underscores: an Apex identifier.
APEX_NAME: Final = re.compile(r"[A-Za-z](?!.*__)\w{0,79}(?<!_)", re.ASCII)
CHARACTERS_MAX: Final = 10_000_000
OPERATIONS_MAX: Final = 3_000
MODELS_MAX: Final = 3_000
FIELDS_MAX: Final = 400_000


@pytest.fixture(scope="module")
def document() -> Any:
    return json.loads((DOCS / "api" / "salesforce-openapi.json").read_text())


@pytest.fixture(scope="module")
def published() -> Any:
    return unshared(json.loads((DOCS / "api" / "openapi.json").read_text()))


def parts(node: Any, *, inside: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Every object of the document with the key it stands under; examples are values and left out."""
    if isinstance(node, dict):
        yield inside, node
        for key, value in node.items():
            if key not in ("example", "enum", "default"):
                yield from parts(value, inside=key)
    elif isinstance(node, list):
        for one in node:
            yield from parts(one, inside=inside)


def operations(document: Any) -> list[tuple[str, dict[str, Any]]]:
    return [(method, one) for item in document["paths"].values() for method, one in item.items()]


def test_it_holds_the_operations_that_are_meant_for_salesforce(document: Any) -> None:
    assert document["openapi"] == "3.0.3"
    assert {one["operationId"] for _, one in operations(document)} == OPERATIONS
    assert {method for method, _ in operations(document)} <= METHODS


def test_no_word_of_openapi_31_is_left_in_it(document: Any) -> None:
    for inside, part in parts(document):
        if inside != "properties":  # there the keys are names of fields
            assert OF_31_ONLY.isdisjoint(part), part
        kind = part.get("type")
        if inside != "properties" and isinstance(kind, str | list) and "in" not in part:
            assert kind in TYPES | {"http"}, part
        assert not isinstance(part.get("exclusiveMinimum"), int) or part["exclusiveMinimum"] is True


def test_every_reference_leads_to_a_model_of_the_document(document: Any) -> None:
    references = {part["$ref"] for _, part in parts(document) if isinstance(part.get("$ref"), str)}
    models = {f"#/components/schemas/{name}" for name in document["components"]["schemas"]}

    assert references == models, "and no model is there for nothing"


def test_it_speaks_only_media_types_that_are_understood(document: Any) -> None:
    for inside, part in parts(document):
        if inside == "content":
            assert part.keys() <= MEDIA_TYPES


def test_no_reading_operation_has_a_body_and_no_reply_has_headers(document: Any) -> None:
    for method, one in operations(document):
        assert method != "get" or "requestBody" not in one
        for status, reply in one["responses"].items():
            assert "headers" not in reply, status
            assert "content" in reply or status.startswith("2"), "a Flow reads the problem from a named model"


def test_names_are_legal_in_apex(document: Any) -> None:
    names = [one["operationId"] for _, one in operations(document)]
    names += document["components"]["schemas"]
    names += [name for inside, part in parts(document) if inside == "properties" for name in part]

    assert [name for name in names if not APEX_NAME.fullmatch(name)] == []


def test_it_stays_below_every_limit(document: Any) -> None:
    models = document["components"]["schemas"]

    assert len((DOCS / "api" / "salesforce-openapi.json").read_text()) < CHARACTERS_MAX
    assert len(operations(document)) < OPERATIONS_MAX
    assert len(models) < MODELS_MAX
    assert sum(len(model.get("properties", {})) for model in models.values()) < FIELDS_MAX
    for _, part in parts(document):
        description = part.get("description")
        assert not isinstance(description, str) or len(description) <= DESCRIPTION_MAX


def test_what_others_find_in_headers_stands_in_bodies(document: Any) -> None:
    models = document["components"]["schemas"]

    assert "revision" in models["QueryThreadBody"]["properties"]
    assert "next_cursor" in models["ReceiptPage"]["properties"]
    assert "trace_id" in models["Problem"]["properties"]


def test_null_is_told_the_old_way(document: Any) -> None:
    models = document["components"]["schemas"]

    assert models["ReceiptPage"]["properties"]["next_cursor"] == {
        "type": "string",
        "nullable": True,
        "description": "Pass it as `cursor` for the next page; null on the last one.",
    }
    assert models["ReceiptBody"]["properties"]["reversal"] == {"$ref": "#/components/schemas/ReversalBody"}
    assert "reversal" not in models["ReceiptBody"]["required"], "a model that may be null can only be absent"


def test_a_long_description_is_cut(published: Any) -> None:
    operation = published["paths"]["/v1/receipts"]["get"]
    operation["description"] = "x" * 2_000

    cut = salesforce_document(published)["paths"]["/v1/receipts"]["get"]["description"]

    assert len(cut) == DESCRIPTION_MAX
    assert cut.endswith("x…")


def test_a_union_of_models_is_refused_when_the_document_is_made(published: Any) -> None:
    models = published["components"]["schemas"]
    union = {"anyOf": [{"$ref": "#/components/schemas/Problem"}, {"$ref": "#/components/schemas/MoneyBody"}]}
    models["ReceiptBody"]["properties"]["channel"] = union

    with pytest.raises(ValueError, match="union"):
        salesforce_document(published)
