"""Puts values into the places of a query that name parameters as `$since`, and nowhere else in it."""

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Final

import sqlglot
from sqlglot.errors import SqlglotError

from services.research.domain.errors import QueryRefused, SavedQueryInvalid
from shared.errors import FieldProblem

_NAME: Final = re.compile(r"^[a-z][a-z0-9_]{0,39}$", re.ASCII)


def with_values(sql: str, literals: Mapping[str, str]) -> str:
    """The query with a literal for each parameter. SavedQueryInvalid where the two do not fit; QueryRefused."""
    places = list(_places(sql))
    named = {name for name, _, _ in places}
    problems = [
        FieldProblem("/parameters", f"expected a parameter {name}, which the query names")
        for name in sorted(named - set(literals))
    ]
    problems += [
        FieldProblem("/parameters", f"expected ${name} in the query")
        for name in sorted(set(literals) - named)
    ]
    if problems:
        raise SavedQueryInvalid("The query and its parameters do not fit", problems=problems)
    parts, end = [], 0
    for name, begins, ends in places:
        parts += [sql[end:begins], f" {literals[name]} "]
        end = ends
    return "".join([*parts, sql[end:]])


def _places(sql: str) -> Iterator[tuple[str, int, int]]:
    try:
        tokens = sqlglot.tokenize(sql, dialect="duckdb")
    except SqlglotError as error:
        raise QueryRefused(f"The SQL cannot be read: {str(error)[:300]}") from error
    for sign, word in pairwise(tokens):
        if (
            sign.token_type is sqlglot.TokenType.PARAMETER
            and word.start == sign.end + 1
            and _NAME.match(word.text)
        ):
            yield word.text, sign.start, word.end + 1
