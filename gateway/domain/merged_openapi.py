"""One OpenAPI document out of several: same inputs, same bytes."""

import json
import re
from collections.abc import Mapping
from typing import Any, Final

from gateway.domain.openapi_examples import add_examples
from gateway.domain.openapi_replies import add_common_replies
from gateway.domain.openapi_words import Words, describe_fields, leave_out_empty_words
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
    "Account statements": "Statements of account as they were published: frozen, numbered, in several formats.",
    "Accounts": "What one partner owes: statement and ageing as of a day.",
    "API keys": "Keys for machines, and what takes keys and tokens back.",
    "Audit": "Who wrote what, and who was denied.",
    "Balance confirmations": "Partners asked whether our balance is theirs, and what comes of it.",
    "Bank accounts": "Our own accounts, into which partners pay.",
    "Bank statements": "Files of the bank, each line with the decision taken on it and why.",
    "Booking clock": "What must be booked within 24 hours of the bank's credit: who is late and who will be.",
    "Bounces": "Cheques that came back: what is open again, what is charged, and the steps of the law.",
    "Companies": "Names of partners, accounts and datasets that are one company, why, and what people decide about them.",
    "Competitors": "Who else sells, what was seen of them and how well that is known, beside ours; and battlecards.",
    "Credit notes": "What we credit partners for, of law or of business, from request to use.",
    "Document schedules": "Which documents go to which partners, when and how, and what became of each run.",
    "Dashboards": "Figures for one look, from projections that events keep up to date.",
    "Dataset queries": "Questions to datasets in SQL, answered in a sandbox and frozen with the versions they read.",
    "Datasets": "Tables from outside: sent as files, loaded into versions, compared, and seen by whom their owner lets.",
    "Dead letters": "Messages between the services that one of them could not apply: why, and what was decided.",
    "Deductions": "What payers may keep back, by law and by agreement, and what becomes of the tax they kept.",
    "Entities": "Partners and companies as one, whatever name a source gives them.",
    "Exceptions": "What the system could not decide and a person has to.",
    "Exchange rates": "What foreign money is worth in rupees, as published, day by day.",
    "GST registrations": "Who we are for the tax office, from a day on.",
    "Health": "Whether the system runs and can serve.",
    "Holiday calendars": "Days on which nobody works, as dated data with their source.",
    "Identity": "Who the access token says you are, and what it opens.",
    "Instruments": "Cheques in our hands, from receipt to clearing.",
    "Invoices": "What partners owe.",
    "Jobs": "Work that takes longer than a request: its state, its result, its end.",
    "Live events": "What happens, as it happens: one stream for a page or a program.",
    "Ledger": "Double entry behind every booking, and the proofs that it holds.",
    "Matching policies": "What the matching takes as given: versions, trials on past lines, and decisions made again.",
    "Deliveries": "Documents on their way to whoever is to get them, with every attempt and answer.",
    "Documents": "Order boards, payment sheets and every other document of a partner: versions, files, openings.",
    "Partner documents": "Account statements published to partners, as listed before there were documents.",
    "Opportunities": "Sales that may come, as the CRM tells them.",
    "Partners": "The channel partners.",
    "Payer aliases": "Accounts and names by which payers are recognised, with what was learnt and what speaks against it.",
    "Payment queries": "Questions about payments, their answers and how soon they came.",
    "Orders": "What partners ordered, as the systems that keep orders tell it, with every telling.",
    "Analyses": "Changes taken apart, costs, projections, what sells together; each figure says how it came about.",
    "Data quality": "What people typed into other systems, taken in snapshots, held against rules, mended by owners.",
    "Order boards": "What is open of partners' orders, how old, what stops it, and what must be paid before it leaves.",
    "Payment sheets": "What a partner has paid and still owes, on one sheet.",
    "Periods": "Months of the books: what stands in the way of closing one, closing and opening again.",
    "Webhooks": "What happens, posted to other systems: signed, tried again for three days, listed, resent.",
    "Projections": "Copies of facts that reporting keeps, and how far each is behind its source.",
    "Receipts": "Payments received, and the invoices they settled.",
    "Reconciliation": "The bank's balance against the books', explained item by item.",
    "Refunds": "Money paid back, decided by two people.",
    "Remittance advices": "What payers say they paid, before or after the money comes.",
    "Templates and collections": "What respondents fill, whom a collection asks by when, and what they sent.",
    "Report subscriptions": "Reports that come by themselves: when, to whom, on which condition, and what became of each.",
    "Reports": "What reports can be made of, reports as data, and their frozen runs.",
    "Research": "Everything that research holds in one search, and what happened when.",
    "Research assignments": "What sales wants to know, by when, from whom, and what became of it.",
    "Salesforce": "What Salesforce told, how it is read, and what is written back to it.",
    "Suggestions": "What the matching proposes and a person decides.",
    "Virtual accounts": "Account numbers given to one partner each, so that what arrives there names its payer.",
}
_REFERENCE: Final = "#/components/"
_GENERIC: Final = re.compile(r"(?P<generic>Page)_(?P<item>\w+?)(Body)?_")


def published_document(documents: Mapping[str, Document], words: Words) -> Document:
    """Return what readers get: the merged document with every field described, every reply named and examples."""
    # A copy, because a service's own document is kept and merged again.
    document: Document = json.loads(json.dumps(_with_legal_names(merged_document(documents))))
    add_common_replies(document)
    describe_fields(document, words)
    add_examples(document, words)
    leave_out_empty_words(document)
    return document


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
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


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


def _with_legal_names(document: Document) -> Document:
    """Rename pydantic's `Page_ReceiptBody_` to `ReceiptPage`: clients in every language make types of these names."""
    schemas = document["components"].get("schemas", {})
    found = {name: _GENERIC.fullmatch(name) for name in schemas}
    legal = {name: f"{match['item']}{match['generic']}" for name, match in found.items() if match}
    renamed: Document = _renamed(document, {f"schemas/{old}": f"schemas/{new}" for old, new in legal.items()})
    schemas = {legal.get(name, name): schema for name, schema in renamed["components"]["schemas"].items()}
    for name in legal.values():
        schemas[name]["title"] = name
    renamed["components"]["schemas"] = dict(sorted(schemas.items()))
    return renamed


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
