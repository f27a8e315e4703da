"""Bodies of saved queries, their runs, and what differs between two of them."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, JsonValue

from services.research.adapters.dataset_rows import Row
from services.research.adapters.query_reading import SQL_LENGTH_MAX
from services.research.api.schemas_dataset_queries import ROWS_MAX
from services.research.application.save_query import QueryToSave
from services.research.domain.query_parameter import Parameter, ParameterType
from shared.wire import WireModel

ParameterName = Annotated[
    str,
    Field(
        pattern="^[a-z][a-z0-9_]{0,39}$", description="As the query names it behind `$`", examples=["least"]
    ),
]
Argument = Annotated[str, Field(max_length=200)]


class QueryParameterBody(WireModel):
    """A place in a query that may be filled anew each time."""

    name: ParameterName
    type: Annotated[ParameterType, Field(description="What its values are")]
    default: Annotated[
        str,
        Field(
            max_length=200,
            description="Of a day also today, month_start, previous_month_start, year_start or days_ago:30",
            examples=["month_start"],
        ),
    ]


class SavedQueryDraft(WireModel):
    """A query to be kept."""

    title: Annotated[str, Field(min_length=1, max_length=200)]
    sql: Annotated[
        str,
        Field(
            min_length=1,
            max_length=SQL_LENGTH_MAX,
            description="One SELECT over datasets; parameters stand in it as `$since`",
            examples=["SELECT CAST($since AS DATE) AS since"],
        ),
    ]
    parameters: Annotated[
        list[QueryParameterBody],
        Field(
            default_factory=list,
            max_length=20,
            description="Each one that the query names",
            examples=[[{"name": "since", "type": "date", "default": "month_start"}]],
        ),
    ]
    rows_max: Annotated[int, Field(ge=1, le=ROWS_MAX, description="Rows of a result at most")] = 10_000
    cron: Annotated[
        str | None,
        Field(
            max_length=100, description="When it is asked by itself; null: never", examples=["0 7 * * MON"]
        ),
    ] = None
    time_zone: Annotated[str, Field(max_length=60, description="Of `cron`, by its IANA name")] = (
        "Asia/Kolkata"
    )

    def wanted(self) -> QueryToSave:
        parameters = tuple(
            Parameter(name=one.name, type=one.type, default=one.default) for one in self.parameters
        )
        return QueryToSave(
            title=self.title, sql=self.sql, parameters=parameters, rows_max=self.rows_max, cron=self.cron,
            time_zone=self.time_zone,
        )  # fmt: skip


class SavedQueryBody(WireModel):
    """A query that is kept, as its newest version says."""

    id: Annotated[UUID, Field(description="Its id")]
    revision: int
    owner: Annotated[str, Field(description="As whom it is asked by the clock")]
    title: str
    sql: Annotated[str, Field(description="The question")]
    parameters: Annotated[list[QueryParameterBody], Field(description="Its parameters")]
    rows_max: Annotated[int, Field(description="Rows at most")]
    cron: Annotated[str | None, Field(description="When it is asked by itself")]
    time_zone: str
    valid_from: Annotated[date, Field(description="From when its times count")]
    next_due_at: Annotated[datetime | None, Field(description="UTC; null: only by hand")]
    set_by: Annotated[str, Field(description="Who set this version, by the token's subject")]
    set_at: Annotated[datetime, Field(description="UTC")]


class SavedQueryArguments(WireModel):
    """What the parameters are this time."""

    arguments: Annotated[
        dict[ParameterName, Argument],
        Field(
            default_factory=dict,
            max_length=20,
            description="By name; the others keep their defaults",
            examples=[{}],
        ),
    ]


class SavedQueryRunBody(WireModel):
    """Once that a saved query was asked, or should have been."""

    id: Annotated[UUID, Field(description="Its id")]
    revision: int
    due_at: Annotated[datetime | None, Field(description="UTC; null: by hand")]
    arguments: Annotated[dict[str, str], Field(description="What the parameters were, days as days")]
    state: Annotated[
        Literal["queued", "succeeded", "failed", "refused", "skipped"],
        Field(description="skipped: nobody was there in time, and a later one made up for it"),
    ]
    run_id: Annotated[UUID | None, Field(description="The answer: `/v1/dataset-query-runs/{run_id}`")]
    rows: Annotated[int | None, Field(description="Rows of the answer")]
    failure_code: Annotated[str | None, Field(description="Stable name of the problem")]
    failure_detail: Annotated[str | None, Field(description="The problem in words")]
    asked_by: Annotated[str, Field(description="By the token's subject, or the clock")]
    asked_at: Annotated[datetime, Field(description="UTC")]


class ResultDifferenceBody(WireModel):
    """A row that is not in both results with the same numbers."""

    kind: Literal["added", "gone", "changed"]
    key: Annotated[dict[str, JsonValue], Field(description="Its texts and days")]
    before: Annotated[dict[str, JsonValue] | None, Field(description="Its numbers in the earlier answer")]
    after: Annotated[dict[str, JsonValue] | None, Field(description="Its numbers in the later answer")]


class SavedQueryComparisonBody(WireModel):
    """The last two answers of a saved query beside each other."""

    before_run_id: Annotated[UUID, Field(description="The earlier one")]
    after_run_id: Annotated[UUID, Field(description="The later one")]
    items: Annotated[list[ResultDifferenceBody], Field(description="A thousand at most")]
    is_cut: Annotated[bool, Field(description="True: more rows differ")]


def saved_query_body(row: Row) -> SavedQueryBody:
    return SavedQueryBody(**{name: getattr(row, name) for name in SavedQueryBody.model_fields})


def saved_run_body(row: Row) -> SavedQueryRunBody:
    same = SavedQueryRunBody.model_fields.keys() - {"failure_code", "failure_detail"}
    told = {name: getattr(row, name) for name in same}
    return SavedQueryRunBody(**told, failure_code=row.code, failure_detail=row.detail)


def comparison_body(
    before: Row, after: Row, differences: Sequence[Mapping[str, Any]], limit: int
) -> SavedQueryComparisonBody:
    items = [ResultDifferenceBody(**one) for one in differences[:limit]]
    return SavedQueryComparisonBody(
        before_run_id=before.id, after_run_id=after.id, items=items, is_cut=len(differences) > limit
    )
