"""Bodies of analyses: what is asked, and the answer with its formulas and checks."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Final, Self, TypeVar
from uuid import UUID

from pydantic import ConfigDict, Field, ValidationError, model_validator

from services.reporting.adapters.analysis_store import Row, frozen_result
from services.reporting.adapters.sent_rows import cell_text
from services.reporting.domain.analysis import AnalysisKind, AnalysisResult, CellKind, ChartKind
from services.reporting.domain.variance_rows import Measure, PriceMethod
from shared.wire import WireModel

ROWS_SENT_MAX: Final = 10_000
Body = TypeVar("Body", bound=WireModel)
ColumnName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$", examples=["product_code"])]
Currency = Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="ISO 4217", examples=["INR"])]
RateText = Annotated[str, Field(pattern=r"^\d{1,9}(\.\d{1,9})?$", examples=["84.9125"])]
RowSent = dict[str, Annotated[str, Field(max_length=400)] | int | None]
COMMON: Final = frozenset({"title", "zone", "partner_code", "rows", "table_id"})


def example_of(title: str, rows: list[RowSent]) -> ConfigDict:
    """An analysis as it is asked with rows of its own; fields alone would not say that it needs either these or a table."""
    return ConfigDict(json_schema_extra={"examples": [{"title": title, "rows": [dict(row) for row in rows]}]})


class RowChangeDraft(WireModel):
    """A change of rows: a new value, or so many percent more."""

    column: Annotated[ColumnName, Field(description="The column that changes", examples=["unit_cost"])]
    where: Annotated[
        dict[str, Annotated[str, Field(max_length=400)]],
        Field(
            default_factory=dict,
            max_length=8,
            description="Rows that say so; none means all",
            examples=[{"product_code": "GEN-62"}],
        ),
    ]
    value: Annotated[str | None, Field(max_length=400, description="What the column gets")] = None
    percent: Annotated[
        str | None,
        Field(pattern=r"^-?\d{1,4}(\.\d{1,6})?$", description="Or by how much it grows", examples=["-5"]),
    ] = None


class WhatIfDraft(WireModel):
    """The analysis once more with some inputs changed."""

    rows: Annotated[tuple[RowChangeDraft, ...], Field(max_length=100, description="One after the other")] = ()
    options: Annotated[
        dict[str, Any],
        Field(default_factory=dict, description="Options in place of those of the analysis", examples=[{}]),
    ]


class AnalysisDraft(WireModel):
    """What every analysis is asked with: rows of its own, or `table_id` of rows that were told before."""

    title: Annotated[str, Field(min_length=3, max_length=200, examples=["October against plan"])]
    zone: Annotated[
        str | None, Field(max_length=200, description="Of which zone; rows with another `zone` are left out")
    ] = None
    partner_code: Annotated[
        str | None,
        Field(max_length=40, description="Of which partner; rows with another `partner_code` are left out"),
    ] = None
    table_id: Annotated[UUID | None, Field(description="Rows that were told before, in place of `rows`")] = (
        None
    )
    what_if: Annotated[
        WhatIfDraft | None, Field(description="Shows every figure before and after a change of inputs")
    ] = None

    @model_validator(mode="after")
    def _what_if_is_an_option(self) -> Self:
        """Changed options obey the same rules as those that were told."""
        if self.what_if is None or not self.what_if.options:
            return self
        told = self.model_dump(mode="json", exclude={"rows", "what_if"})
        if not set(self.what_if.options) <= set(told) - COMMON:
            raise ValueError(f"what_if.options may change {', '.join(sorted(set(told) - COMMON))}")
        try:
            type(self).model_validate({**told, **self.what_if.options})
        except ValidationError as error:
            wrong = [f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors()]
            raise ValueError(f"what_if.options: {'; '.join(wrong)}") from error
        return self

    def sent_rows(self) -> list[dict[str, str]] | None:
        """The rows that came with it as texts."""
        rows: list[RowSent] | None = getattr(self, "rows", None)
        if rows is None:
            return None
        return [{name: cell_text(value) for name, value in row.items()} for row in rows]

    def options(self) -> dict[str, Any]:
        """What is special to the kind."""
        return self.model_dump(mode="json", exclude=set(COMMON))


class ExchangeRateDraft(WireModel):
    """What one unit of the currency is worth in that of the analysis."""

    currency: Currency
    base: Annotated[RateText, Field(description="On the base's side, e.g. the rate of the budget")]
    actual: Annotated[RateText, Field(description="On the actual side")]


_VARIANCE_ROWS: Final[list[RowSent]] = [
    {
        "side": "base",
        "zone": "West",
        "product_code": "GEN-62",
        "quantity": 10,
        "price": "412500.00",
    },
    {
        "side": "actual",
        "zone": "West",
        "product_code": "GEN-62",
        "quantity": 12,
        "price": "418000.00",
    },
]


class VarianceDraft(AnalysisDraft):
    """Actual against plan or prior."""

    model_config = example_of("October against plan", _VARIANCE_ROWS)
    rows: Annotated[
        list[RowSent] | None,
        Field(
            max_length=ROWS_SENT_MAX,
            description="Each with `side` (`base` or `actual`), `quantity`, `price` of one or `amount` of the row,"
            " the columns of `keys` and `hierarchy`, and where they are wanted `unit`, `currency`, and `cost` of one"
            " or `cost_amount` of the row. Decimals are texts.",
            examples=[_VARIANCE_ROWS],
        ),
    ] = None
    currency: Currency = "INR"
    keys: Annotated[
        tuple[ColumnName, ...],
        Field(min_length=1, max_length=6, description="Columns that together name a line"),
    ] = ("product_code",)
    hierarchy: Annotated[
        tuple[ColumnName, ...],
        Field(
            max_length=6, description="Columns from the widest level to the narrowest", examples=[["zone"]]
        ),
    ] = ()
    mix_by: Annotated[
        ColumnName | None,
        Field(description="A column of these: the mix effect is told between its values and within them"),
    ] = None
    measure: Annotated[Measure, Field(description="What is explained; for a margin rows need costs")] = (
        Measure.REVENUE
    )
    price_method: Annotated[
        PriceMethod, Field(description="Where the joint effect of price and quantity goes")
    ] = PriceMethod.JOINT_IN_PRICE
    rates: Annotated[
        tuple[ExchangeRateDraft, ...], Field(max_length=50, description="For rows in other currencies")
    ] = ()


class AnalysisTableBody(WireModel):
    """Rows that were told to be analysed."""

    id: UUID
    name: str | None
    version: Annotated[int | None, Field(description="Counts the tables of the name from 1")]
    zone: str | None
    partner_code: str | None
    column_names: list[str]
    row_count: int
    rows_sha256: str
    told_at: datetime
    told_by: str


class FigureBody(WireModel):
    """One figure and how it was calculated."""

    code: str
    title: str
    value: Annotated[str | None, Field(description="A plain decimal; null where it is not defined")]
    unit: Annotated[str, Field(description="A currency, `%`, or what is counted")]
    formula: str


class CheckBody(WireModel):
    """What has to come to nought."""

    code: str
    sentence: Annotated[str, Field(description="What was compared")]
    residual: Annotated[str, Field(description="What is left over", examples=["0.00"])]
    holds: Annotated[bool, Field(description="Whether nothing is left over")]


class ResultColumnBody(WireModel):
    """A column of a table."""

    code: str
    title: str
    kind: CellKind
    unit: Annotated[str, Field(description="The currency of money; empty where there is none")]
    formula: Annotated[
        str, Field(description="How it follows from others of its row; empty for what was put in")
    ]
    is_summed: Annotated[bool, Field(description="Whether adding it up means something")]


class ResultTableBody(WireModel):
    """Rows under columns."""

    code: str
    title: str
    columns: list[ResultColumnBody]
    rows: Annotated[
        list[list[str | None]], Field(description="Cells in the order of the columns, numbers as texts")
    ]


class ChartPointBody(WireModel):
    """A value at a label."""

    label: str
    value: str
    series: str
    is_total: Annotated[bool, Field(description="Whether it stands on the ground of a waterfall")]
    low: Annotated[str | None, Field(description="The lower end of its interval")]
    high: Annotated[str | None, Field(description="The upper end of its interval")]


class ChartBody(WireModel):
    """A picture as data; `/chart` draws it."""

    code: str
    title: str
    kind: ChartKind
    unit: str
    points: list[ChartPointBody]


class AnalysisSummaryBody(WireModel):
    """An analysis that was made."""

    id: UUID
    kind: AnalysisKind
    title: str
    zone: str | None
    partner_code: str | None
    table_id: Annotated[UUID, Field(description="The rows it was made of")]
    row_count: int
    rows_sha256: str
    content_sha256: str
    made_at: datetime
    made_by: str


class AnalysisBody(AnalysisSummaryBody):
    """The answer as it was frozen."""

    options: Annotated[dict[str, Any], Field(description="What was asked, defaults written out")]
    figures: list[FigureBody]
    checks: list[CheckBody]
    tables: list[ResultTableBody]
    charts: list[ChartBody]
    notes: Annotated[list[str], Field(description="What was left out, set apart or assumed")]


def table_body(row: Row) -> AnalysisTableBody:
    """What is known of a table."""
    return AnalysisTableBody.model_validate(
        {name: getattr(row, name) for name in AnalysisTableBody.model_fields}
    )


def summary_body(row: Row) -> AnalysisSummaryBody:
    """One line of the list."""
    return AnalysisSummaryBody.model_validate(_facts(row))


def analysis_body(row: Row) -> AnalysisBody:
    """The whole answer."""
    result = frozen_result(row.content)
    return AnalysisBody.model_validate({**_facts(row), "options": row.options, **_parts(result)})


def _facts(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in AnalysisSummaryBody.model_fields}


def _parts(result: AnalysisResult) -> dict[str, Any]:
    return {
        "figures": [_body(FigureBody, one) for one in result.figures],
        "checks": [_body(CheckBody, one) for one in result.checks],
        "tables": [
            ResultTableBody(
                code=table.code,
                title=table.title,
                columns=[_body(ResultColumnBody, column) for column in table.columns],
                rows=[list(row) for row in table.rows],
            )
            for table in result.tables
        ],
        "charts": [
            ChartBody(
                code=chart.code,
                title=chart.title,
                kind=chart.kind,
                unit=chart.unit,
                points=[_body(ChartPointBody, point) for point in chart.points],
            )
            for chart in result.charts
        ],
        "notes": result.notes,
    }


def _body(body: type[Body], part: object) -> Body:
    return body.model_validate({name: getattr(part, name) for name in body.model_fields})


def part_codes(parts: Sequence[Any]) -> str:
    """The codes of charts or tables, for a refusal that says which there are."""
    return ", ".join(part.code for part in parts) or "none"
