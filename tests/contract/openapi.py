"""The committed OpenAPI document, as the tests that walk it see it."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from gateway.domain.openapi_sharing import unshared

COMMITTED = Path(__file__).parents[2] / "docs" / "api" / "openapi.json"
METHODS = frozenset({"get", "post", "put", "patch", "delete", "head", "options", "trace"})


@dataclass(frozen=True)
class Operation:
    """One method of one path."""

    method: str
    path: str
    body: dict[str, Any]

    @property
    def name(self) -> str:
        return f"{self.method.upper()} {self.path}"

    @property
    def replies(self) -> dict[str, Any]:
        return dict(self.body["responses"])

    @property
    def is_public(self) -> bool:
        return self.body.get("security") == []

    @property
    def is_item(self) -> bool:
        return self.path.endswith("}")

    def parameters(self, place: str) -> set[str]:
        return {one["name"] for one in self.body.get("parameters", []) if one["in"] == place}

    def success(self) -> dict[str, Any]:
        """The JSON media of the replies that are no error, by status."""
        return {
            status: reply["content"]["application/json"]
            for status, reply in self.replies.items()
            if status.startswith("2") and "application/json" in reply.get("content", {})
        }


@cache
def document() -> Any:
    """With replies, parameters and examples where they are used; models are references still."""
    return unshared(json.loads(COMMITTED.read_text(encoding="utf-8")))


@cache
def operations() -> tuple[Operation, ...]:
    return tuple(
        Operation(method, path, body)
        for path, item in document()["paths"].items()
        for method, body in item.items()
        if method in METHODS
    )


def resolved(part: dict[str, Any]) -> dict[str, Any]:
    """Follow a reference to a component."""
    reference = part.get("$ref")
    if reference is None:
        return part
    _, _, kind, name = reference.split("/")
    return dict(document()["components"][kind][name])


def fields() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Model, name and schema of every field of every body."""
    for model, schema in document()["components"]["schemas"].items():
        for name, field in schema.get("properties", {}).items():
            yield model, name, field
