"""What the API offers, read from its own document: lists, their filters, and single resources."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from clients.command_line.connection import Connection
from clients.command_line.endings import WrongUse, unknown

PREFIX: Final = "/v1/"
# Parameters that say how a list is given, not which of its items.
_FORM: Final = frozenset({"limit", "cursor", "format"})
_PLACEHOLDER: Final = re.compile(r"\{[^}]+\}")


@dataclass(frozen=True, slots=True)
class Readable:
    """Something GET answers: its path with placeholders, what it is, and the query parameters it takes."""

    template: str
    summary: str
    parameters: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.template.removeprefix(PREFIX)

    @property
    def is_list(self) -> bool:
        return "cursor" in self.parameters

    @property
    def filters(self) -> tuple[str, ...]:
        return tuple(name for name in self.parameters if name not in _FORM)

    def matches(self, segments: tuple[str, ...]) -> bool:
        own = self.name.split("/")
        return len(own) == len(segments) and all(
            _PLACEHOLDER.fullmatch(mine) or mine == theirs for mine, theirs in zip(own, segments, strict=True)
        )

    def checked_filters(self, filters: Iterable[str]) -> dict[str, str]:
        """`name=value` texts as parameters; WrongUse for what the resource does not take."""
        chosen: dict[str, str] = {}
        for text in filters:
            name, sign, value = text.partition("=")
            if not sign:
                raise WrongUse(f"'{text}' is no filter.", "Write it as name=value, for example zone=South")
            if name not in self.filters:
                known = ", ".join(self.filters) or "none"
                raise unknown(f"filter of {self.name}", name, self.filters, f"It takes: {known}")
            chosen[name] = value
        return chosen


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Everything that can be read."""

    readables: tuple[Readable, ...]

    @property
    def lists(self) -> tuple[Readable, ...]:
        return tuple(one for one in self.readables if one.is_list)

    def list_at(self, resource: str) -> tuple[Readable, str]:
        """The list and its path. `resource` is a name, or a path such as bank-statements/ID/lines."""
        segments = _segments(resource)
        found = self._best(self.lists, segments)
        if found is None:
            raise unknown("list", resource, [one.name for one in self.lists], "salesops resources shows all.")
        return found, _path(segments)

    def item_at(self, resource: str, identity: str | None) -> tuple[Readable, str]:
        """One resource and its path."""
        segments = (*_segments(resource), *([identity] if identity is not None else []))
        found = self._best(self.readables, segments)
        if found is None:
            singles = [one.name for one in self.readables if not one.is_list]
            wanted = "/".join((*_segments(resource), *(["{id}"] if identity is not None else [])))
            raise unknown("resource", wanted, singles, "salesops resources --single shows all.")
        return found, _path(segments)

    @staticmethod
    def _best(readables: Iterable[Readable], segments: tuple[str, ...]) -> Readable | None:
        """The match with the fewest placeholders: a literal path wins over a parameter."""
        fitting = [one for one in readables if one.matches(segments)]
        return min(fitting, key=lambda one: len(_PLACEHOLDER.findall(one.template)), default=None)


@dataclass(frozen=True, slots=True)
class CatalogueCache:
    """The document as last read, so that it travels once and not with each command."""

    folder: Path

    def read(self, connection: Connection) -> Catalogue:
        path = self._path(connection.url)
        known = _kept(path)
        headers = {"If_None_Match": known["etag"]} if known else {}
        reply = connection.get("/openapi.json", **headers)
        if reply.status_code == 304 and known:
            return catalogue_of(known["document"])
        document = reply.json()
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.write_text(
            json.dumps({"etag": reply.headers.get("ETag", ""), "document": document}), encoding="utf-8"
        )
        return catalogue_of(document)

    def known_lists(self, url: str) -> list[str]:
        """The names of lists as last read; asks nobody, for completion in a shell."""
        known = _kept(self._path(url))
        return [one.name for one in catalogue_of(known["document"]).lists] if known else []

    def _path(self, url: str) -> Path:
        return self.folder / f"document-{hashlib.sha256(url.encode()).hexdigest()[:16]}.json"


def _kept(path: Path) -> dict[str, Any] | None:
    try:
        known = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return known if isinstance(known, dict) and known.get("etag") and "document" in known else None


def catalogue_of(document: Mapping[str, Any]) -> Catalogue:
    return Catalogue(
        tuple(
            Readable(path, operations["get"].get("summary", ""), _query_names(document, operations["get"]))
            for path, operations in document["paths"].items()
            if path.startswith(PREFIX) and "get" in operations
        )
    )


def _query_names(document: Mapping[str, Any], operation: Mapping[str, Any]) -> tuple[str, ...]:
    parameters = (_resolved(document, one) for one in operation.get("parameters", []))
    return tuple(one["name"] for one in parameters if one.get("in") == "query")


def _resolved(document: Mapping[str, Any], part: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow a reference: parameters that many operations take stand once in the document."""
    if "$ref" not in part:
        return part
    found: Any = document
    for key in str(part["$ref"]).removeprefix("#/").split("/"):
        found = found[key]
    return dict(found)


def _segments(resource: str) -> tuple[str, ...]:
    return tuple(resource.strip("/").removeprefix("v1/").split("/"))


def _path(segments: Iterable[str]) -> str:
    return PREFIX + "/".join(quote(segment, safe="") for segment in segments)
