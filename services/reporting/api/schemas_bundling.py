"""The body that asks what is bought together."""

from typing import Annotated, Final

from pydantic import Field

from services.reporting.api.schemas_analyses import (
    ROWS_SENT_MAX,
    AnalysisDraft,
    Currency,
    RowSent,
    example_of,
)

PartText = Annotated[str, Field(pattern=r"^\d{1,2}(\.\d{1,4})?$", examples=["10"])]


_BUNDLING_ROWS: Final[list[RowSent]] = [
    {"order_number": "SO-1", "product_code": "GEN-62", "price": "100.00", "cost": "60.00"},
    {"order_number": "SO-1", "product_code": "AMF-2", "price": "50.00", "cost": "20.00"},
]


class BundlingDraft(AnalysisDraft):
    """What is bought together, and what a bundle of it would do to profit."""

    model_config = example_of("What is bought together", _BUNDLING_ROWS)
    rows: Annotated[
        list[RowSent] | None,
        Field(
            max_length=ROWS_SENT_MAX,
            description="One per item of an order: `order_number`, `product_code`, and where bundles are priced `price` and"
            " `cost` of one. Decimals are texts.",
            examples=[_BUNDLING_ROWS],
        ),
    ] = None
    currency: Currency = "INR"
    orders_min: Annotated[int, Field(ge=1, le=1_000_000, description="Orders that hold a set, at least")] = 10
    confidence_min_percent: Annotated[
        int,
        Field(ge=0, le=100, description="Of the orders with one side of a rule, those with both, at least"),
    ] = 20
    size_max: Annotated[int, Field(ge=2, le=5, description="Items in a set, at most")] = 3
    false_share_percent: Annotated[
        int, Field(ge=1, le=50, description="Of rules called beyond chance, how many may be false")
    ] = 5
    discount_percent: Annotated[PartText, Field(description="Of a bundle against its prices alone")] = "10"
    margin_floor_percent: Annotated[
        PartText, Field(description="What a bundle has to leave of its price")
    ] = "20"
    attach_percent: Annotated[
        PartText, Field(description="Of orders with a part, those expected to take the bundle")
    ] = "5"
