"""What operations have in common is a component, and nothing of the document is lost by it."""

from typing import Any

from gateway.domain.openapi_sharing import shared, unshared

PROBLEM = "application/problem+json"
LIMIT = {"name": "limit", "in": "query", "schema": {"type": "integer"}}


def refusal(*codes: str) -> dict[str, Any]:
    examples = {code: {"summary": code, "value": {"code": code}} for code in codes}
    return {"description": "; ".join(codes), "content": {PROBLEM: {"schema": {}, "examples": examples}}}


def operation(**replies: dict[str, Any]) -> dict[str, Any]:
    return {
        "parameters": [dict(LIMIT)],
        "responses": {key.lstrip("_"): value for key, value in replies.items()},
    }


def shown(number: int) -> dict[str, Any]:
    media = {"schema": {"$ref": "#/components/schemas/Thing"}, "example": {"number": number}}
    headers = {"ETag": {"schema": {"type": "string"}}}
    return {"description": "ok", "content": {"application/json": media}, "headers": headers}


def document(*operations: dict[str, Any]) -> dict[str, Any]:
    paths = {f"/v1/things{place}": {"get": one} for place, one in enumerate(operations)}
    return {"paths": paths, "components": {"schemas": {"Thing": {"type": "object"}}}}


def test_a_refusal_of_two_operations_is_one_component_named_after_its_codes() -> None:
    result = shared(
        document(operation(_409=refusal("stale", "taken")), operation(_409=refusal("stale", "taken")))
    )

    reference = {"$ref": "#/components/responses/StaleOrTaken"}
    assert [item["get"]["responses"]["409"] for item in result["paths"].values()] == [reference] * 2
    examples = result["components"]["responses"]["StaleOrTaken"]["content"][PROBLEM]["examples"]
    assert examples["stale"] == {"$ref": "#/components/examples/Stale"}


def test_a_refusal_of_one_operation_stays_there_with_references_to_its_examples() -> None:
    result = shared(document(operation(_409=refusal("stale")), operation()))

    content = result["paths"]["/v1/things0"]["get"]["responses"]["409"]["content"]
    assert content[PROBLEM]["examples"] == {"stale": {"$ref": "#/components/examples/Stale"}}


def test_parts_of_one_name_and_different_content_are_told_apart() -> None:
    wider = {**LIMIT, "schema": {"type": "integer", "maximum": 9}}
    operations = [
        operation(),
        operation(),
        operation() | {"parameters": [wider]},
        operation() | {"parameters": [wider]},
    ]

    result = shared(document(*operations))

    assert result["components"]["parameters"] == {"Limit": LIMIT, "Limit2": wider}


def test_examples_and_headers_of_successes_are_shared_when_they_are_the_same() -> None:
    result = shared(document(operation(_200=shown(1)), operation(_200=shown(1)), operation(_200=shown(2))))

    assert result["components"]["examples"] == {"Thing": {"value": {"number": 1}}}
    assert list(result["components"]["headers"]) == ["ETag"]
    last = result["paths"]["/v1/things2"]["get"]["responses"]["200"]["content"]["application/json"]
    assert last["example"] == {"number": 2}


def test_what_was_shared_can_be_put_back() -> None:
    whole = document(
        operation(_200=shown(1), _404=refusal("not_found")),
        operation(_200=shown(1), _404=refusal("not_found"), _409=refusal("stale")),
    )

    assert unshared(shared(whole)) == whole
    assert unshared(whole) == whole
