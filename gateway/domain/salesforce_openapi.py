"""The part of the API that Salesforce External Services can import, as OpenAPI 3.0.

External Services takes a subset of 3.0 and none of 3.1, sees no headers of replies, names Apex classes after models
and cuts descriptions (its limits were read in the public help in November 2026; tests/contract checks them).
"""

from collections.abc import Mapping
from typing import Any, Final

Document = dict[str, Any]

# What people who work in Salesforce ask: what a partner owes, where a payment is, a question and its answer.
OPERATIONS: Final = frozenset(
    {
        "list_credit_notes",
        "list_open_items",
        "list_partners",
        "list_payment_queries",
        "list_receipts",
        "open_payment_query",
        "show_account_ageing",
        "show_account_statement",
        "show_me",
        "show_partner",
        "show_payment_query",
        "show_receipt",
        "trace_payment",
        "add_query_message",
    }
)
JSON: Final = "application/json"
PROBLEM: Final = "application/problem+json"
LICENSE_URL: Final = "https://www.apache.org/licenses/LICENSE-2.0"
DESCRIPTION_MAX: Final = 1_333
DESCRIPTION: Final = (
    "What Salesforce needs of the SalesOps API: accounts, payments and questions about them. Whatever other callers find "
    "in headers of replies stands in bodies: `revision`, `next_cursor`, `retry_after_seconds`."
)
# Reply formats and headers of replies are of no use to Flow and Apex.
_PARAMETERS_LEFT_OUT: Final = frozenset({"format", "If-None-Match", "Prefer"})
_OPERATION_KEYS: Final = ("operationId", "summary", "description", "tags")
_SCHEMA_KEYS: Final = frozenset(
    "type format enum required minLength maxLength pattern minItems maxItems default nullable".split()
)


def salesforce_document(published: Document) -> Document:
    """Return the document of `OPERATIONS` in OpenAPI 3.0.3 with the models they use."""
    converter = _Converter(published)
    paths: Document = {}
    for path, item in published["paths"].items():
        operations = {
            method: converter.operation(operation)
            for method, operation in item.items()
            if operation.get("operationId") in OPERATIONS
        }
        if operations:
            paths[path] = operations
    used = {tag for item in paths.values() for operation in item.values() for tag in operation["tags"]}
    return {
        "openapi": "3.0.3",
        "info": {
            "title": "SalesOps for Salesforce",
            "version": published["info"]["version"],
            "description": DESCRIPTION,
            "license": {"name": published["info"]["license"]["name"], "url": LICENSE_URL},
        },
        "servers": published["servers"],
        "security": published["security"],
        "tags": [tag for tag in published["tags"] if tag["name"] in used],
        "paths": paths,
        "components": {
            "schemas": converter.models(),
            "securitySchemes": published["components"]["securitySchemes"],
        },
    }


