"""What many operations say word for word is kept once, as a component: parameters, replies, headers, examples.

The document is put together whole (`merged_openapi.published_document`), and readers get it shared: a fifth of the size.
`unshared` is the way back, for whoever wants to walk operations without following references.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

Document = dict[str, Any]
PROBLEM: Final = "application/problem+json"
EXAMPLE: Final = "example"  # the name of an operation's only example, where it has one that others have too
_KINDS: Final = ("examples", "headers", "parameters", "responses")
_SHARED_REFERENCE: Final = re.compile(rf"#/components/({'|'.join(_KINDS)})/(\w+)")
_WORD: Final = re.compile(r"[A-Za-z0-9]+")
_NAMES_JOINED_MAX: Final = 3  # a reply of more codes than that is named after the first and its status


@dataclass(frozen=True, slots=True)
class _Occurrence:
    """A part of the document that may be shared, and how to put a reference into its place."""

    kind: str
    name: str  # what the component is called, unless another one is called so already
    part: Document
    replace: Callable[[Document], None]
    is_always_shared: bool = False


@dataclass(slots=True)
class _Shelf:
    """The components of one document by kind and name, each content once."""

    components: dict[str, Document]
    names: dict[tuple[str, str], str] = field(default_factory=dict)  # by kind and content

    def reference(self, one: _Occurrence) -> Document:
        key = (one.kind, _text(one.part))
        if key not in self.names:
            self.names[key] = self._free_name(one.kind, one.name)
            self.components.setdefault(one.kind, {})[self.names[key]] = dict(one.part)
        return {"$ref": f"#/components/{one.kind}/{self.names[key]}"}

    def _free_name(self, kind: str, wanted: str) -> str:
        taken = self.components.get(kind, {})
        name, number = wanted, 2
        while name in taken:
            name, number = f"{wanted}{number}", number + 1
        return name


def shared(document: Document) -> Document:
    """Return the same document with everything that is said more than once as a component.

    Examples of problems are always components: their codes are the catalogue of what can be refused.
    """
    result: Document = json.loads(json.dumps(document))
    shelf = _Shelf(result["components"])
    # From the inside out: replies are compared when what they hold is references already.
    for occurrences in (_examples, _headers, _parameters, _replies):
        found = list(occurrences(result))
        times = Counter((one.kind, _text(one.part)) for one in found)
        for one in found:
            if one.is_always_shared or times[one.kind, _text(one.part)] > 1:
                one.replace(shelf.reference(one))
    result["components"] = {
        kind: dict(sorted(named.items())) for kind, named in sorted(shelf.components.items())
    }
    return result


def unshared(document: Document) -> Document:
    """Return the document with the components of `shared` back in their places; models stay components."""
    components = document["components"]

    def filled(part: Any) -> Any:  # noqa: ANN401 - walks JSON of any shape
        if isinstance(part, dict):
            reference = part.get("$ref")
            match = _SHARED_REFERENCE.fullmatch(reference) if isinstance(reference, str) else None
            if match:
                return filled(components[match[1]][match[2]])
            return {key: filled(value) for key, value in part.items()}
        return [filled(value) for value in part] if isinstance(part, list) else part

    result: Document = filled(document)
    for kind in set(_KINDS) & result["components"].keys():
        del result["components"][kind]
    for media in _success_media(result):
        if media.get("examples", {}).keys() == {EXAMPLE}:
            media["example"] = media.pop("examples")[EXAMPLE]["value"]
    return result


def _operations(document: Document) -> Iterator[Document]:
    for item in document["paths"].values():
        yield from item.values()


def _own_replies(document: Document) -> Iterator[tuple[str, Document, Document]]:
    """Status, the replies it stands among, and the reply, of each reply that is no reference."""
    for operation in _operations(document):
        for status, reply in operation.get("responses", {}).items():
            if "$ref" not in reply:
                yield status, operation["responses"], reply


def _examples(document: Document) -> Iterator[_Occurrence]:
    for _, _, reply in _own_replies(document):
        named = reply.get("content", {}).get(PROBLEM, {}).get("examples", {})
        for code, example in named.items():
            yield _Occurrence("examples", _camel(code), example, _setter(named, code), is_always_shared=True)
    for media in _success_media(document):
        if EXAMPLE in media and "$ref" in media["schema"]:
            name = media["schema"]["$ref"].rsplit("/", 1)[1]
            yield _Occurrence("examples", name, {"value": media[EXAMPLE]}, _example_setter(media))


def _success_media(document: Document) -> Iterator[Document]:
    for status, _, reply in _own_replies(document):
        if status < "300" and "application/json" in reply.get("content", {}):
            yield reply["content"]["application/json"]


def _headers(document: Document) -> Iterator[_Occurrence]:
    for _, _, reply in _own_replies(document):
        named = reply.get("headers", {})
        for name, header in named.items():
            yield _Occurrence("headers", _camel(name), header, _setter(named, name))


def _parameters(document: Document) -> Iterator[_Occurrence]:
    for operation in _operations(document):
        parameters = operation.get("parameters", [])
        for place, parameter in enumerate(parameters):
            yield _Occurrence("parameters", _camel(parameter["name"]), parameter, _setter(parameters, place))


def _replies(document: Document) -> Iterator[_Occurrence]:
    for status, replies, reply in _own_replies(document):
        if status >= "300":
            yield _Occurrence("responses", _reply_name(status, reply), reply, _setter(replies, status))


def _reply_name(status: str, reply: Document) -> str:
    codes = [_camel(code) for code in reply.get("content", {}).get(PROBLEM, {}).get("examples", {})]
    if not codes:
        return "NotModified" if status == "304" else f"Status{status}"
    return "Or".join(codes) if len(codes) <= _NAMES_JOINED_MAX else f"{codes[0]}OrOther{status}"


def _setter(holder: Any, key: str | int) -> Callable[[Document], None]:  # noqa: ANN401 - a dict or a list
    def replace(reference: Document) -> None:
        holder[key] = reference

    return replace


def _example_setter(media: Document) -> Callable[[Document], None]:
    def replace(reference: Document) -> None:
        del media[EXAMPLE]
        media["examples"] = {EXAMPLE: reference}

    return replace


def _camel(name: str) -> str:
    return "".join(word[:1].upper() + word[1:] for word in _WORD.findall(name))


def _text(part: Mapping[str, Any]) -> str:
    return json.dumps(part, sort_keys=True)
