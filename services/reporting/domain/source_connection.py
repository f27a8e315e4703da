"""Where rows of a source system are read, by each kind of connection, and how each object is asked for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from shared.errors import FieldProblem

PLACE_LENGTH_MAX: Final = 500
QUERY_LENGTH_MAX: Final = 4_000


class SourceKind(StrEnum):
    """How rows get here: sent to us, or read by us."""

    SENT = "sent"
    FOLDER = "folder"
    SFTP = "sftp"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Where to read. `place` is a folder below the operator's, or a URL; a host key is of an SFTP host alone."""

    place: str
    host_key: str | None = None

    def holder(self, kind: SourceKind) -> str:
        """What a credential was given for: it opens nothing else, so that nobody can lead it elsewhere."""
        return "|".join((kind, self.place, self.host_key or ""))


@dataclass(frozen=True, slots=True)
class Shape:
    """How the place and the query of a kind look, and the words for it."""

    place: re.Pattern[str]
    place_words: str
    query: re.Pattern[str]
    query_words: str
    has_credential: bool


_PART: Final = r"[A-Za-z0-9_-][A-Za-z0-9._ -]{0,99}"
_FILES: Final = re.compile(r"[A-Za-z0-9*?\[\]_-][A-Za-z0-9._*?\[\] -]{0,119}\.(csv|xlsx)")
_FILES_WORDS: Final = "a name with * and ? that ends in .csv or .xlsx, as accounts_*.csv"
SHAPES: Final = {
    SourceKind.FOLDER: Shape(
        re.compile(rf"{_PART}(/{_PART}){{0,9}}"), "a folder below the operator's, as bms/out",
        _FILES, _FILES_WORDS, has_credential=False,
    ),
    SourceKind.SFTP: Shape(
        re.compile(
            r"sftp://[A-Za-z0-9._-]{1,64}@[A-Za-z0-9][A-Za-z0-9.-]{0,252}(:\d{1,5})?"
            rf"(/{_PART}){{0,9}}"
        ),
        "sftp://user@host/folder", _FILES, _FILES_WORDS, has_credential=True,
    ),
}  # fmt: skip


def connection_problems(
    kind: SourceKind, connection: Connection | None, queries: list[str | None]
) -> Iterator[FieldProblem]:
    """What does not fit the kind. Files that are sent need neither a connection nor queries."""
    shape = SHAPES.get(kind)
    if shape is None:
        if connection is not None:
            yield FieldProblem("/connection", "expected none: files of this system are sent")
        asked = [place for place, query in enumerate(queries) if query is not None]
        yield from (FieldProblem(f"/objects/{place}/query", "expected none") for place in asked)
        return
    if connection is None:
        yield FieldProblem("/connection", f"needed by the kind {kind}")
        return
    if len(connection.place) > PLACE_LENGTH_MAX or not shape.place.fullmatch(connection.place):
        yield FieldProblem("/connection/place", f"expected {shape.place_words}")
    if (kind is SourceKind.SFTP) != (connection.host_key is not None):
        yield FieldProblem("/connection/host_key", "needed of an SFTP host, and of nothing else")
    for place, query in enumerate(queries):
        if query is None or not shape.query.fullmatch(query):
            yield FieldProblem(f"/objects/{place}/query", f"expected {shape.query_words}")
