"""Bodies of market analyses."""

from typing import Annotated, Literal

from pydantic import Field

from services.research.api.schemas_dataset_queries import ChartMark
from services.research.api.schemas_saved_queries import Argument, ParameterName, QueryParameterBody
from services.research.application.analyse_market import Keeping
from services.research.domain.market import MarketAnalysis, MarketQuestion
from shared.wire import WireModel

DatasetTable = Annotated[
    str,
    Field(
        pattern="^[a-z][a-z0-9_]{2,59}(@[1-9][0-9]{0,8})?$",
        description="Name of a dataset, or `name@3` for its third version",
        examples=["vahan_registrations"],
    ),
]


class MarketAnalysisBody(WireModel):
    """What can be asked of a dataset of one kind."""

    name: Annotated[str, Field(description="Its name in paths", examples=["market_share"])]
    title: Annotated[str, Field(description="In words", examples=["Market share"])]
    description: Annotated[str, Field(description="What it tells")]
    reads: Annotated[
        str, Field(description="Mapping profile of the datasets it reads", examples=["registrations"])
    ]
    columns: Annotated[list[str], Field(description="Columns that the dataset has to have")]
    by: Annotated[str, Field(description="What it parts the market by unless a question says otherwise")]
    uses_zones: Annotated[
        bool, Field(description="It counts our dealers by zone, and takes a dataset of zones")
    ]
    parameters: Annotated[list[QueryParameterBody], Field(description="Its parameters with their defaults")]
    chart: Annotated[list[str], Field(description="`column` of the result's chart that shows it best")]
    mark: Annotated[ChartMark, Field(description="`mark` of that chart")]


class MarketQuestionDraft(WireModel):
    """A question to a dataset."""

    dataset: DatasetTable
    by: Annotated[
        str | None,
        Field(
            max_length=200, description="Column to part by: region, segment, horsepower", examples=["state"]
        ),
    ] = None
    band: Annotated[
        int | None,
        Field(ge=1, le=1_000_000, description="Of a column of numbers: how wide a part is", examples=[50]),
    ] = None
    zones_dataset: Annotated[
        DatasetTable | None,
        Field(description="A dataset with the columns region and zone; null: parts are zones"),
    ] = None
    arguments: Annotated[
        dict[ParameterName, Argument],
        Field(default_factory=dict, max_length=20, description="By name; the others keep their defaults"),
    ]

    def question(self) -> MarketQuestion:
        return MarketQuestion(
            dataset=self.dataset, by=self.by, band=self.band, zones_dataset=self.zones_dataset,
            arguments=self.arguments,
        )  # fmt: skip


class MarketQueryDraft(MarketQuestionDraft):
    """A question to keep; its arguments become the defaults of the saved query."""

    title: Annotated[str, Field(min_length=1, max_length=200, description="What it is called")]
    cron: Annotated[
        str | None,
        Field(max_length=100, description="When it is asked by itself; null: never", examples=["0 7 5 * *"]),
    ] = None
    time_zone: Annotated[str, Field(max_length=60, description="Of `cron`, by its IANA name")] = (
        "Asia/Kolkata"
    )

    def keeping(self) -> Keeping:
        return Keeping(title=self.title, cron=self.cron, time_zone=self.time_zone)


def analysis_body(one: MarketAnalysis) -> MarketAnalysisBody:
    mark: Literal["bar", "line"] = "line" if one.mark == "line" else "bar"
    return MarketAnalysisBody(
        name=one.name,
        title=one.title,
        description=one.description,
        reads=one.reads,
        columns=list(one.columns),
        by=one.by,
        uses_zones=one.uses_zones,
        parameters=[QueryParameterBody(name=p.name, type=p.type, default=p.default) for p in one.parameters],
        chart=list(one.chart),
        mark=mark,
    )
