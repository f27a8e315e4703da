"""Market analyses: what each reads, by what it parts the market, and which parameters it has."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from services.research.domain.errors import MarketAnalysisInvalid
from services.research.domain.query_parameter import Parameter
from shared.errors import FieldProblem


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketAnalysis:
    """A query over datasets of one kind. `by` is the column it parts by unless another is named; `chart` the columns that
    make a picture, and `mark` how they are drawn."""

    name: str
    title: str
    description: str
    reads: str
    columns: tuple[str, ...]
    by: str
    uses_zones: bool
    chart: tuple[str, ...]
    mark: str
    parameters: tuple[Parameter, ...]
    sql: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketQuestion:
    """Of which dataset, parted by what; figures in bands of `band` (horsepower by 50), zones by a dataset of regions."""

    dataset: str
    by: str | None
    band: int | None
    zones_dataset: str | None
    arguments: Mapping[str, str]


def checked_columns(
    analysis: MarketAnalysis, question: MarketQuestion, names: Sequence[str], zones: Sequence[str] | None
) -> str:
    """The column to part by. MarketAnalysisInvalid where a dataset has not what the analysis reads."""
    by = question.by or analysis.by
    problems = [
        FieldProblem("/dataset", f"expected a column {name}, as of the profile {analysis.reads}")
        for name in analysis.columns
        if name not in names
    ]
    if by not in names:
        problems.append(FieldProblem("/by", f"expected a column of the dataset: {', '.join(names)}"))
    if zones is not None and not {"region", "zone"} <= set(zones):
        problems.append(FieldProblem("/zones_dataset", "expected the columns region and zone"))
    if question.zones_dataset is not None and not analysis.uses_zones:
        problems.append(FieldProblem("/zones_dataset", f"expected none: {analysis.name} has no zones"))
    if problems:
        raise MarketAnalysisInvalid("The analysis does not fit the dataset", problems=problems)
    return by
