"""What a change of the API breaks: `python -m tests.contract.api_changes` compares with the released documents.

Additive is everything else: new operations, new optional parameters and fields, new values in replies. With `release`
behind it, the documents of now become the released ones.
"""

import json
import sys
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from gateway.domain.openapi_sharing import unshared
from tests.contract.schema_changes import SchemaComparison

DOCS: Final = Path(__file__).parents[2] / "docs"
RELEASED: Final = DOCS / "api" / "released"
METHODS: Final = ("get", "post", "put", "patch", "delete")
API_DOCUMENTS: Final = ("openapi.json", "salesforce-openapi.json")
WORDS: Final = frozenset(
    {"description", "summary", "example", "examples", "title", "tags", "info", "servers"}
)
Document = Mapping[str, Any]


def broken_by(old: Document, new: Document) -> list[str]:
    """Everything that callers of the old API would run into, one sentence each."""
    old, new = unshared(dict(old)), unshared(dict(new))
    comparison = SchemaComparison(old, new)
    return [
        f"{method.upper()} {path} {problem}"
        for path, item in sorted(old["paths"].items())
        for method in METHODS
        if method in item
        for problem in _broken_operation(comparison, item[method], new["paths"].get(path, {}).get(method))
    ]


def broken_events(old: Mapping[str, Document], new: Mapping[str, Document]) -> list[str]:
    """What changed within a version of an event, by file name.

    Messages wait in queues, so both ways count: old ones are read by new programs and new ones by old programs.
    """
    found: list[str] = []
    for name, before in sorted(old.items()):
        after = new.get(name)
        if after is None:
            found.append(f"{name} is gone: consumers of the version may still wait for it")
            continue
        comparison = SchemaComparison(before, after, values_may_grow=False)
        found += comparison.broken_for_readers(before, after, name)
        found += comparison.broken_for_writers(before, after, name)
    return found


def read_events(folder: Path) -> dict[str, Any]:
    """The schemas of a folder by file name."""
    return {path.name: json.loads(path.read_text()) for path in sorted(folder.glob("*.schema.json"))}


def _broken_operation(comparison: SchemaComparison, old: Document, new: Document | None) -> Iterator[str]:
    if new is None:
        yield "is gone"
        return
    if old["operationId"] != new["operationId"]:
        yield f"is called {new['operationId']} in clients, no longer {old['operationId']}"
    yield from _broken_parameters(comparison, old, new)
    yield from _broken_body(comparison, old.get("requestBody"), new.get("requestBody"))
    for status in sorted(set(old["responses"]) - set(new["responses"])):
        yield f"no longer answers {status}"
    for status in sorted(set(old["responses"]) & set(new["responses"])):
        before, after = old["responses"][status], new["responses"][status]
        yield from _broken_reply(comparison, before, after, status)


def _broken_parameters(comparison: SchemaComparison, old: Document, new: Document) -> Iterator[str]:
    before, after = _parameters(old), _parameters(new)
    for place, name in sorted(before.keys() - after.keys()):
        yield f"no longer takes the {place} parameter {name}"
    for key, parameter in sorted(after.items()):
        was_needed = before.get(key, {}).get("required", False)
        if parameter.get("required") and not was_needed:
            yield f"needs the {key[0]} parameter {key[1]} from now on"
    for key in sorted(before.keys() & after.keys()):
        where = f"{key[0]} parameter {key[1]}"
        yield from comparison.broken_for_writers(before[key]["schema"], after[key]["schema"], where)


def _broken_body(comparison: SchemaComparison, old: Document | None, new: Document | None) -> Iterator[str]:
    if old is None:
        if new is not None and new.get("required"):
            yield "needs a body from now on"
        return
    if new is None:
        yield "no longer takes a body"
        return
    if new.get("required") and not old.get("required"):
        yield "needs a body from now on"
    for media_type in sorted(set(old["content"]) - set(new["content"])):
        yield f"no longer takes {media_type}"
    for media_type in sorted(set(old["content"]) & set(new["content"])):
        before, after = old["content"][media_type]["schema"], new["content"][media_type]["schema"]
        yield from comparison.broken_for_writers(before, after, "request")


def _broken_reply(comparison: SchemaComparison, old: Document, new: Document, status: str) -> Iterator[str]:
    before, after = old.get("content", {}), new.get("content", {})
    for media_type in sorted(before.keys() - after.keys()):
        yield f"no longer answers {status} as {media_type}"
    for media_type in sorted(before.keys() & after.keys()):
        old_schema, new_schema = before[media_type].get("schema"), after[media_type].get("schema")
        if old_schema is not None and new_schema is not None:
            yield from comparison.broken_for_readers(old_schema, new_schema, f"reply {status}")


def _parameters(operation: Document) -> dict[tuple[str, str], Any]:
    return {(one["in"], one["name"]): one for one in operation.get("parameters", [])}


def bare(part: Any) -> Any:
    """The document without its words and examples: nobody's program depends on them."""
    if isinstance(part, dict):
        return {
            key: {name: bare(field) for name, field in value.items()} if key == "properties" else bare(value)
            for key, value in part.items()
            if key not in WORDS
        }
    return [bare(one) for one in part] if isinstance(part, list) else part


def accepted(kind: str) -> dict[str, str]:
    """Breaking changes that were decided on, with the reason: docs/api/released/accepted.toml."""
    return dict(tomllib.loads((RELEASED / "accepted.toml").read_text(encoding="utf-8"))[kind])


def release() -> None:
    """Make the documents of now the released ones."""
    events = {f"events/{name}": schema for name, schema in read_events(DOCS / "events").items()}
    api = {name: json.loads((DOCS / "api" / name).read_text()) for name in API_DOCUMENTS}
    for name, document in (api | events).items():
        target = RELEASED / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(json.dumps(bare(document), ensure_ascii=False, indent=1) + "\n")


def main() -> int:
    """Print what is broken and was not decided on; 1 if anything is."""
    if sys.argv[1:] == ["release"]:
        release()
        return 0
    found = []
    for name in API_DOCUMENTS:
        old, new = (json.loads((one / name).read_text()) for one in (RELEASED, DOCS / "api"))
        found += [f"{name}: {one}" for one in broken_by(old, new) if one not in accepted(name)]
    events = broken_events(read_events(RELEASED / "events"), read_events(DOCS / "events"))
    found += [one for one in events if one not in accepted("events")]
    sys.stdout.writelines(f"{one}\n" for one in found or ["nothing is broken"])
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
