"""Bodies of report runs: what was asked, what came of it, its rows, and what changed since the run before."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import ConfigDict, Field

from services.reporting.adapters.cell_values import value_texts
from services.reporting.adapters.definition_store import definition_of
from services.reporting.adapters.run_store import Row
from services.reporting.domain.projection import Projection
from services.reporting.domain.report_definition import ResultColumn, result_columns
from services.reporting.domain.report_source import ValueKind
from services.reporting.domain.run_difference import RowChange, RowDifference
from shared.wire import WireModel

RunState = Literal["queued", "running", "succeeded", "failed", "cancelled"]
Texts = Annotated[
    list[str | None],
    Field(
        description="One per column: decimal texts for figures and amounts, days and instants as everywhere",
        examples=[["2026-10-05", "1250.00", "INR"]],
    ),
]


class ReportRunDraft(WireModel):
    """Which report, and what of it otherwise than its definition says."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"definition": "daily-collections", "period": "2026-10"}]}
    )
    definition: Annotated[str, Field(min_length=1, max_length=60, description="Name or id of the definition")]
    period: Annotated[
        str | None,
        Field(
            max_length=60, description="Words, a month or days", examples=["previous fiscal month", "2026-10"]
        ),
    ] = None
    zone: Annotated[str | None, Field(max_length=200)] = None
    partner_code: Annotated[str | None, Field(max_length=40)] = None


class ReportColumnBody(WireModel):
    """A column of a result."""

    name: str
    kind: ValueKind
    title: Annotated[str, Field(description="What people read")]
    unit: Annotated[str, Field(description="What a figure counts; empty for what is no figure")]
    is_measure: Annotated[bool, Field(description="A figure, no group")]


class ReportPeriodBody(WireModel):
    """The days a run is of, both included, and the words they were asked for with."""

    expression: Annotated[str, Field(examples=["previous fiscal month"])]
    first_on: date
    last_on: date


class CutOffBody(WireModel):
    """How far a projection was when the run read it."""

    projection: Projection
    revision: Annotated[int, Field(ge=0, description="Batches applied until then")]
    newest_fact_at: datetime | None


class ReportRunBody(WireModel):
    """A run of one version of a definition. Its result is frozen: the same for ever, and proved by its hash."""

    id: UUID
    definition: Annotated[str, Field(description="Name of the definition")]
    revision: Annotated[int, Field(ge=1, description="Version of the definition")]
    state: RunState
    job_id: Annotated[UUID, Field(description="Follow it at /v1/jobs")]
    message: Annotated[str, Field(description="What it is doing, or why it failed")]
    period: ReportPeriodBody
    zone: str | None
    partner_code: str | None
    asked_by: str
    asked_at: datetime
    cut_off_at: Annotated[
        datetime | None, Field(description="The instant its figures are of; null without result")
    ]
    cut_off: Annotated[list[CutOffBody], Field(description="How far each projection was that it read")]
    columns: list[ReportColumnBody]
    rows_count: Annotated[int | None, Field(ge=0)]
    totals: Annotated[
        list[dict[str, str | None]], Field(description="The measures of everything, one row per currency")
    ]
    content_sha256: Annotated[str | None, Field(description="Hash of the frozen result")]
    details_count: Annotated[int | None, Field(ge=0, description="Rows of the source behind it")]
    has_details: Annotated[bool, Field(description="Those rows are kept; beyond 100,000 they are not")]


class ReportRowBody(WireModel):
    """A row of a result, its values in the order of the run's columns."""

    position: Annotated[int, Field(ge=1)]
    values: Texts


class ReportDetailBody(WireModel):
    """A row of the source behind a row of a result; values by the names of the source's columns."""

    position: Annotated[int, Field(ge=1)]
    values: Annotated[dict[str, str | None], Field(description="Texts by column")]


class RowDifferenceBody(WireModel):
    """A row that is not as it was in the run before."""

    change: RowChange
    groups: Annotated[dict[str, str | None], Field(description="What names the row")]
    before: Annotated[dict[str, str | None] | None, Field(description="Its figures then; null when it came")]
    now: Annotated[dict[str, str | None] | None, Field(description="Its figures now; null when it went")]


class RunComparisonBody(WireModel):
    """What changed since the run before of the same definition over the same rows."""

    run_id: UUID
    before_run_id: UUID
    is_same_version: Annotated[
        bool, Field(description="Both were made with the same version of the definition")
    ]
    rows_alike: Annotated[int, Field(ge=0, description="Rows with the same figures in both")]
    differences: Annotated[
        list[RowDifferenceBody], Field(description="In the order of this run, those that went at the end")
    ]
    is_cut: Annotated[bool, Field(description="There are more differences than are shown")]


def columns_of(row: Row) -> tuple[ResultColumn, ...]:
    return result_columns(definition_of(row.definition))


def run_body(row: Row) -> ReportRunBody:
    columns = columns_of(row)
    return ReportRunBody(
        id=row.id,
        definition=row.definition_name,
        revision=row.revision,
        state="succeeded" if row.content_sha256 else row.state or "failed",
        job_id=row.job_id,
        message=row.message or "",
        period=ReportPeriodBody(expression=row.period, first_on=row.first_on, last_on=row.last_on),
        zone=row.zone,
        partner_code=row.partner_code,
        asked_by=row.asked_by,
        asked_at=row.asked_at,
        cut_off_at=row.cut_off_at,
        cut_off=[CutOffBody(projection=Projection(name), **how) for name, how in (row.cut_off or {}).items()],
        columns=[
            ReportColumnBody(name=c.name, kind=c.kind, title=c.title, unit=c.unit, is_measure=c.is_measure)
            for c in columns
        ],
        rows_count=row.rows_count,
        totals=[_total(columns, total) for total in row.totals or []],
        content_sha256=row.content_sha256,
        details_count=row.details_count,
        has_details=row.has_details,
    )


def row_body(columns: Sequence[ResultColumn], values: Sequence[Any]) -> ReportRowBody:
    """`values` begin with the position."""
    return ReportRowBody(position=values[0], values=value_texts(columns, values[1:]))


def detail_body(columns: Sequence[ResultColumn], values: Sequence[Any]) -> ReportDetailBody:
    return ReportDetailBody(position=values[0], values=texts_by_name(columns, values[1:]))


def difference_body(
    columns: Sequence[ResultColumn], places: tuple[list[int], list[int]], one: RowDifference
) -> RowDifferenceBody:
    """`places` are those of the groups and those of the measures among the columns."""
    groups, measures = ([columns[place] for place in which] for which in places)

    def figures(values: Sequence[object] | None) -> dict[str, str | None] | None:
        if values is None:
            return None
        texts = value_texts([*groups, *measures], [*one.key, *values])[len(groups) :]
        return {column.name: text for column, text in zip(measures, texts, strict=True)}

    return RowDifferenceBody(
        change=one.change,
        groups=texts_by_name(groups, one.key),
        before=figures(one.before),
        now=figures(one.now),
    )


def texts_by_name(columns: Sequence[ResultColumn], values: Sequence[object]) -> dict[str, str | None]:
    texts = value_texts(columns, values)
    return {column.name: text for column, text in zip(columns, texts, strict=True)}


def _total(columns: Sequence[ResultColumn], total: dict[str, Any]) -> dict[str, str | None]:
    shown = [column for column in columns if column.name in total]
    return texts_by_name(shown, [total[column.name] for column in shown])
