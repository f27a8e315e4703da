"""Examples of requests and replies, made from the schemas: what is shown is always what is documented."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from gateway.domain.openapi_words import Words

Document = dict[str, Any]
JSON: Final = "application/json"
DEPTH_MAX: Final = 8
BY_FORMAT: Final[Mapping[str, str]] = {
    "date": "2026-10-14",
    "date-time": "2026-10-14T09:30:00Z",
    "uuid": "0199e3a4-7c1b-7d52-9a31-2f6b8c0d4e5f",
}


def add_examples(document: Document, words: Words) -> None:
    """Give every JSON body of a request or a success its example, unless a route brings one of its own."""
    maker = _ExampleMaker(document["components"].get("schemas", {}), words.examples)
    for item in document["paths"].values():
        for operation in item.values():
            replies = [reply for status, reply in operation["responses"].items() if status.startswith("2")]
            _add_example(operation.get("requestBody", {}), replace(maker, is_sparse=True))
            for reply in replies:
                _add_example(reply, maker)


def _add_example(body: Document, maker: "_ExampleMaker") -> None:
    media = body.get("content", {}).get(JSON)
    if media is not None and "example" not in media and "examples" not in media:
        media["example"] = maker.value(media["schema"], "", 0)


@dataclass(frozen=True, slots=True)
class _ExampleMaker:
    schemas: Mapping[str, Document]
    by_name: Mapping[str, Any]
    is_sparse: bool = False  # requests leave out what may be null: each of it is a wish of its own

    def value(self, schema: Document, name: str, depth: int) -> Any:  # noqa: ANN401 - JSON of any shape
        """A value of the schema: its own example, else one of its field's name, else one of its type."""
        if "examples" in schema:
            return schema["examples"][0]
        if "$ref" in schema:
            model = schema["$ref"].rsplit("/", 1)[1]
            return self.value(self.schemas[model], name, depth)
        if "const" in schema:
            return schema["const"]
        for key in ("anyOf", "oneOf"):
            if key in schema:
                return self.value(_first_that_is_something(schema[key]), name, depth)
        if "enum" in schema:
            return schema["enum"][0]
        return self._by_type(schema, name, depth)

    def _by_type(self, schema: Document, name: str, depth: int) -> Any:  # noqa: ANN401 - JSON of any shape
        kind = schema.get("type")
        if kind == "object":
            return self._object(schema, depth)
        if kind == "array":
            items = schema.get("items", {})
            is_needed = schema.get("minItems", 0) > 0 or depth < DEPTH_MAX
            return [self.value(items, name, depth + 1)] if is_needed else []
        if kind == "string":
            return BY_FORMAT.get(schema.get("format", "")) or self.by_name.get(name, "text")
        if kind in ("integer", "number"):
            return max(schema.get("minimum", 1), schema.get("default") or 1)
        return {"boolean": schema.get("default", True), "null": None}.get(kind or "")

    def _object(self, schema: Document, depth: int) -> Document:
        required = schema.get("required", ())
        fields = schema.get("properties", {})
        shown = {
            name: self.value(field, name, depth + 1)
            for name, field in fields.items()
            if name in required or (depth < DEPTH_MAX and not (self.is_sparse and _may_be_null(field)))
        }
        values = schema.get("additionalProperties")
        if not fields and isinstance(values, dict):
            shown["name"] = self.value(values, "", depth + 1)
        return shown


def _may_be_null(schema: Document) -> bool:
    return any(variant.get("type") == "null" for variant in schema.get("anyOf", ()))


def _first_that_is_something(schemas: list[Document]) -> Document:
    return next((schema for schema in schemas if schema.get("type") != "null"), schemas[0])
