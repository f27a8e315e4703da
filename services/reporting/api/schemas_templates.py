"""Bodies of templates."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Final, Self
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from services.reporting.adapters.template_store import KeptTemplate, Row, template_of
from services.reporting.domain import template as parts
from shared.wire import WireModel

ColumnName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Bound = Annotated[str, StringConstraints(max_length=20)]
TEMPLATE_EXAMPLE: Final[dict[str, JsonValue]] = {
    "name": "dealer-stock",
    "title": "Stock at dealers",
    "instructions": "How many pieces of each product are in stock at the end of the month.",
    "columns": [
        {
            "name": "partner_code",
            "title": "Partner",
            "kind": "text",
            "is_key": True,
            "is_required": True,
            "values_of": "partners",
        },
        {
            "name": "product_code",
            "title": "Product",
            "kind": "text",
            "is_key": True,
            "is_required": True,
            "values_of": "products",
            "takes_others": True,
        },
        {
            "name": "stock",
            "title": "Stock",
            "kind": "integer",
            "unit": "pieces",
            "is_required": True,
            "at_least": "0",
        },
        {"name": "reserved", "title": "Reserved", "kind": "integer", "unit": "pieces", "at_least": "0"},
    ],
    "rules": [
        {
            "left": "reserved",
            "relation": "at_most",
            "right": "stock",
            "message": "what is reserved is in stock",
        }
    ],
    "rows_from": "ordered",
}
KEPT_EXAMPLE: Final[dict[str, JsonValue]] = {
    **TEMPLATE_EXAMPLE,
    "id": "01936d6e-5c3f-7c1a-8d2e-0f6b5a4c3d2e",
    "revision": 1,
    "owner": "asha.kulkarni",
    "created_at": "2026-11-01T04:30:00Z",
    "set_by": "asha.kulkarni",
    "set_at": "2026-11-01T04:30:00Z",
}


class TemplateColumnDraft(WireModel):
    """A column of the sheet, or one per month of the period."""

    name: Annotated[ColumnName, Field(description="By which rules and data sets name it")]
    title: Annotated[str, Field(min_length=1, max_length=60, description="The heading people read")]
    kind: Annotated[parts.EntryKind, Field(description="What its cells are; money has two decimals")]
    unit: Annotated[str, Field(max_length=20, description="What a figure counts; stands in the heading")] = ""
    note: Annotated[str, Field(max_length=250, description="What goes in, told beside the cell")] = ""
    is_key: Annotated[bool, Field(description="The keys of a row name it, once in a sheet")] = False
    is_required: Annotated[bool, Field(description="Whether an empty cell is refused")] = False
    is_per_month: Annotated[bool, Field(description="One column for each month of the period")] = False
    values: Annotated[
        list[Annotated[str, StringConstraints(min_length=1, max_length=100)]],
        Field(max_length=parts.VALUES_MAX, description="The drop-down, as it is"),
    ] = []  # noqa: RUF012 - pydantic copies it
    values_of: Annotated[
        parts.ListSource | None, Field(description="The drop-down, from what reporting knows")
    ] = None
    takes_others: Annotated[bool, Field(description="Whether its list only suggests")] = False
    at_least: Annotated[Bound | None, Field(description="The least number, or the first day")] = None
    at_most: Annotated[Bound | None, Field(description="The largest number, or the last day")] = None
    sum_of: Annotated[
        list[ColumnName],
        Field(max_length=10, description="Columns that it is the sum of; the workbook calculates it"),
    ] = []  # noqa: RUF012
    shows: Annotated[
        parts.ShownFigure | None, Field(description="What is told beside the row, and not asked")
    ] = None
    shows_column: Annotated[
        ColumnName | None, Field(description="Of accepted_before: which column of the collection before")
    ] = None


class CellRuleDraft(WireModel):
    """What a cell has to be beside another of its row; a column per month counts by its sum beside a single one."""

    left: Annotated[ColumnName, Field(description="The column that is held to it")]
    relation: Annotated[parts.Relation, Field(description="What left is to right")]
    right: Annotated[ColumnName, Field(description="The column beside it")]
    message: Annotated[str, Field(max_length=200, description="What people read when it is broken")] = ""


class TemplateDraft(WireModel):
    """What is asked, column by column."""

    model_config = ConfigDict(json_schema_extra={"examples": [TEMPLATE_EXAMPLE]})
    name: Annotated[
        str,
        Field(pattern=r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$", max_length=60, description="Scripts call it by this"),
    ]
    title: Annotated[str, Field(min_length=1, max_length=80, description="The heading of its workbooks")]
    instructions: Annotated[str, Field(max_length=2000, description="What is asked and how it is filled")] = (
        ""
    )
    columns: Annotated[
        list[TemplateColumnDraft],
        Field(min_length=1, max_length=parts.COLUMNS_MAX, description="In the order of the sheet"),
    ]
    rules: Annotated[
        list[CellRuleDraft], Field(max_length=parts.RULES_MAX, description="Between cells of a row")
    ] = []  # noqa: RUF012
    rows_from: Annotated[
        parts.RowSource, Field(description="Where rows come from before they are filled")
    ] = parts.RowSource.NONE
    takes_new_rows: Annotated[bool, Field(description="Whether rows may be added")] = True
    rows_max: Annotated[int, Field(ge=1, le=parts.ROWS_MAX, description="Rows of one submission")] = 1_000
    months: Annotated[int, Field(ge=1, le=parts.MONTHS_MAX, description="How long its period is usually")] = 1
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$", description="Of its amounts")] = "INR"
    feeds: Annotated[parts.Feed, Field(description="Figures that reports compare with what happened")] = (
        parts.Feed.NONE
    )

    def rule(self) -> parts.Template:
        return parts.Template(
            **{
                **dict(self),
                "columns": tuple(_column(one) for one in self.columns),
                "rules": tuple(parts.CellRule(**dict(one)) for one in self.rules),
            }
        )

    @classmethod
    def of(cls, template: parts.Template) -> Self:
        return cls.model_validate(asdict(template))


class TemplateBody(TemplateDraft):
    """A template as it is; `revision` is its version, and its ETag."""

    model_config = ConfigDict(json_schema_extra={"examples": [KEPT_EXAMPLE]})
    id: UUID
    revision: Annotated[int, Field(ge=1)]
    owner: Annotated[str, Field(description="Who made it; salesops for those that come with the system")]
    created_at: datetime
    set_by: Annotated[str, Field(description="Who set this version")]
    set_at: datetime


class TemplateVersionBody(WireModel):
    """What a template said from then on."""

    revision: Annotated[int, Field(ge=1)]
    set_by: Annotated[str, Field(description="Who set this version")]
    set_at: datetime
    template: Annotated[TemplateDraft, Field(description="What it asked from then on")]


def template_body(kept: KeptTemplate) -> TemplateBody:
    facts: dict[str, Any] = {
        name: getattr(kept, name) for name in ("id", "revision", "owner", "created_at", "set_by", "set_at")
    }
    return TemplateBody.model_validate({**asdict(kept.template), **facts})


def template_version_body(row: Row) -> TemplateVersionBody:
    return TemplateVersionBody(
        revision=row.revision,
        set_by=row.set_by,
        set_at=row.set_at,
        template=TemplateDraft.of(template_of(row.content)),
    )


def _column(draft: TemplateColumnDraft) -> parts.TemplateColumn:
    return parts.TemplateColumn(
        **{**dict(draft), "values": tuple(draft.values), "sum_of": tuple(draft.sum_of)}
    )