class _Converter:
    """Converts parts of the published document and remembers which models they refer to."""

    def __init__(self, published: Document) -> None:
        self._published = published
        self._models: dict[str, Document] = {}

    def operation(self, operation: Document) -> Document:
        converted: Document = {key: operation[key] for key in _OPERATION_KEYS if key in operation}
        converted["description"] = _cut(converted.get("description", ""))
        parameters = [
            self._parameter(one)
            for one in operation.get("parameters", [])
            if one["name"] not in _PARAMETERS_LEFT_OUT
        ]
        if parameters:
            converted["parameters"] = parameters
        if "requestBody" in operation:
            media = operation["requestBody"]["content"][JSON]
            converted["requestBody"] = {"required": True, "content": {JSON: self._media(media)}}
        converted["responses"] = {
            status: self._reply(reply) for status, reply in operation["responses"].items() if status != "304"
        }
        return converted

    def models(self) -> Document:
        """The models that were referred to, directly or through others."""
        return dict(sorted(self._models.items()))

    def _parameter(self, parameter: Document) -> Document:
        kept: Document = {key: parameter[key] for key in ("name", "in", "required") if key in parameter}
        return {
            **kept,
            "description": _cut(parameter.get("description", "")),
            "schema": self.schema(parameter["schema"]),
        }

    def _reply(self, reply: Document) -> Document:
        """Without headers; a problem is JSON by its type's name too, which is all that Salesforce knows."""
        if "$ref" in reply:
            reply = self._published["components"]["responses"][reply["$ref"].rsplit("/", 1)[1]]
        converted: Document = {"description": _cut(reply["description"])}
        content = reply.get("content", {})
        media = content.get(JSON) or content.get(PROBLEM)
        if media is not None:
            converted["content"] = {JSON: self._media(media)}
        return converted

    def _media(self, media: Document) -> Document:
        converted: Document = {"schema": self.schema(media["schema"])}
        if "example" in media:
            converted["example"] = media["example"]
        return converted

    def schema(self, schema: Document) -> Document:
        """One schema in the words of OpenAPI 3.0: `nullable` for null, one example, no constants."""
        if "$ref" in schema:
            self._use(schema["$ref"].rsplit("/", 1)[1])
            return {"$ref": schema["$ref"]}
        plain, is_nullable = _without_null(schema)
        if "$ref" in plain:
            return self.schema(plain)
        converted = {key: value for key, value in plain.items() if key in _SCHEMA_KEYS}
        if "const" in plain:
            converted["enum"] = [plain["const"]]
            converted.setdefault("type", "string")
        if description := schema.get("description") or plain.get("description"):
            converted["description"] = _cut(description)
        for old, new in (("minimum", "exclusiveMinimum"), ("maximum", "exclusiveMaximum")):
            converted |= _bound(plain, old, new)
        if "items" in plain:
            converted["items"] = self.schema(plain["items"])
        if "properties" in plain:
            converted |= self._fields(plain)
        if not converted.get("required", True):
            del converted["required"]  # 3.0 knows no empty list of them
        if is_nullable:
            converted["nullable"] = True
        if converted.get("default", "") is None:
            del converted["default"]
        return converted

    def _fields(self, schema: Document) -> Document:
        """A field that may be null and is a model can only be said to be absent: 3.0 allows no words beside $ref."""
        fields = schema["properties"]
        required = [name for name in schema.get("required", ()) if not _is_nullable_model(fields[name])]
        converted: Document = {"properties": {name: self.schema(field) for name, field in fields.items()}}
        return {**converted, "required": required}

    def _use(self, name: str) -> None:
        if name not in self._models:
            self._models[name] = {}  # stands for itself while models refer to each other in a circle
            self._models[name] = self.schema(self._published["components"]["schemas"][name])


def _without_null(schema: Document) -> tuple[Document, bool]:
    """The one thing a value may be, and whether it may be null; numbers told as text as well are text."""
    kinds = schema.get("type")
    if isinstance(kinds, list):
        kept = [kind for kind in kinds if kind != "null"]
        return {**schema, "type": kept[0]}, len(kept) < len(kinds)
    variants = schema.get("anyOf") or schema.get("oneOf")
    if not variants:
        return schema, False
    kept = [variant for variant in variants if variant.get("type") != "null"]
    texts = [variant for variant in kept if variant.get("type") == "string"]
    if len(kept) > 1 and not texts:
        raise ValueError(f"a union of models cannot be told to Salesforce: {schema.get('title')}")
    chosen = texts[0] if len(kept) > 1 else kept[0]
    described = {key: schema[key] for key in ("description", "default") if key in schema}
    return {**chosen, **described}, len(kept) < len(variants)


def _is_nullable_model(field: Document) -> bool:
    plain, is_nullable = _without_null(field)
    return is_nullable and "$ref" in plain


def _bound(schema: Mapping[str, Any], inclusive: str, exclusive: str) -> Document:
    if exclusive in schema:
        return {inclusive: schema[exclusive], exclusive: True}
    return {inclusive: schema[inclusive]} if inclusive in schema else {}


def _cut(text: str) -> str:
    return text if len(text) <= DESCRIPTION_MAX else text[: DESCRIPTION_MAX - 1] + "…"
