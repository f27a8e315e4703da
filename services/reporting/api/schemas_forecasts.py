"""Bodies that ask for projections of sales, and those of what people put in their place."""

from datetime import datetime
from typing import Annotated, Final
from uuid import UUID

from pydantic import Field

from services.reporting.adapters.analysis_store import Row
from services.reporting.api.schemas_analyses import (
    ROWS_SENT_MAX,
    AnalysisDraft,
    ColumnName,
    RowSent,
    example_of,
)
from services.reporting.domain.forecasting_rows import HORIZON_MAX, Gaps
from shared.wire import WireModel

_EXAMPLE_ROWS: Final[list[RowSent]] = [
    {"period": f"{2024 + month // 12}-{month % 12 + 1:02d}", "product_code": "GEN-62", "value": 100 + month}
    for month in range(30)
]


class ProjectionDraft(AnalysisDraft):
    """What will be sold."""

    model_config = example_of("Sales of the next year", _EXAMPLE_ROWS)
    rows: Annotated[
        list[RowSent] | None,
        Field(
            max_length=ROWS_SENT_MAX,
            description="Each with `period` (`2026-10`, `2026-Q4` or `2026`), `value` and the columns of `keys` and"
            " `hierarchy`. All series are taken to end in the last period of any. Decimals are texts.",
            examples=[_EXAMPLE_ROWS],
        ),
    ] = None
    horizon: Annotated[int, Field(ge=1, le=HORIZON_MAX, description="Periods ahead")] = 12
    keys: Annotated[
        tuple[ColumnName, ...],
        Field(min_length=1, max_length=6, description="Columns that together name a series"),
    ] = ("product_code",)
    hierarchy: Annotated[
        tuple[ColumnName, ...],
        Field(
            max_length=6, description="Columns from the widest level to the narrowest", examples=[["zone"]]
        ),
    ] = ()
    unit: Annotated[
        str, Field(max_length=20, description="Of the values: a currency, or what is counted")
    ] = "INR"
    decimals: Annotated[int, Field(ge=0, le=4, description="Of projected values")] = 2
    coverage_percent: Annotated[
        int, Field(ge=50, le=99, description="What share of cases the intervals are to hold")
    ] = 80
    gaps: Annotated[Gaps, Field(description="What a period without a row means")] = Gaps.REFUSE


class ProjectionOverrideDraft(WireModel):
    """A figure in place of a projected one."""

    series: Annotated[
        dict[str, Annotated[str, Field(max_length=400)]],
        Field(
            min_length=1,
            max_length=12,
            description="The columns of `hierarchy` and `keys` and what they say",
            examples=[{"product_code": "GEN-62"}],
        ),
    ]
    period: Annotated[str, Field(max_length=10, description="The period it is for", examples=["2026-11"])]
    value: Annotated[
        str,
        Field(
            pattern=r"^-?\d{1,15}(\.\d{1,4})?$",
            description="In the unit of the projection",
            examples=["125.00"],
        ),
    ]
    reason: Annotated[
        str, Field(min_length=3, max_length=1000, description="Why", examples=["A tender was won"])
    ]


class ProjectionOverrideBody(WireModel):
    """What somebody put in place of a projected figure, which stays beside it."""

    id: UUID
    analysis_id: UUID
    series: Annotated[dict[str, str], Field(description="Which series it is about")]
    period: Annotated[str, Field(description="Which period it is about")]
    projected: Annotated[str, Field(description="The figure as it was projected")]
    value: Annotated[str, Field(description="The figure in its place")]
    reason: Annotated[str, Field(description="Why")]
    told_at: datetime
    told_by: str
    is_superseded: Annotated[bool, Field(description="Whether a later one of the same figure counts instead")]


def override_body(row: Row, *, is_superseded: bool) -> ProjectionOverrideBody:
    """The row as it is kept."""
    names = set(ProjectionOverrideBody.model_fields) - {"is_superseded"}
    facts = {name: getattr(row, name) for name in names}
    return ProjectionOverrideBody.model_validate({**facts, "is_superseded": is_superseded})
