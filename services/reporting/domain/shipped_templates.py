"""The templates that come with the system; people may change them, and then keep what they made of them."""

from typing import Final

from services.reporting.domain.template import (
    CellRule,
    EntryKind,
    Feed,
    ListSource,
    Relation,
    RowSource,
    ShownFigure,
    Template,
    TemplateColumn,
)

SALES_FORECAST: Final = Template(
    name="sales-forecast",
    title="Sales forecast",
    instructions=(
        "For each partner and product, how many pieces will be ordered in each of the next three months. Products that"
        " were ordered in the last twelve months are there already; add others below. Write 0 where nothing is"
        " expected: an empty month is a forgotten one."
    ),
    columns=(
        TemplateColumn(
            name="partner_code", title="Partner", kind=EntryKind.TEXT, is_key=True, is_required=True,
            values_of=ListSource.PARTNERS, note="The partner's code",
        ),
        TemplateColumn(
            name="product_code", title="Product", kind=EntryKind.TEXT, is_key=True, is_required=True,
            values_of=ListSource.PRODUCTS, takes_others=True,
            note="The product's code; one that nobody ordered yet may be written too",
        ),
        TemplateColumn(
            name="ordered_before", title="Ordered in the months before", kind=EntryKind.DECIMAL, unit="pieces",
            shows=ShownFigure.ORDERED_BEFORE, note="In as many months as are forecast, just before them",
        ),
        TemplateColumn(
            name="ordered_year_before", title="Ordered a year before", kind=EntryKind.DECIMAL, unit="pieces",
            shows=ShownFigure.ORDERED_YEAR_BEFORE, note="In the same months of the year before",
        ),
        TemplateColumn(
            name="quantity", title="Forecast", kind=EntryKind.DECIMAL, unit="pieces", is_required=True,
            is_per_month=True, at_least="0", at_most="1000000", note="Pieces that will be ordered in the month",
        ),
        TemplateColumn(
            name="total", title="Forecast in all", kind=EntryKind.DECIMAL, unit="pieces", sum_of=("quantity",),
            note="The sum of the months",
        ),
        TemplateColumn(
            name="certain", title="Certain of it", kind=EntryKind.DECIMAL, unit="pieces", at_least="0",
            note="How much of all of it is agreed with the customer already",
        ),
        TemplateColumn(
            name="confidence", title="Confidence", kind=EntryKind.TEXT, values=("high", "medium", "low"),
            note="How sure the forecast is",
        ),
        TemplateColumn(name="remark", title="Remark", kind=EntryKind.TEXT, note="What stands behind the figures"),
    ),
    rules=(
        CellRule(
            left="certain", relation=Relation.AT_MOST, right="quantity",
            message="what is certain is part of the forecast of all months",
        ),
        CellRule(
            left="confidence", relation=Relation.REQUIRED_WITH, right="certain",
            message="say how sure the rest is where something is certain",
        ),
    ),
    rows_from=RowSource.ORDERED,
    rows_max=10_000,
    months=3,
    feeds=Feed.FORECAST,
)  # fmt: skip
ANNUAL_PLAN: Final = Template(
    name="annual-plan",
    title="Annual sales plan",
    instructions=(
        "For each zone and segment, the sales planned for each month of the year, before tax. Every row is there"
        " already; write 0 where nothing is planned. The year's target has to be the sum of its months."
    ),
    columns=(
        TemplateColumn(
            name="zone", title="Zone", kind=EntryKind.TEXT, is_key=True, is_required=True,
            values_of=ListSource.ZONES, note="The zone that is planned",
        ),
        TemplateColumn(
            name="segment", title="Segment", kind=EntryKind.TEXT, is_key=True, is_required=True,
            values=("Data centres", "Infrastructure", "Manufacturing", "Real estate", "Telecom", "Other"),
            note="Whom the sales are made to",
        ),
        TemplateColumn(
            name="target_before", title="Target of the plan before", kind=EntryKind.MONEY, unit="INR",
            shows=ShownFigure.ACCEPTED_BEFORE, shows_column="target", note="As it was accepted",
        ),
        TemplateColumn(
            name="target", title="Target of the year", kind=EntryKind.MONEY, unit="INR", is_required=True,
            at_least="0", note="What the year has to bring",
        ),
        TemplateColumn(
            name="amount", title="Plan", kind=EntryKind.MONEY, unit="INR", is_required=True, is_per_month=True,
            at_least="0", note="Sales of the month before tax",
        ),
        TemplateColumn(
            name="planned", title="Planned in all", kind=EntryKind.MONEY, unit="INR", sum_of=("amount",),
            note="The sum of the months",
        ),
        TemplateColumn(name="assumption", title="Assumption", kind=EntryKind.TEXT, note="What the plan rests on"),
    ),
    rules=(
        CellRule(
            left="target", relation=Relation.EQUALS, right="amount",
            message="the target of the year is the sum of its months",
        ),
    ),
    rows_from=RowSource.COMBINED,
    takes_new_rows=False,
    rows_max=2_000,
    months=12,
    feeds=Feed.PLAN,
)  # fmt: skip
SHIPPED_TEMPLATES: Final = (SALES_FORECAST, ANNUAL_PLAN)
