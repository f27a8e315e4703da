"""Reads the companies that a dataset names into a table of records, each once."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import duckdb

from services.research.adapters.querying.sandbox import literal, quoted
from services.research.domain.entity import name_words

ENTITIES: Final = "entities.csv"
NAME_LENGTH_MAX: Final = 200
_PLACES: Final = ("street", "city", "region", "postcode", "telephone")


def read_entities(data: Path, names: Sequence[Mapping[str, Any]], folder: Path) -> int:
    """Write them as CSV; returns how many. A name without an identifier is one per region; columns that are not there say
    nothing."""
    with duckdb.connect(
        config={"memory_limit": "1GB", "threads": 2, "temp_directory": str(folder / "spill")}
    ) as engine:
        engine.create_function("name_key", name_key, ["VARCHAR"], "VARCHAR")
        view = f"read_parquet({literal(str(data))})"
        there = {row[0] for row in engine.execute(f"DESCRIBE SELECT * FROM {view}").fetchall()}
        parts = [selected(one, there, view) for one in names if one["name"] in there]
        if not parts:
            parts = [selected({"name": None}, there, view) + " WHERE false"]
        found = engine.execute(
            f"""
            COPY (
                SELECT coalesce(identifier, md5(key || '|' || coalesce(region, ''))) AS source_key, any_value(name),
                    any_value(key),
                    {", ".join(f"any_value({one})" for one in _PLACES)}, any_value(identifier)
                FROM (SELECT *, name_key(name) AS key FROM ({" UNION ALL ".join(parts)})
                    WHERE name IS NOT NULL AND trim(name) <> '')
                WHERE key <> ''
                GROUP BY 1
            ) TO {literal(str(folder / ENTITIES))} (FORMAT csv, HEADER true)
            """
        ).fetchone()
    return int(found[0]) if found else 0


def selected(one: Mapping[str, Any], there: set[str], view: str, *, besides: str = "") -> str:
    """What one column of names says, each row once; `besides` are expressions in front of it."""

    def text(column: str | None) -> str:
        if column is None or column not in there:
            return "NULL::VARCHAR"
        return f"nullif(left(CAST({quoted(column)} AS VARCHAR), {NAME_LENGTH_MAX}), '')"

    identifier = text(one.get("identifier"))
    kind = literal(f"{one.get('identifier_kind') or 'number'}:")
    places = ", ".join(f"{text(one.get(place))} AS {place}" for place in _PLACES)
    known = f"{kind} || replace({identifier}, '|', ' ')"
    return f"SELECT {besides}{text(one['name'])} AS name, {places}, {known} AS identifier FROM {view}"


def name_key(name: str) -> str:
    """The words by which two writings of a name are one key."""
    return " ".join(name_words(name))
