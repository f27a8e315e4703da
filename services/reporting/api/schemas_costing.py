"""Bodies that ask what something costs and what is left of its price."""

from typing import Annotated, Final

from pydantic import Field

from services.reporting.api.schemas_analyses import (
    ROWS_SENT_MAX,
    AnalysisDraft,
    ColumnName,
    Currency,
    RateText,
    RowSent,
    example_of,
)
from services.reporting.domain.landed_cost import ChargeKind, DutyBasis, SharedBy
from shared.wire import WireModel

PercentText = Annotated[str, Field(pattern=r"^\d{1,4}(\.\d{1,6})?$", examples=["7.5"])]


class CostRateDraft(WireModel):
    """What one unit of a currency is worth in that of the analysis."""

    currency: Currency
    rate: Annotated[RateText, Field(description="How many units of the analysis' currency it is worth")]


_BILL_OF_MATERIALS_ROWS: Final[list[RowSent]] = [
    {"item": "SET-62", "component": "ENGINE", "quantity": 1},
    {"item": "SET-62", "unit_cost": "20.00"},
    {"item": "ENGINE", "unit_cost": "300.00"},
]


class BillOfMaterialsDraft(AnalysisDraft):
    """What items cost that are made of others."""

    model_config = example_of("What a set costs", _BILL_OF_MATERIALS_ROWS)
    rows: Annotated[
        list[RowSent] | None,
        Field(
            max_length=ROWS_SENT_MAX,
            description="Each tells of an `item` a `component` with its `quantity` and perhaps `scrap_percent`, or its own"
            " `unit_cost` (bought, or added by work) with perhaps a `currency`. Decimals are texts.",
            examples=[_BILL_OF_MATERIALS_ROWS],
        ),
    ] = None
    currency: Currency = "INR"
    items: Annotated[
        tuple[Annotated[str, Field(min_length=1, max_length=100, examples=["SET-62"])], ...],
        Field(max_length=500, description="What is costed; without any, what goes into nothing else"),
    ] = ()
    rates: Annotated[
        tuple[CostRateDraft, ...], Field(max_length=50, description="For costs in other currencies")
    ] = ()


class ChargeDraft(WireModel):
    """A charge for a whole shipment."""

    name: Annotated[str, Field(min_length=1, max_length=60, examples=["Ocean freight"])]
    kind: Annotated[ChargeKind, Field(description="Freight and insurance are part of a CIF value")]
    amount: Annotated[
        str, Field(pattern=r"^\d{1,15}(\.\d{1,4})?$", description="In its currency", examples=["100.00"])
    ]
    shared_by: Annotated[SharedBy, Field(description="By what it is laid on the lines")]
    currency: Annotated[Currency | None, Field(description="Without it that of the analysis")] = None


_LANDED_COST_ROWS: Final[list[RowSent]] = [
    {"item": "TURBO-7", "quantity": 10, "price": "80.00", "weight": "25"},
    {"item": "ECU-2", "quantity": 4, "price": "50.00", "weight": "1.2"},
]


class LandedCostDraft(AnalysisDraft):
    """What goods cost once they are here."""

    model_config = example_of("Shipment of October", _LANDED_COST_ROWS)
    rows: Annotated[
        list[RowSent] | None,
        Field(
            max_length=ROWS_SENT_MAX,
            description="Each with `item`, `quantity`, `price` of one, and where they are wanted `discount` of one,"
            " `currency`, `weight` and `volume` of the line, `duty_percent`. Decimals are texts.",
            examples=[_LANDED_COST_ROWS],
        ),
    ] = None
    currency: Currency = "INR"
    charges: Annotated[
        tuple[ChargeDraft, ...], Field(max_length=30, description="For the whole shipment")
    ] = ()
    duty_basis: Annotated[DutyBasis, Field(description="What duty is a part of")] = DutyBasis.CIF
    duty_percent: Annotated[PercentText, Field(description="For lines that say none")] = "0"
    rates: Annotated[
        tuple[CostRateDraft, ...], Field(max_length=50, description="For amounts in other currencies")
    ] = ()


_MARGIN_WATERFALL_ROWS: Final[list[RowSent]] = [
    {
        "product_code": "GEN-62",
        "quantity": 1,
        "list_price": "100.00",
        "trade_discount_percent": "10",
        "rebate_percent": "2",
        "terms_days": 60,
        "cost": "70.00",
    }
]


class MarginWaterfallDraft(AnalysisDraft):
    """What is left of the list price."""

    model_config = example_of("What is left of list prices", _MARGIN_WATERFALL_ROWS)
    rows: Annotated[
        list[RowSent] | None,
        Field(
            max_length=ROWS_SENT_MAX,
            description="Each with the columns of `keys`, `quantity`, `list_price` of one and `cost` of one. What is given"
            " back, for one piece or as `…_percent`: on the invoice `trade_discount`, `volume_discount`, `promotion`;"
            " off it `rebate`, `coop`, `freight_allowance`, `warranty_reserve`, `terms_days`; then `cost_to_serve`.",
            examples=[_MARGIN_WATERFALL_ROWS],
        ),
    ] = None  # fmt: skip
    currency: Currency = "INR"
    keys: Annotated[
        tuple[ColumnName, ...],
        Field(min_length=1, max_length=6, description="Columns that together name a line"),
    ] = ("product_code",)
    annual_rate_percent: Annotated[
        PercentText, Field(description="What money costs in a year, for payment terms")
    ] = "0"
