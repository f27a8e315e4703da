"""Where rows of a source system are read, by each kind of connection, and how each object is asked for."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from services.reporting.domain.soql import is_for_jobs
from shared.errors import FieldProblem

PLACE_LENGTH_MAX: Final = 500
QUERY_LENGTH_MAX: Final = 4_000


class SourceKind(StrEnum):
    """How rows get here: sent to us, or read by us."""

    SENT = "sent"
    FOLDER = "folder"
    SFTP = "sftp"
    REST = "rest"
    SALESFORCE = "salesforce"
    DATABASE = "database"


class PagingStyle(StrEnum):
    """How the next page is asked for: by its number from 1, or by what the page before says."""

    PAGE = "page"
    CURSOR = "cursor"


class SalesforceMode(StrEnum):
    """How Salesforce is asked: page by page, by a job of Bulk API 2.0, or by whichever its number of rows calls for."""

    QUERY = "query"
    BULK = "bulk"
    AUTO = "auto"


@dataclass(frozen=True, slots=True, kw_only=True)
class Paging:
    """Of a list over REST. `cursor_pointer` is a JSON pointer to what the next request sends; the last page has none."""

    style: PagingStyle
    parameter: str
    cursor_pointer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """Where to read. `place` is a folder below the operator's, or a URL without secrets.

    `host_key` is of an SFTP host; `rows_pointer` (a JSON pointer to the list), `paging` and `header`, which takes the
    credential, are of REST; `client_id` and `mode` (query without it) are of Salesforce.
    """

    place: str
    host_key: str | None = None
    rows_pointer: str | None = None
    paging: Paging | None = None
    header: str | None = None
    client_id: str | None = None
    mode: SalesforceMode | None = None

    def holder(self, kind: SourceKind) -> str:
        """What a credential was given for: it opens nothing else, so that nobody can lead it elsewhere."""
        return "|".join((kind, self.place, self.host_key or ""))


@dataclass(frozen=True, slots=True)
class Shape:
    """How the place and the query of a kind look, the words for it, and what else its connection has."""

    place: re.Pattern[str]
    place_words: str
    query: re.Pattern[str]
    query_words: str
    has_credential: bool = True
    needed: frozenset[str] = frozenset()
    possible: frozenset[str] = frozenset()


_PART: Final = r"[A-Za-z0-9_-][A-Za-z0-9._ -]{0,99}"
_HOST: Final = r"[A-Za-z0-9][A-Za-z0-9.-]{0,252}(:\d{1,5})?"
_FILES: Final = re.compile(r"[A-Za-z0-9*?\[\]_-][A-Za-z0-9._*?\[\] -]{0,119}\.(csv|xlsx)")
_FILES_WORDS: Final = "a name with * and ? that ends in .csv or .xlsx, as accounts_*.csv"
_STATEMENT: Final = re.compile(r"\s*(SELECT|WITH)\s[^;]*", re.IGNORECASE)
SHAPES: Final = {
    SourceKind.FOLDER: Shape(
        re.compile(rf"{_PART}(/{_PART}){{0,9}}"),
        "a folder below the operator's, as bms/out",
        _FILES,
        _FILES_WORDS,
        has_credential=False,
    ),
    SourceKind.SFTP: Shape(
        re.compile(rf"sftp://[A-Za-z0-9._-]{{1,64}}@{_HOST}(/{_PART}){{0,9}}"),
        "sftp://user@host/folder",
        _FILES,
        _FILES_WORDS,
        needed=frozenset({"host_key"}),
    ),
    SourceKind.REST: Shape(
        re.compile(rf"https?://{_HOST}(/[A-Za-z0-9._~-]{{1,100}}){{0,9}}"),
        "https://host/path",
        re.compile(r"/[!-~]*"),
        "a path behind the place, as /accounts?status=active",
        possible=frozenset({"rows_pointer", "paging", "header"}),
    ),
    SourceKind.SALESFORCE: Shape(
        re.compile(rf"https?://{_HOST}"),
        "https://company.my.salesforce.com",
        re.compile(r"\s*SELECT\s[^;]*\sFROM\s[^;]*", re.IGNORECASE),
        "SOQL: SELECT … FROM …",
        needed=frozenset({"client_id"}),
        possible=frozenset({"mode"}),
    ),
    SourceKind.DATABASE: Shape(
        re.compile(rf"postgresql://[A-Za-z0-9._-]{{1,63}}@{_HOST}/[A-Za-z0-9._-]{{1,63}}"),
        "postgresql://user@host:5432/database",
        _STATEMENT,
        "one SELECT without ;",
    ),
}
_NOT_FOR_JOBS: Final = (
    "expected no GROUP BY, OFFSET, TYPEOF, aggregate or SELECT among the fields: jobs take none"
)
_EXTRAS: Final = ("host_key", "rows_pointer", "paging", "header", "client_id", "mode")


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
    yield from _extra_problems(kind, shape, connection)
    for place, query in enumerate(queries):
        if query is None or not shape.query.fullmatch(query):
            yield FieldProblem(f"/objects/{place}/query", f"expected {shape.query_words}")
        elif connection.mode is SalesforceMode.BULK and not is_for_jobs(query):
            yield FieldProblem(f"/objects/{place}/query", _NOT_FOR_JOBS)


def _extra_problems(kind: SourceKind, shape: Shape, connection: Connection) -> Iterator[FieldProblem]:
    for name in _EXTRAS:
        is_there = getattr(connection, name) is not None
        if name in shape.needed and not is_there:
            yield FieldProblem(f"/connection/{name}", f"needed by the kind {kind}")
        if is_there and name not in shape.needed | shape.possible:
            yield FieldProblem(f"/connection/{name}", f"expected none of the kind {kind}")
    paging = connection.paging
    if paging is not None and (paging.style is PagingStyle.CURSOR) != (paging.cursor_pointer is not None):
        yield FieldProblem("/connection/paging/cursor_pointer", "needed by the style cursor, and by no other")
