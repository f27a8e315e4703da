"""Resolves a table of records: which pairs are one company's, with the odds and what they are made of."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import duckdb

from services.research.adapters.querying.sandbox import literal
from services.research.adapters.resolving.levels import (
    BLIND_PAIRS,
    KEYS,
    LEVELS,
    PAIRS,
    PREPARED,
    TOTALS,
    WEIGHED,
)
from services.research.domain.company_name import compared_words
from services.research.domain.record_weights import (
    COMPARISONS,
    REVIEW_FROM,
    Pattern,
    Weights,
    learnt_weights,
    probability,
)

MATCHES: Final = "matches.csv"
NAMES: Final = ", ".join(one.name for one in COMPARISONS)
SAME_NAME: Final = len(COMPARISONS[0].levels) - 1
# A file as PostgreSQL's COPY writes it; `identifiers` are parted by bars, each with its kind in front.
_COLUMNS: Final = """{
    'id': 'VARCHAR', 'source': 'VARCHAR', 'is_unique': 'BOOLEAN', 'is_new': 'BOOLEAN', 'name': 'VARCHAR',
    'street': 'VARCHAR', 'city': 'VARCHAR', 'region': 'VARCHAR', 'postcode': 'VARCHAR', 'telephone': 'VARCHAR',
    'identifiers': 'VARCHAR'
}"""
Tell = Callable[[str, int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolved:
    """What a run found; its pairs are in a file."""

    records: int
    new_records: int
    pairs_compared: int
    matches: int
    weights: Weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounds:
    """What the engine may use."""

    memory: str = "2GB"
    threads: int = 2


def resolved(records: Path, folder: Path, bounds: Bounds, tell: Tell) -> Resolved:
    """Compare the new of the records with all of them; writes pairs from the band of review on beside them."""
    engine = _engine(folder, bounds)
    engine.create_function("compared_words", _forms, ["VARCHAR"], "VARCHAR")
    engine.execute(
        f"CREATE VIEW told AS SELECT * FROM read_csv({literal(str(records))}, header = true, columns = {_COLUMNS})"
    )
    tell("reading names", 10)
    for statement in (PREPARED, WEIGHED, TOTALS):
        engine.execute(statement)
    tell("looking for pairs", 25)
    for statement in (KEYS, PAIRS, BLIND_PAIRS):
        engine.execute(statement)
    tell("comparing", 40)
    engine.execute(f"CREATE TABLE compared AS {LEVELS.format(pairs='pairs')}")
    engine.execute(f"CREATE TABLE blind AS {LEVELS.format(pairs='blind_pairs')}")
    tell("weighing", 80)
    weights = _weights(engine)
    matches = _written(engine, weights, folder / MATCHES)
    counts = _row(
        engine, "SELECT count(*), count(*) FILTER (is_new), (SELECT count(*) FROM compared) FROM records"
    )
    return Resolved(
        records=counts[0], new_records=counts[1], pairs_compared=counts[2], matches=matches, weights=weights
    )


def _engine(folder: Path, bounds: Bounds) -> duckdb.DuckDBPyConnection:
    spill = folder / "spill"
    spill.mkdir(exist_ok=True)
    return duckdb.connect(
        str(folder / "resolving.duckdb"),
        config={
            "memory_limit": bounds.memory,
            "threads": bounds.threads,
            "temp_directory": str(spill),
            "preserve_insertion_order": False,
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
        },
    )


def _forms(name: str) -> str:
    return "|".join(compared_words(name))


def _weights(engine: duckdb.DuckDBPyConnection) -> Weights:
    told = engine.execute(f"SELECT {NAMES}, count(*) FROM compared GROUP BY ALL").fetchall()
    candidates: dict[Pattern, int] = {tuple(row[:-1]): row[-1] for row in told}
    blind = [_level_counts(engine, one.name) for one in COMPARISONS]
    (old, new) = _row(engine, "SELECT count(*) FILTER (NOT is_new), count(*) FILTER (is_new) FROM records")
    return learnt_weights(candidates, blind, new * old + new * (new - 1) // 2)


def _level_counts(engine: duckdb.DuckDBPyConnection, name: str) -> Mapping[int, int]:
    return dict(engine.execute(f"SELECT {name}, count(*) FROM blind GROUP BY {name}").fetchall())


def _written(engine: duckdb.DuckDBPyConnection, weights: Weights, target: Path) -> int:
    """A name that many have says less, and one that nobody else has says more, than the average of same names."""
    engine.execute(f"CREATE TABLE patterns AS SELECT {NAMES}, 0::DOUBLE AS bits FROM compared GROUP BY ALL")
    patterns = engine.execute(f"SELECT {NAMES} FROM patterns").fetchall()
    rows = [(*pattern, weights.bits_before + sum(weights.bits(pattern))) for pattern in patterns]
    engine.execute("DELETE FROM patterns")
    if rows:
        engine.executemany(f"INSERT INTO patterns VALUES ({', '.join('?' * (len(COMPARISONS) + 1))})", rows)
    told = ", ".join(f"weighed.{one.name}" for one in COMPARISONS)
    usual = weights.u[0][SAME_NAME]
    (matches,) = _row(
        engine,
        f"""
        COPY (
            SELECT least(a.id, b.id) AS left_id, greatest(a.id, b.id) AS right_id, round(odds, 3) AS bits,
                round(rarity, 3) AS rarity_bits, 1 / (1 + power(2, -greatest(least(odds, 500), -500))) AS probability,
                {told}
            FROM (
                SELECT *, bits + rarity AS odds
                FROM (
                    SELECT *, CASE WHEN name = {SAME_NAME} THEN greatest(least(log2(
                        {usual} * (SELECT count(*) FROM records) / namesakes), 6), -6) ELSE 0 END AS rarity
                    FROM compared JOIN patterns USING ({NAMES})
                )
            ) AS weighed JOIN records AS a ON a.number = l JOIN records AS b ON b.number = r
            WHERE odds >= {_bits_of(REVIEW_FROM)}
            ORDER BY odds DESC, left_id, right_id
        ) TO {literal(str(target))} (FORMAT csv, HEADER true)
        """,
    )
    return int(matches)


def _bits_of(chance: float) -> float:
    low, high = -64.0, 64.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if probability(middle) < chance else (low, middle)
    return high


def _row(engine: duckdb.DuckDBPyConnection, statement: str) -> tuple[Any, ...]:
    found = engine.execute(statement).fetchone()
    assert found is not None
    return found


def as_task_result(found: Resolved) -> dict[str, Any]:
    """For the line of JSON that the process answers with."""
    return asdict(found)
