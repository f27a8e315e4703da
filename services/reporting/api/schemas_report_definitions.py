"""Bodies of report sources and definitions."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from services.reporting.adapters.definition_store import KeptDefinition, Row, definition_of
from services.reporting.domain import report_definition as rules
from services.reporting.domain.projection import Projection
from services.reporting.domain.report_source import Source, ValueKind
from shared.wire import WireModel

ColumnName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
FilterValue = Annotated[str, StringConstraints(max_length=200)]
RoleName = Literal["coordinator", "approver", "zonal_sales", "analyst", "auditor", "admin", "integration"]
DEFINITION_EXAMPLE: Final[dict[str, JsonValue]] = {
    "name": "collections-by-zone",
    "title": "Collections by zone",
    "description": "What came in by zone, beside the month before.",
    "source": "collections",
    "groups": ["zone"],
    "measures": [
        {
            "name": "collected",
            "function": "sum",
            "column": "amount",
            "only": {"column": "movement", "operator": "in", "values": ["receipt"]},
        },
        {"name": "on_time", "function": "share", "column": "is_on_time", "title": "Booked on time"},
    ],
    "sort": [{"by": "collected", "is_descending": True}],
    "comparison": "period_before",
    "layout": "chart",
    "chart": {"kind": "bar", "category": "zone", "measure": "collected"},
    "parameters": {"period": "previous fiscal month"},
    "audience": ["coordinator", "analyst", "zonal_sales"],
}

KEPT_EXAMPLE: Final[dict[str, JsonValue]] = {
    **DEFINITION_EXAMPLE,
    "id": "01936d6e-5c3f-7c1a-8d2e-0f6b5a4c3d2e",
    "revision": 1,
    "owner": "asha.kulkarni",
    "created_at": "2026-10-01T04:30:00Z",
    "set_by": "asha.kulkarni",
    "set_at": "2026-10-01T04:30:00Z",
}


class SourceColumnBody(WireModel):
    """A column that definitions may name."""

    name: Annotated[str, Field(examples=["amount"])]
    kind: ValueKind
    title: Annotated[str, Field(description="What people read")]
    unit: Annotated[str, Field(description="What a figure counts; empty for what is no figure")]


class ReportSourceBody(WireModel):
    """Rows that reports can be made of."""

    name: Annotated[str, Field(examples=["collections"])]
    title: Annotated[str, Field(description="What its rows are")]
    period_column: Annotated[
        str | None, Field(description="Day by which rows belong to a period; null: rows as of its last day")
    ]
    projections: Annotated[list[Projection], Field(description="What it is made of: /v1/projections")]
    columns: list[SourceColumnBody]


class ReportFilterDraft(WireModel):
    """Rows whose column says this. Values are texts as replies show them; amounts are in minor units."""

    column: ColumnName
    operator: Annotated[rules.Operator, Field(description="How the column is compared")]
    values: Annotated[
        list[FilterValue], Field(max_length=rules.VALUES_MAX, description="One for at_least and at_most")
    ] = []  # noqa: RUF012 - pydantic copies it

    def rule(self) -> rules.Filter:
        return rules.Filter(column=self.column, operator=self.operator, values=tuple(self.values))


class ReportMeasureDraft(WireModel):
    """A figure of a group; of the rows that `only` admits where it is given."""

    name: Annotated[ColumnName, Field(description="By which sort and chart name it")]
    function: Annotated[
        rules.Function, Field(description="How it is made; share: true ones of those that are known")
    ]
    column: Annotated[ColumnName | None, Field(description="What of; none for count")] = None
    only: Annotated[ReportFilterDraft | None, Field(description="Which rows of the group it is of")] = None
    title: Annotated[str | None, Field(max_length=80, description="What people read; else its name")] = None

    def rule(self) -> rules.Measure:
        return rules.Measure(
            name=self.name,
            function=self.function,
            column=self.column,
            only=self.only.rule() if self.only else None,
            title=self.title,
        )


class ReportSortDraft(WireModel):
    """By which column of the result."""

    by: ColumnName
    is_descending: bool = False


class ReportChartDraft(WireModel):
    """What is drawn from the result: one measure over one group."""

    kind: rules.ReportChartKind
    category: Annotated[ColumnName, Field(description="The group along the axis")]
    measure: Annotated[ColumnName, Field(description="The measure that is drawn")]


class ReportParametersDraft(WireModel):
    """What a run takes when it is not told otherwise."""

    period: Annotated[
        str,
        Field(
            max_length=60,
            description="Words, a month or days; resolved once for each run",
            examples=["previous fiscal month", "2026-10", "2026-10-01..2026-10-15"],
        ),
    ]
    zone: Annotated[str | None, Field(max_length=200)] = None
    partner_code: Annotated[str | None, Field(max_length=40)] = None


class ReportDefinitionDraft(WireModel):
    """A report as data: groups with measures, or columns that are listed."""

    model_config = ConfigDict(json_schema_extra={"examples": [DEFINITION_EXAMPLE]})
    name: Annotated[
        str,
        Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60, description="Scripts call it by this"),
    ]
    title: Annotated[str, Field(min_length=1, max_length=120, description="The heading of its documents")]
    description: Annotated[str, Field(max_length=1000, description="What it answers")] = ""
    source: Annotated[str, Field(max_length=60, description="One of /v1/report-sources")]
    groups: Annotated[list[ColumnName], Field(max_length=rules.GROUPS_MAX, description="One row per")] = []  # noqa: RUF012
    measures: Annotated[
        list[ReportMeasureDraft], Field(max_length=rules.MEASURES_MAX, description="Figures of each group")
    ] = []  # noqa: RUF012
    columns: Annotated[
        list[ColumnName],
        Field(max_length=rules.COLUMNS_MAX, description="What is listed, in place of groups and measures"),
    ] = []  # noqa: RUF012
    filters: Annotated[
        list[ReportFilterDraft],
        Field(max_length=rules.FILTERS_MAX, description="Which rows; all of them hold"),
    ] = []  # noqa: RUF012
    sort: Annotated[list[ReportSortDraft], Field(max_length=6, description="Before every other column")] = []  # noqa: RUF012
    comparison: Annotated[
        rules.Comparison, Field(description="Figures of another period beside, and the change since")
    ] = rules.Comparison.NONE
    layout: Annotated[rules.Layout, Field(description="How documents show it")] = rules.Layout.TABLE
    pivot_by: Annotated[ColumnName | None, Field(description="The group that becomes columns of a pivot")] = (
        None
    )
    chart: ReportChartDraft | None = None
    parameters: ReportParametersDraft
    audience: Annotated[
        list[RoleName],
        Field(min_length=1, max_length=10, description="Roles that may run it and see its runs"),
    ]

    def rule(self) -> rules.ReportDefinition:
        return rules.ReportDefinition(
            name=self.name,
            title=self.title,
            description=self.description,
            source=self.source,
            groups=tuple(self.groups),
            measures=tuple(one.rule() for one in self.measures),
            columns=tuple(self.columns),
            filters=tuple(one.rule() for one in self.filters),
            sort=tuple(rules.Sort(by=one.by, is_descending=one.is_descending) for one in self.sort),
            comparison=self.comparison,
            layout=self.layout,
            pivot_by=self.pivot_by,
            chart=rules.Chart(**self.chart.model_dump()) if self.chart else None,
            parameters=rules.Parameters(**self.parameters.model_dump()),
            audience=tuple(self.audience),
        )

    @classmethod
    def of(cls, definition: rules.ReportDefinition) -> Self:
        return cls.model_validate(_plain(definition))


class ReportDefinitionBody(ReportDefinitionDraft):
    """A definition as it is; `revision` is its version, and its ETag."""

    model_config = ConfigDict(json_schema_extra={"examples": [KEPT_EXAMPLE]})
    id: UUID
    revision: Annotated[int, Field(ge=1)]
    owner: Annotated[str, Field(description="Who made it; salesops for those that come with the system")]
    created_at: datetime
    set_by: Annotated[str, Field(description="Who set this version")]
    set_at: datetime


class ReportDefinitionVersionBody(WireModel):
    """What a definition said from then on."""

    revision: Annotated[int, Field(ge=1)]
    set_by: Annotated[str, Field(description="Who set this version")]
    set_at: datetime
    definition: ReportDefinitionDraft


def source_body(source: Source) -> ReportSourceBody:
    return ReportSourceBody(
        name=source.name,
        title=source.title,
        period_column=source.period_column,
        projections=list(source.projections),
        columns=[SourceColumnBody(**asdict(column)) for column in source.columns],
    )


def definition_body(kept: KeptDefinition) -> ReportDefinitionBody:
    return ReportDefinitionBody.model_validate(
        {
            **_plain(kept.definition),
            "id": kept.id,
            "revision": kept.revision,
            "owner": kept.owner,
            "created_at": kept.created_at,
            "set_by": kept.set_by,
            "set_at": kept.set_at,
        }
    )


def definition_version_body(row: Row) -> ReportDefinitionVersionBody:
    return ReportDefinitionVersionBody(
        revision=row.revision,
        set_by=row.set_by,
        set_at=row.set_at,
        definition=ReportDefinitionDraft.of(definition_of(row.content)),
    )


def _plain(definition: rules.ReportDefinition) -> dict[str, Any]:
    return asdict(definition)
