"""One OpenAPI document out of several: same inputs, same bytes."""

import json
from collections.abc import Mapping
from typing import Any, Final

# OpenAPI documents are JSON of any shape; this module only moves parts and renames references.
Document = dict[str, Any]

TITLE: Final = "SalesOps API"
VERSION: Final = "1.0.0"
DESCRIPTION: Final = (
    "Payments, partners, reports and research of a sales operations back office. Every error is an RFC 9457 problem "
    "document with a stable `code`; every POST takes an `Idempotency-Key`; lists are paged by `cursor`."
)
_REFERENCE: Final = "#/components/"


def merged_document(documents: Mapping[str, Document]) -> Document:
    """Return one document with the public paths of all, sorted.

    Components of the same name and content are kept once. Where the content differs, each gets its part's name as
    prefix, and so do components that refer to it. Paths outside /v1 are kept only from the part named `gateway`.
    """
    parts = {name: _public(name, document) for name, document in sorted(documents.items())}
    clashes = _clashing_names(parts)
    paths: Document = {}
    components: dict[str, Document] = {}
    tags: dict[str, Document] = {}
    for name, part in parts.items():
        renamed = _renamed(part, {pointer: _prefixed(name, pointer) for pointer in clashes})
        for path, operations in renamed["paths"].items():
            paths.setdefault(path, {}).update(operations)
        for pointer, component in _components(renamed).items():
            kind, component_name = pointer.split("/")
            wanted = _prefixed(name, pointer).split("/")[1] if pointer in clashes else component_name
            components.setdefault(kind, {})[wanted] = component
        tags |= {tag["name"]: tag for tag in renamed.get("tags", [])}
    return {
        "openapi": "3.1.0",
        "info": _info(),
        "servers": [{"url": "/", "description": "This installation"}],
        "security": [{"bearer": []}],
        "tags": _used_tags(paths, tags),
        "paths": dict(sorted(paths.items())),
        "components": {kind: dict(sorted(named.items())) for kind, named in sorted(components.items())},
    }


def canonical_json(document: Document) -> str:
    """Return the text that is committed and served; keys stay in the document's own order."""
    return json.dumps(document, ensure_ascii=False, indent=2) + "\n"


def _info() -> Document:
    return {
        "title": TITLE,
        "version": VERSION,
        "description": DESCRIPTION,
        "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
    }


def _public(name: str, document: Document) -> Document:
    paths = {
        path: operations
        for path, operations in document.get("paths", {}).items()
        if path.startswith("/v1/") or name == "gateway"
    }
    return {**document, "paths": paths}


def _components(document: Document) -> dict[str, Document]:
    """Return components by 'kind/name'."""
    return {
        f"{kind}/{name}": component
        for kind, named in document.get("components", {}).items()
        for name, component in named.items()
    }


def _clashing_names(parts: Mapping[str, Document]) -> frozenset[str]:
    """Return the names that mean different things, directly or through what they refer to."""
    contents: dict[str, set[str]] = {}
    for part in parts.values():
        for pointer, component in _components(part).items():
            contents.setdefault(pointer, set()).add(json.dumps(component, sort_keys=True))
    clashes = {pointer for pointer, texts in contents.items() if len(texts) > 1}
    shared = {
        pointer: next(iter(texts))
        for pointer, texts in contents.items()
        if sum(pointer in _components(part) for part in parts.values()) > 1
    }
    while True:
        reached = {
            pointer
            for pointer, text in shared.items()
            if pointer not in clashes and any(f'"{_REFERENCE}{clash}"' in text for clash in clashes)
        }
        if not reached:
            return frozenset(clashes)
        clashes |= reached


def _prefixed(part: str, pointer: str) -> str:
    kind, name = pointer.split("/")
    return f"{kind}/{part.capitalize()}{name}"


def _renamed(value: Any, names: Mapping[str, str]) -> Any:  # noqa: ANN401 - walks JSON of any shape
    if isinstance(value, dict):
        return {
            key: _renamed_reference(item, names)
            if key == "$ref" and isinstance(item, str)
            else _renamed(item, names)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_renamed(item, names) for item in value]
    return value


def _renamed_reference(reference: str, names: Mapping[str, str]) -> str:
    pointer = reference.removeprefix(_REFERENCE)
    return _REFERENCE + names.get(pointer, pointer)


def _used_tags(paths: Document, described: Mapping[str, Document]) -> list[Document]:
    used = {
        tag
        for operations in paths.values()
        for operation in operations.values()
        if isinstance(operation, dict)
        for tag in operation.get("tags", [])
    }
    return [described.get(name, {"name": name}) for name in sorted(used)]
