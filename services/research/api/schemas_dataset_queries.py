"""Bodies of queries over datasets and of their results."""

from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field, JsonValue

from services.research.adapters.dataset_rows import Row
from services.research.adapters.query_reading import SQL_LENGTH_MAX
from shared.wire import WireModel

ROWS_MAX = 100_000
ResultFormat = Literal["json", "csv", "parquet", "xlsx", "svg", "png"]
ChartMark = Literal["bar", "line", "area", "point"]


class QueryRunDraft(WireModel):
    """A question in SQL."""

    sql: Annotated[
        str,
        Field(
            min_length=1,
            max_length=SQL_LENGTH_MAX,
            description='One SELECT over datasets by their names; `"us_carriers@3"` is its third version',
            examples=["SELECT 1 AS one"],
        ),
    ]
    rows_max: Annotated[
        int, Field(ge=1, le=ROWS_MAX, description="Rows of the result at most; what is cut is told")
    ] = 10_000


class QueryDatasetBody(WireModel):
    """What a result was made of."""

    table: Annotated[str, Field(description="What the query calls it")]
    name: Annotated[str, Field(description="Name of the dataset")]
    version: Annotated[int, Field(description="Which version was read")]


class QueryColumnBody(WireModel):
    """A column of a result."""

    name: Annotated[str, Field(description="As the query calls it")]
    type: Annotated[str, Field(description="As the engine calls it", examples=["DECIMAL(38,2)"])]


class QueryRunBody(WireModel):
    """A question that was asked, and what came of it; a result never changes."""

    id: Annotated[UUID, Field(description="Its id")]
    sql: Annotated[str, Field(description="The question")]
    rows_max: Annotated[int, Field(description="Rows at most")]
    datasets: Annotated[list[QueryDatasetBody], Field(description="Of which versions")]
    state: Annotated[Literal["queued", "succeeded", "failed"], Field(description="Where it stands")]
    job_id: Annotated[UUID, Field(description="The job that answers it")]
    columns: Annotated[list[QueryColumnBody] | None, Field(description="Of the result")]
    rows: Annotated[int | None, Field(description="Rows of the result")]
    is_cut: Annotated[bool | None, Field(description="True: there were more rows than wanted")]
    result_bytes: Annotated[int | None, Field(description="Bytes as Parquet")]
    result_sha256: Annotated[str | None, Field(description="Of the result as Parquet")]
    failure_code: Annotated[str | None, Field(description="Stable name of the problem, if it failed")]
    failure_detail: Annotated[str | None, Field(description="The problem in words")]
    asked_by: Annotated[str, Field(description="Who asked, by the token's subject")]
    asked_at: Annotated[datetime, Field(description="UTC")]
    ended_at: Annotated[datetime | None, Field(description="UTC")]


class QueryResultBody(WireModel):
    """Rows of a result, a thousand at most at a time."""

    columns: Annotated[list[QueryColumnBody], Field(description="Of the result")]
    items: Annotated[
        list[list[JsonValue]],
        Field(description="Rows; decimals, days and instants are texts", examples=[[["TX", "12"]]]),
    ]
    rows: Annotated[int, Field(description="Rows of the whole result")]
    is_cut: Annotated[bool, Field(description="True: there were more rows than wanted")]
    next_after: Annotated[int | None, Field(description="`after` of the rows behind these; null at the end")]


def run_body(row: Row) -> QueryRunBody:
    """A run as it is told."""
    names = QueryRunBody.model_fields.keys() - {"datasets"}
    datasets = [
        QueryDatasetBody(table=one["table"], name=one["name"], version=one["version"]) for one in row.datasets
    ]
    return QueryRunBody(**{name: getattr(row, name) for name in names}, datasets=datasets)


def result_body(row: Row, items: Sequence[Any], after: int) -> QueryResultBody:
    """A page of a result."""
    end = after + len(items)
    return QueryResultBody(
        columns=row.columns,
        items=list(items),
        rows=row.rows,
        is_cut=row.is_cut,
        next_after=end if items and end < row.rows else None,
    )
