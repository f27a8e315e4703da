"""What a SOQL query is, as far as it has to be known here: whether a query job can answer it, and how its rows are counted.

Source: Bulk API 2.0 Developer Guide, "Understanding Bulk API 2.0 Query", SOQL considerations, read 2026-11.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

_PART: Final = re.compile(r"'(?:[^'\\]|\\.)*'|[()]|[A-Za-z_][\w.]*")
_AGGREGATES: Final = frozenset({"AVG", "COUNT", "COUNT_DISTINCT", "FIELDS", "MAX", "MIN", "SUM"})
_CLAUSES: Final = frozenset({"GROUP", "HAVING", "OFFSET", "TYPEOF"})


@dataclass(frozen=True, slots=True)
class _Word:
    """A word in capitals, where it stands, and in how many brackets."""

    text: str
    at: int
    depth: int


def is_for_jobs(query: str) -> bool:
    """Jobs take no GROUP BY, OFFSET or TYPEOF, no aggregates, and no list of children among the fields."""
    words = _words(query)
    start = _start(words)
    if start is None or any(one.text in _CLAUSES for one in words if one.depth == 0):
        return False
    return not any(
        one.text in _AGGREGATES or (one.depth > 0 and one.text == "SELECT") for one in words[:start]
    )


def count_query(query: str) -> str:
    """How many rows it has, of a query that is for jobs: COUNT() takes LIMIT, and no ORDER BY."""
    words = _words(query)
    start = _start(words)
    assert start is not None, "it is for jobs"
    order = next((one for one in words[start:] if one.depth == 0 and one.text == "ORDER"), None)
    limit = next((one for one in words[start:] if one.depth == 0 and one.text == "LIMIT"), None)
    if order is None:
        return f"SELECT COUNT() {query[words[start].at :]}"
    kept = query[words[start].at : order.at].rstrip()
    return f"SELECT COUNT() {kept}{f' {query[limit.at :]}' if limit else ''}"


def _words(query: str) -> list[_Word]:
    """Without what stands between quotes."""
    words, depth = [], 0
    for match in _PART.finditer(query):
        text = match.group()
        if text in "()":
            depth += 1 if text == "(" else -1
        elif not text.startswith("'"):
            words.append(_Word(text.upper(), match.start(), depth))
    return words


def _start(words: Sequence[_Word]) -> int | None:
    """Which word is the FROM of the query itself."""
    return next((place for place, one in enumerate(words) if one.depth == 0 and one.text == "FROM"), None)
