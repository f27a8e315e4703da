"""The market analyses that come with the service, and the SQL that each becomes for a dataset.

The SQL is asked as any question is: it runs in the sandbox, its run keeps it with the versions it read, and its answer is
frozen. Everything of it that callers name is a column of the dataset, a dataset, or a literal.
"""

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Final

from services.research.adapters.querying.sandbox import literal, quoted
from services.research.domain.errors import MarketAnalysisUnknown
from services.research.domain.market import MarketAnalysis, MarketQuestion
from services.research.domain.query_parameter import Parameter, ParameterType

CATALOGUE: Final = Path(__file__).parent / "catalogue.toml"


@cache
def market_analyses() -> Mapping[str, MarketAnalysis]:
    """By their names."""
    told = tomllib.loads(CATALOGUE.read_text(encoding="utf-8"))
    return {name: _analysis(name, one) for name, one in sorted(told.items())}


def analysis_named(name: str) -> MarketAnalysis:
    """MarketAnalysisUnknown with the names there are."""
    try:
        return market_analyses()[name]
    except KeyError:
        names = ", ".join(market_analyses())
        raise MarketAnalysisUnknown(f"There is no market analysis {name}; there are {names}") from None


def analysis_sql(
    analysis: MarketAnalysis, question: MarketQuestion, by: str, dealers: Sequence[tuple[str, int]]
) -> str:
    """The query with its parameters still named; `dealers` are ours by zone, as they are when it is asked."""
    part = quoted(by)
    if question.band is not None:
        number = f"TRY_CAST({part} AS DECIMAL(18, 4))"  # what no profile knows is text; what is no number has no band
        part = f"CAST(floor({number} / {question.band}) * {question.band} AS BIGINT)"
    has_zones = question.zones_dataset is not None
    pieces = {
        "{dataset}": quoted(question.dataset),
        "{part}": part,
        "{zones}": _zones(question.zones_dataset),
        "{unplaced}": "'no zone'" if has_zones else "coalesce(CAST(f.part AS VARCHAR), 'not told')",
        "{dealers}": _dealers(dealers),
    }
    # In one pass: a column may be called like one of the places.
    return re.sub("|".join(map(re.escape, pieces)), lambda place: pieces[place[0]], analysis.sql).strip()


def _zones(dataset: str | None) -> str:
    if dataset is None:
        return "SELECT CAST(NULL AS VARCHAR) AS region, CAST(NULL AS VARCHAR) AS zone"
    return f"""
        SELECT upper(trim(CAST(region AS VARCHAR))) AS region, min(CAST(zone AS VARCHAR)) AS zone
        FROM {quoted(dataset)} GROUP BY ALL
    """


def _dealers(dealers: Sequence[tuple[str, int]]) -> str:
    if not dealers:
        return "SELECT CAST(NULL AS VARCHAR) AS zone, 0 AS dealers"
    return " UNION ALL ".join(
        f"SELECT {literal(zone)} AS zone, {count} AS dealers" for zone, count in dealers
    )


def _analysis(name: str, told: Mapping[str, Any]) -> MarketAnalysis:
    return MarketAnalysis(
        name=name,
        title=told["title"],
        description=told["description"],
        reads=told["reads"],
        columns=tuple(told["columns"]),
        by=told["by"],
        uses_zones=told.get("uses_zones", False),
        chart=tuple(told["chart"]),
        mark=told["mark"],
        parameters=tuple(
            Parameter(name=one["name"], type=ParameterType(one["type"]), default=one["default"])
            for one in told["parameters"]
        ),
        sql=told["sql"],
    )
