"""What callers rely on stays: the documents are compared with the released ones, and the comparison is tested."""

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.contract.api_changes import (
    API_DOCUMENTS,
    DOCS,
    RELEASED,
    accepted,
    broken_by,
    broken_events,
    read_events,
)

Change = Callable[[Any], object]

OLD: dict[str, Any] = {
    "paths": {
        "/v1/receipts": {
            "get": {
                "operationId": "list_receipts",
                "parameters": [
                    {"name": "limit", "in": "query", "schema": {"type": "integer", "maximum": 200}},
                    {"name": "state", "in": "query", "schema": {"type": "string", "enum": ["open", "paid"]}},
                ],
                "responses": {
                    "200": {
                        "content": {
                            "application/json": {"schema": {"$ref": "#/components/schemas/Receipt"}},
                            "text/csv": {"schema": {"type": "string"}},
                        }
                    },
                    "404": {"$ref": "#/components/responses/NotFound"},
                },
            },
            "post": {
                "operationId": "record_receipt",
                "requestBody": {
                    "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Draft"}}}
                },
                "responses": {"201": {"description": "kept"}},
            },
        }
    },
    "components": {
        "responses": {"NotFound": {"content": {"application/problem+json": {"schema": {"type": "object"}}}}},
        "schemas": {
            "Receipt": {
                "type": "object",
                "required": ["id"],
                "properties": {
                    "id": {"type": "string", "format": "uuid"},
                    "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                    "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Receipt"}},
                    "state": {"type": "string", "enum": ["open", "paid"]},
                },
            },
            "Draft": {
                "type": "object",
                "additionalProperties": False,
                "required": ["amount"],
                "properties": {
                    "amount": {"type": "string", "maxLength": 20},
                    "note": {"anyOf": [{"type": "string"}, {"type": "null"}]},
                },
            },
        },
    },
}


def changed(change: Change) -> Any:
    new = copy.deepcopy(OLD)
    change(new)
    return new


def listing(new: Any) -> Any:
    return new["paths"]["/v1/receipts"]["get"]


def recording(new: Any) -> Any:
    return new["paths"]["/v1/receipts"]["post"]


def model(new: Any, name: str) -> Any:
    return new["components"]["schemas"][name]


BREAKING: dict[str, Change] = {
    "GET /v1/receipts is gone": lambda new: new["paths"]["/v1/receipts"].pop("get"),
    "GET /v1/receipts is called receipts in clients, no longer list_receipts": lambda new: listing(
        new
    ).update(operationId="receipts"),
    "GET /v1/receipts no longer takes the query parameter limit": lambda new: listing(new)["parameters"].pop(
        0
    ),
    "GET /v1/receipts needs the query parameter day from now on": lambda new: listing(new)[
        "parameters"
    ].append({"name": "day", "in": "query", "required": True, "schema": {"type": "string"}}),
    "GET /v1/receipts query parameter limit: maximum is now 100": lambda new: listing(new)["parameters"][0][
        "schema"
    ].update(maximum=100),
    "GET /v1/receipts query parameter state: the value 'paid' is gone": lambda new: listing(new)[
        "parameters"
    ][1]["schema"].update(enum=["open"]),
    "GET /v1/receipts no longer answers 404": lambda new: listing(new)["responses"].pop("404"),
    "GET /v1/receipts no longer answers 200 as text/csv": lambda new: listing(new)["responses"]["200"][
        "content"
    ].pop("text/csv"),
    "GET /v1/receipts reply 200/note: the field is gone": lambda new: model(new, "Receipt")["properties"].pop(
        "note"
    ),
    "GET /v1/receipts reply 200/id: may now be missing": lambda new: model(new, "Receipt").update(
        required=[]
    ),
    "GET /v1/receipts reply 200/id: may now be integer": lambda new: model(new, "Receipt")[
        "properties"
    ].update(id={"anyOf": [{"type": "string", "format": "uuid"}, {"type": "integer"}]}),
    "GET /v1/receipts reply 200/state: the value 'paid' is gone": lambda new: model(new, "Receipt")[
        "properties"
    ]["state"].update(enum=["open"]),
    "POST /v1/receipts no longer takes application/json": lambda new: recording(new)["requestBody"][
        "content"
    ].pop("application/json"),
    "POST /v1/receipts request/day: has to be sent from now on": lambda new: model(new, "Draft").update(
        required=["amount", "day"]
    ),
    "POST /v1/receipts request/note: the field is no longer taken": lambda new: model(new, "Draft")[
        "properties"
    ].pop("note"),
    "POST /v1/receipts request/note: may no longer be null": lambda new: model(new, "Draft")[
        "properties"
    ].update(note={"type": "string"}),
    "POST /v1/receipts request/amount: maxLength is now 10": lambda new: model(new, "Draft")["properties"][
        "amount"
    ].update(maxLength=10),
    "POST /v1/receipts request/amount: has to match ^1": lambda new: model(new, "Draft")["properties"][
        "amount"
    ].update(pattern="^1"),
    "POST /v1/receipts needs a body from now on": lambda new: recording(new)["requestBody"].update(
        required=True
    ),
}
ADDITIVE: dict[str, Change] = {
    "an operation": lambda new: new["paths"].update({"/v1/refunds": {"get": {}}}),
    "an optional parameter": lambda new: listing(new)["parameters"].append(
        {"name": "zone", "in": "query", "schema": {"type": "string"}}
    ),
    "a field of a reply": lambda new: model(new, "Receipt")["properties"].update(rail={"type": "string"}),
    "a value of a reply": lambda new: model(new, "Receipt")["properties"]["state"]["enum"].append("late"),
    "an optional field of a request": lambda new: model(new, "Draft")["properties"].update(
        rail={"type": "string"}
    ),
    "a larger bound": lambda new: listing(new)["parameters"][0]["schema"].update(maximum=500),
    "a status": lambda new: listing(new)["responses"].update({"429": {"description": "wait"}}),
    "words": lambda new: listing(new).update(summary="List them"),
}


