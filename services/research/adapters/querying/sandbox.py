"""The engine of a query: it sees the files it was given and nothing else, and nobody can change that any more."""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import duckdb

from services.research.domain.errors import QueryRefused
from services.research.domain.query_functions import ALLOWED_FUNCTIONS, ALLOWED_TABLE_FUNCTIONS

MEMORY: Final = "256MB"
THREADS: Final = 2
SPILL: Final = "2GB"
RESULT: Final = "result.parquet"
_PARQUET: Final = "(FORMAT parquet, COMPRESSION zstd, USE_TMP_FILE false)"
_TABLES: Final = frozenset(
    {"BASE_TABLE", "SUBQUERY", "JOIN", "EXPRESSION_LIST", "TABLE_FUNCTION", "EMPTY", "PIVOT", "CTE"}
)
_REFERENCES: Final = _TABLES | {"SHOW_REF", "COLUMN_DATA", "DELIM_GET", "BOUND_TABLE_REF"}


def sandbox(folder: Path, tables: Mapping[str, str]) -> duckdb.DuckDBPyConnection:
    """A database in memory with a view for each table; what can be read is these files, what can be written the result."""
    spill = folder / "spill"
    spill.mkdir()
    engine = duckdb.connect(
        config={
            "memory_limit": MEMORY,
            "threads": THREADS,
            "temp_directory": str(spill),
            "max_temp_directory_size": SPILL,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "allow_community_extensions": False,
            "python_enable_replacements": False,
        }
    )
    for name, path in tables.items():
        engine.execute(f"CREATE VIEW {quoted(name)} AS SELECT * FROM read_parquet({literal(path)})")
    allowed = ", ".join(literal(path) for path in (*tables.values(), str(folder / RESULT)))
    engine.execute(f"SET allowed_paths = [{allowed}]")
    engine.execute("SET TimeZone = 'Asia/Kolkata'")
    engine.execute("SET enable_external_access = false")
    engine.execute("SET lock_configuration = true")
    return engine


def check_tree(engine: duckdb.DuckDBPyConnection, sql: str, tables: Mapping[str, str]) -> None:
    """Look at the query as the engine itself has read it. QueryRefused names what is not allowed."""
    (serialized,) = engine.execute("SELECT json_serialize_sql(?)", [sql]).fetchone() or ("{}",)
    tree = json.loads(serialized)
    if tree.get("error"):
        raise QueryRefused(f"The SQL cannot be read: {str(tree.get('error_message'))[:300]}")
    if len(tree["statements"]) != 1:
        raise QueryRefused(f"Expected one statement, found {len(tree['statements'])}")
    nodes = list(_nodes(tree))
    own = {str(one["key"]).casefold() for node in nodes for one in _ctes(node)}
    for node in nodes:
        _check_function(node)
        _check_table(node, own | {name.casefold() for name in tables})


def _check_function(node: Mapping[str, Any]) -> None:
    name = node.get("function_name")
    if name is None:
        return
    if node.get("schema") or node.get("catalog") or str(name).lower() not in ALLOWED_FUNCTIONS:
        raise QueryRefused(f"{str(name)[:60]} is no function that a query may call")


def _check_table(node: Mapping[str, Any], names: set[str]) -> None:
    kind = node.get("type")
    if "class" in node or kind not in _REFERENCES:
        return
    if kind not in _TABLES:
        raise QueryRefused("A query reads datasets; DESCRIBE, SHOW and SUMMARIZE are for /columns")
    is_placed = bool(node.get("schema_name") or node.get("catalog_name"))
    if kind == "BASE_TABLE" and (is_placed or node["table_name"].casefold() not in names):
        raise QueryRefused(f"{node['table_name'][:80]} is no dataset of this query")
    if kind == "TABLE_FUNCTION" and node["function"].get("function_name") not in ALLOWED_TABLE_FUNCTIONS:
        raise QueryRefused(f"{node['function'].get('function_name')} is no table that a query may read")


def _ctes(node: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    found = node.get("cte_map")
    return found.get("map", []) if isinstance(found, dict) else []


def _nodes(value: object) -> Iterator[Mapping[str, Any]]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            yield one
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one


def answer(engine: duckdb.DuckDBPyConnection, sql: str, folder: Path, rows_max: int) -> dict[str, Any]:
    """Write the result; one row more than wanted tells whether it was cut."""
    target = literal(str(folder / RESULT))
    inner = f"(\n{sql.strip().rstrip(';')}\n)"
    chosen = _exact(engine, inner)
    copy = f"COPY (SELECT {chosen} FROM {inner} LIMIT {{rows}}) TO {target} {_PARQUET}"
    (rows,) = engine.execute(copy.format(rows=rows_max + 1)).fetchone() or (0,)
    is_cut = rows > rows_max
    if is_cut:
        engine.execute(copy.format(rows=rows_max))
    described = engine.execute(f"DESCRIBE SELECT * FROM read_parquet({target})").fetchall()
    columns = [{"name": row[0], "type": row[1]} for row in described]
    return {"columns": columns, "rows": min(rows, rows_max), "is_cut": is_cut}


def _exact(engine: duckdb.DuckDBPyConnection, inner: str) -> str:
    """Sums of whole numbers are wider than any number of Parquet, which would make doubles of them."""
    described = engine.execute(f"DESCRIBE SELECT * FROM {inner}").fetchall()
    wide = [quoted(row[0]) for row in described if row[1] in ("HUGEINT", "UHUGEINT")]
    casts = ", ".join(f"CAST({name} AS DECIMAL(38,0)) AS {name}" for name in wide)
    return f"* REPLACE ({casts})" if wide else "*"


def quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
