"""Reads the SQL of people before it goes anywhere: one SELECT, over names of datasets and nothing else."""

import re
from dataclasses import dataclass
from typing import Final

import sqlglot
from sqlglot import exp
from sqlglot.errors import SqlglotError

from services.research.domain.errors import QueryRefused

SQL_LENGTH_MAX: Final = 20_000
TABLES_MAX: Final = 20
_NAME: Final = re.compile(r"^([a-z][a-z0-9_]{2,59})(?:@([1-9][0-9]{0,8}))?$", re.ASCII)
_QUERIES: Final = (exp.Select, exp.SetOperation, exp.Subquery)
_NEVER: Final = (
    exp.Command, exp.DDL, exp.DML, exp.Into, exp.Lock, exp.Pragma, exp.Set, exp.Copy, exp.Attach, exp.Detach,
    exp.Describe, exp.Parameter, exp.Placeholder,
)  # fmt: skip


@dataclass(frozen=True, slots=True, order=True)
class NamedDataset:
    """What a query reads: `us_carriers` is its newest version, `"us_carriers@3"` the third."""

    name: str
    version: int | None

    @property
    def table(self) -> str:
        """What the query calls it."""
        return self.name if self.version is None else f"{self.name}@{self.version}"


def datasets_named(sql: str) -> list[NamedDataset]:
    """The datasets a query reads, each once. QueryRefused, in words, for everything that is not one SELECT over them.

    Which functions it calls is looked at by the engine's own parser, where it runs (adapters/querying).
    """
    if len(sql) > SQL_LENGTH_MAX or "\0" in sql:
        raise QueryRefused(f"Expected at most {SQL_LENGTH_MAX} characters of SQL")
    try:
        statements = [one for one in sqlglot.parse(sql, dialect="duckdb") if one is not None]
    except (SqlglotError, RecursionError) as error:
        raise QueryRefused(f"The SQL cannot be read: {str(error)[:300]}") from error
    if len(statements) != 1:
        raise QueryRefused(f"Expected one statement, found {len(statements)}")
    (query,) = statements
    if not isinstance(query, _QUERIES):
        raise QueryRefused("Expected a SELECT")
    for node in query.walk():
        if isinstance(node, _NEVER):
            raise QueryRefused(f"A query only reads; found {node.key.upper()}")
    return _tables(query)


def _tables(query: exp.Expression) -> list[NamedDataset]:
    own = {cte.alias_or_name.casefold() for cte in query.find_all(exp.CTE)}
    named: set[NamedDataset] = set()
    for table in query.find_all(exp.Table):
        if not isinstance(table.this, exp.Identifier):
            if isinstance(table.this, exp.Func):
                continue  # the engine's parser says which it is
            raise QueryRefused(f"{table.sql()[:80]} is no dataset; name one")
        if table.db or table.catalog:
            raise QueryRefused(f"{table.sql()[:80]} is no dataset; expected its name alone")
        found = _NAME.match(table.name)
        if found is None and table.name.casefold() in own:
            continue
        if found is None:
            raise QueryRefused(f"{table.name[:80]} is no name of a dataset")
        if table.name.casefold() not in own:
            named.add(NamedDataset(found[1], int(found[2]) if found[2] else None))
    if len(named) > TABLES_MAX:
        raise QueryRefused(f"A query reads at most {TABLES_MAX} datasets")
    return sorted(named, key=lambda one: one.table)