@pytest.mark.parametrize(("sentence", "change"), BREAKING.items(), ids=BREAKING)
def test_a_breaking_change_is_named(sentence: str, change: Change) -> None:
    assert broken_by(OLD, changed(change)) == [sentence]


@pytest.mark.parametrize("change", ADDITIVE.values(), ids=ADDITIVE)
def test_an_additive_change_breaks_nothing(change: Change) -> None:
    assert broken_by(OLD, changed(change)) == []


@given(st.sets(st.sampled_from(sorted(ADDITIVE)), min_size=1))
def test_taking_back_what_was_added_breaks_at_least_as_much_as_nothing(added: set[str]) -> None:
    """Additions are one-way: whatever they were, the new document serves old callers."""

    def change(new: Any) -> None:
        for name in sorted(added):
            ADDITIVE[name](new)

    new = changed(change)
    assert broken_by(OLD, new) == []
    if added - {"words", "a larger bound", "an optional field of a request"}:
        assert broken_by(new, OLD) != []


def test_a_model_that_contains_itself_is_compared_once() -> None:
    assert broken_by(OLD, OLD) == []


EVENT = {"type": "object", "required": ["id"], "properties": {"id": {"type": "string", "enum": ["a"]}}}


@pytest.mark.parametrize(
    ("new", "problems"),
    [
        ({}, ["paid.v1 is gone: consumers of the version may still wait for it"]),
        ({"paid.v1": {**EVENT, "properties": EVENT["properties"] | {"note": {"type": "string"}}}}, []),
        ({"paid.v1": {**EVENT, "required": ["id", "note"]}}, ["paid.v1/note: has to be sent from now on"]),
        ({"paid.v1": {**EVENT, "required": []}}, ["paid.v1/id: may now be missing"]),
        ({"paid.v1": {**EVENT, "properties": {}}}, ["paid.v1/id: the field is gone"]),
        (
            {"paid.v1": {**EVENT, "properties": {"id": {"type": "integer"}}}},
            ["paid.v1/id: may now be integer", "paid.v1/id: may no longer be string"],
        ),
    ],
)
def test_within_a_version_an_event_gains_optional_fields_and_nothing_else(
    new: dict[str, Any], problems: list[str]
) -> None:
    assert broken_events({"paid.v1": EVENT}, new) == problems


def test_an_event_does_not_gain_values_that_old_consumers_do_not_know() -> None:
    new = {**EVENT, "properties": {"id": {"type": "string", "enum": ["a", "b"]}}}

    assert "paid.v1/id: the value 'b' is new" in broken_events({"paid.v1": EVENT}, {"paid.v1": new})


def read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize("name", API_DOCUMENTS)
def test_the_api_still_serves_callers_of_the_released_one(name: str) -> None:
    found = broken_by(read(RELEASED / name), read(DOCS / "api" / name))

    assert sorted(found) == sorted(accepted(name)), "add, deprecate, or accept it with a reason"


def test_events_still_serve_consumers_of_the_released_ones() -> None:
    found = broken_events(read_events(RELEASED / "events"), read_events(DOCS / "events"))

    assert sorted(found) == sorted(accepted("events")), "make it a new version beside the old one"
