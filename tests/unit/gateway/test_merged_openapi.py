from typing import Any

from gateway.domain.merged_openapi import canonical_json, merged_document
from gateway.domain.problem_pages import problem_page


def document(path: str, **schemas: dict[str, Any]) -> dict[str, Any]:
    reference = {"$ref": f"#/components/schemas/{next(iter(schemas))}"}
    reply = {"description": "ok", "content": {"application/json": {"schema": reference}}}
    return {
        "openapi": "3.1.0",
        "paths": {path: {"get": {"tags": ["T"], "responses": {"200": reply}}}, "/health/live": {"get": {}}},
        "components": {"schemas": schemas},
    }


def reference_of(merged: dict[str, Any], path: str) -> str:
    reply = merged["paths"][path]["get"]["responses"]["200"]
    return str(reply["content"]["application/json"]["schema"]["$ref"])


MONEY = {"type": "object", "properties": {"amount": {"type": "string"}}}


def test_equal_components_are_kept_once() -> None:
    merged = merged_document(
        {"payments": document("/v1/receipts", Money=MONEY), "partners": document("/v1/partners", Money=MONEY)}
    )

    assert list(merged["components"]["schemas"]) == ["Money"]
    assert list(merged["paths"]) == ["/v1/partners", "/v1/receipts"]
    assert merged["tags"] == [{"name": "T"}]


def test_clashing_components_get_their_service_as_prefix_also_through_references() -> None:
    page = {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}
    merged = merged_document(
        {
            "payments": document("/v1/receipts", Page=page, Item={"type": "string"}, Money=MONEY),
            "partners": document("/v1/partners", Page=page, Item={"type": "integer"}),
        }
    )

    schemas = merged["components"]["schemas"]
    assert list(schemas) == ["Money", "PartnersItem", "PartnersPage", "PaymentsItem", "PaymentsPage"]
    assert reference_of(merged, "/v1/receipts") == "#/components/schemas/PaymentsPage"
    assert schemas["PartnersPage"]["items"]["$ref"] == "#/components/schemas/PartnersItem"


def test_only_the_gateway_contributes_paths_outside_v1() -> None:
    merged = merged_document(
        {"payments": document("/v1/receipts", M=MONEY), "gateway": document("/v1/me", M=MONEY)}
    )

    assert list(merged["paths"]) == ["/health/live", "/v1/me", "/v1/receipts"]


def test_same_documents_in_another_order_give_the_same_bytes() -> None:
    one, other = document("/v1/receipts", Money=MONEY), document("/v1/partners", Money={"type": "string"})

    assert canonical_json(merged_document({"payments": one, "partners": other})) == canonical_json(
        merged_document({"partners": other, "payments": one})
    )


def test_problem_page_lists_the_operations_that_answer_with_the_code() -> None:
    example = {"summary": "T", "value": {"title": "The limit <is> reached", "status": 409}}
    reply = {"content": {"application/problem+json": {"examples": {"limit_reached": example}}}}
    merged = {"paths": {"/v1/things": {"post": {"responses": {"409": reply}}}}}

    page = problem_page("limit_reached", merged)

    assert page is not None
    assert "POST /v1/things" in page
    assert "The limit &lt;is&gt; reached" in page
    assert problem_page("not_found", merged) is not None
    assert problem_page("<script>", merged) is None


def test_a_path_is_taken_from_the_service_it_is_sent_to() -> None:
    merged = merged_document(
        {
            "payments": document("/v1/jobs/{job_id}", A=MONEY),
            "reporting": document("/v1/jobs/{job_id}", B=MONEY),
        }
    )

    assert reference_of(merged, "/v1/jobs/{job_id}") == "#/components/schemas/A"
