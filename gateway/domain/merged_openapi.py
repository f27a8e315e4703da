"""One OpenAPI document out of several: same inputs, same bytes."""

import json
from collections.abc import Mapping
from typing import Any, Final

from gateway.domain.routing import service_of

# OpenAPI documents are JSON of any shape; this module only moves parts and renames references.
Document = dict[str, Any]

TITLE: Final = "SalesOps API"
VERSION: Final = "1.0.0"
DESCRIPTION: Final = (
    "Payments, partners, reports and research of a sales operations back office. Every error is an RFC 9457 problem "
    "document with a stable `code`; every POST takes an `Idempotency-Key`; lists are paged by `cursor`."
)
# What a reader sees above each group of operations; a service's own description of a tag wins.
TAG_DESCRIPTIONS: Final[Mapping[str, str]] = {
    "Bank accounts": "Our own accounts, into which partners pay.",
    "GST registrations": "Who we are for the tax office, from a day on.",
    "Credit notes": "What we credit partners for, of law or of business, from request to use.",
    "Bank statements": "Files of the bank, each line with the decision taken on it and why.",
    "Booking clock": "What must be booked within 24 hours of the bank's credit: who is late and who will be.",
    "Dashboards": "Figures for one look, from projections that events keep up to date.",
    "Deductions": "What payers may keep back, by law and by agreement, and what becomes of the tax they kept.",
    "Entities": "Partners and companies as one, whatever name a source gives them.",
    "Exceptions": "What the system could not decide and a person has to.",
    "Health": "Whether the system runs and can serve.",
    "Identity": "Who the access token says you are, and what it opens.",
    "Invoices": "What partners owe.",
    "Jobs": "Work that takes longer than a request: its state, its result, its end.",
    "Ledger": "Double entry behind every booking, and the proofs that it holds.",
    "Matching policies": "What the matching takes as given: versions, trials on past lines, and decisions made again.",
    "Partner accounts": "What one partner has open.",
    "Partners": "The channel partners.",
    "Payment sheets": "What a partner has paid and still owes, on one sheet.",
    "Receipts": "Payments received, and the invoices they settled.",
}
_REFERENCE: Final = "#/components/"


def merged_document(documents: Mapping[str, Document]) -> Document:
    """Return one document with the public paths of all, sorted.

    Each path is taken from the part that the gateway sends it to; paths outside /v1 only from the gateway itself.
    Components of the same name and content are kept once. Where the content differs, each gets its part's name as
    prefix, and so do components that refer to it.
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
        path: operations for path, operations in document.get("paths", {}).items() if service_of(path) == name
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
    return [described.get(name) or _own_tag(name) for name in sorted(used)]


def _own_tag(name: str) -> Document:
    description = TAG_DESCRIPTIONS.get(name)
    return {"name": name, "description": description} if description else {"name": name}
