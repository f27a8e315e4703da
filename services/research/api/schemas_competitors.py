"""Bodies of competitors: profiles, what can be observed, what holds, and products beside each other."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.research.adapters.competitors import PROFILE, Row
from services.research.domain.comparison import ComparedAttribute, ComparedProduct
from services.research.domain.competitor import CODE_PATTERN, PRODUCTS_MAX, Product
from services.research.domain.observation import Attribute, Better, Standing, ValueKind
from shared.wire import WireModel

Figure = Annotated[
    str, Field(pattern=r"^\d{1,9}(\.\d{1,4})?$", description="A decimal number as text", examples=["125"])
]
Words = Annotated[str, Field(min_length=1, max_length=200)]
Code = Annotated[
    str, Field(pattern=CODE_PATTERN, description="Short name in paths, for ever", examples=["kaveri"])
]


class ProductBody(WireModel):
    """A range of machines sold under one name."""

    code: Annotated[str, Field(pattern=CODE_PATTERN, description="Short name of it", examples=["k125"])]
    name: Annotated[Words, Field(description="What it is sold as", examples=["K125"])]
    segment: Annotated[
        Words,
        Field(
            description="What customers compare it with: segments of the same words meet",
            examples=["Gensets"],
        ),
    ]
    range_from: Annotated[Figure, Field(description="The smallest of the range", examples=["100"])]
    range_to: Annotated[Figure, Field(description="The greatest of it", examples=["125"])]
    range_unit: Annotated[
        str, Field(min_length=1, max_length=20, description="Unit of the range", examples=["kVA"])
    ]
    note: Annotated[str, Field(max_length=1000, description="What else there is to say of it")] = ""


class PlantBody(WireModel):
    """Where it makes what."""

    place: Annotated[Words, Field(description="Town", examples=["Hosur"])]
    country: Annotated[Words, Field(description="Country", examples=["India"])]
    makes: Annotated[Words, Field(description="What is made there", examples=["K series"])]


class ChannelBody(WireModel):
    """How it sells."""

    kind: Annotated[
        Literal["dealer", "own_branch", "built_in", "online"],
        Field(description="Through whom; built_in: by a manufacturer who builds it into something"),
    ]
    name: Annotated[Words, Field(description="Who", examples=["Deccan Gensets"])]
    territory: Annotated[Words, Field(description="Where", examples=["Kolhapur, Sangli"])]


class CompetitorDraft(WireModel):
    """A profile to write; one may be ours, so that others can be compared with us."""

    code: Code
    name: Annotated[Words, Field(description="What people call it", examples=["Kaveri Power"])]
    maker: Annotated[Words, Field(description="The company behind it", examples=["Kaveri Engines Ltd"])]
    country: Annotated[Words, Field(description="Where it is at home", examples=["India"])]
    website: Annotated[
        str | None, Field(max_length=500, pattern=r"^https?://[!-~]+$", description="Its own pages")
    ] = None
    about: Annotated[str, Field(max_length=4000, description="Who they are, in a few sentences")] = ""
    is_ours: Annotated[bool, Field(description="Whether it is we")] = False
    products: Annotated[
        list[ProductBody], Field(max_length=PRODUCTS_MAX, default_factory=list, description="What it sells")
    ]
    plants: Annotated[
        list[PlantBody], Field(max_length=100, default_factory=list, description="Where it makes it")
    ]
    channels: Annotated[
        list[ChannelBody], Field(max_length=500, default_factory=list, description="How it sells it")
    ]


class CompetitorChangeDraft(WireModel):
    """What is to change; what is left out stays, a list is replaced as a whole."""

    name: Annotated[Words | None, Field(description="What people call it")] = None
    maker: Annotated[Words | None, Field(description="The company behind it")] = None
    country: Annotated[Words | None, Field(description="Where it is at home")] = None
    website: Annotated[
        str | None, Field(max_length=500, pattern=r"^https?://[!-~]+$", description="Its own pages")
    ] = None
    about: Annotated[str | None, Field(max_length=4000, description="Who they are")] = None
    products: Annotated[
        list[ProductBody] | None, Field(max_length=PRODUCTS_MAX, description="What it sells")
    ] = None
    plants: Annotated[list[PlantBody] | None, Field(max_length=100, description="Where it makes it")] = None
    channels: Annotated[list[ChannelBody] | None, Field(max_length=500, description="How it sells it")] = None


class CompetitorBody(WireModel):
    """A profile; its ETag is its revision."""

    id: Annotated[UUID, Field(description="Its id")]
    code: Annotated[str, Field(description="Short name in paths", examples=["kaveri"])]
    name: Annotated[str, Field(description="What people call it")]
    maker: Annotated[str, Field(description="The company behind it")]
    country: Annotated[str, Field(description="Where it is at home")]
    website: Annotated[str | None, Field(description="Its own pages")]
    about: Annotated[str, Field(description="Who they are")]
    is_ours: Annotated[bool, Field(description="Whether it is we")]
    products: Annotated[list[ProductBody], Field(description="What it sells")]
    plants: Annotated[list[PlantBody], Field(description="Where it makes it")]
    channels: Annotated[list[ChannelBody], Field(description="How it sells it")]
    created_at: Annotated[datetime, Field(description="UTC")]
    revision: Annotated[int, Field(description="Also the ETag; for callers that see no headers")]


class StandingBody(WireModel):
    """What holds of one thing: the best of the fresh observations, and what speaks against building on it."""

    observation_id: Annotated[UUID, Field(description="The observation that counts")]
    product: Annotated[str | None, Field(description="Code of the product; null for the maker as a whole")]
    attribute: Annotated[str, Field(description="Code of what was observed")]
    title: Annotated[str, Field(description="The attribute in words")]
    zone: Annotated[str | None, Field(description="Where it holds; null for everywhere")]
    value: Annotated[str, Field(description="With its unit or currency", examples=["24 months"])]
    seen_on: Annotated[date, Field(description="The day it was seen")]
    grade: Annotated[
        str, Field(description="Reliability of the source, credibility of what it says", examples=["B2"])
    ]
    is_stale: Annotated[bool, Field(description="Older than the attribute keeps; nothing newer was seen")]
    contradicted_by: Annotated[
        list[UUID], Field(description="Fresh observations of other sources that say something else")
    ]


class CompetitorDetailBody(CompetitorBody):
    """With what holds today of everything that was observed of it."""

    standings: Annotated[list[StandingBody], Field(description="What holds, by product and attribute")]
    contradictions: Annotated[int, Field(description="How many of them are contradicted")]
    stale: Annotated[int, Field(description="How many of them are stale")]


class AttributeBody(WireModel):
    """What can be observed, and how long that keeps."""

    code: Annotated[
        str,
        Field(pattern=r"^[a-z][a-z0-9_]{1,39}$", description="Name in observations", examples=["lead_time"]),
    ]
    title: Annotated[Words, Field(description="In words", examples=["Lead time"])]
    kind: Annotated[ValueKind, Field(description="What its values are")]
    unit: Annotated[str, Field(max_length=20, description="Of numbers", examples=["weeks"])] = ""
    is_single: Annotated[
        bool, Field(description="There is one truth at a time; others, as dealers, add up and are texts")
    ]
    shelf_life_days: Annotated[
        int, Field(ge=1, le=3650, description="After so many days an observation is stale", examples=[60])
    ]
    tolerance_percent: Annotated[
        Figure, Field(description="Numbers that differ by no more agree", examples=["10"])
    ]
    better: Annotated[Better, Field(description="Which of two a customer prefers")]


class ComparedProductBody(WireModel):
    """A column: a product of a maker."""

    competitor: Annotated[str, Field(description="Code of the maker")]
    competitor_name: Annotated[str, Field(description="What people call it")]
    is_ours: Annotated[bool, Field(description="Whether it is we")]
    product: Annotated[ProductBody, Field(description="The product")]


class ComparedAttributeBody(WireModel):
    """A row: an attribute, with what is known of it of each column."""

    attribute: Annotated[str, Field(description="Its code")]
    title: Annotated[str, Field(description="In words")]
    better: Annotated[Better, Field(description="Which of two a customer prefers")]
    cells: Annotated[
        list[StandingBody | None],
        Field(description="One per column, in their order; null where nothing was seen"),
    ]


class ComparisonBody(WireModel):
    """Products beside each other, ours first."""

    columns: Annotated[list[ComparedProductBody], Field(description="The products")]
    rows: Annotated[list[ComparedAttributeBody], Field(description="What is known of them")]
    is_cut: Annotated[bool, Field(description="There are more products than one comparison takes")]


def profile_facts(draft: CompetitorDraft | CompetitorChangeDraft) -> dict[str, Any]:
    """What was sent, by the columns of a profile."""
    told = draft.model_dump(mode="json", exclude_unset=isinstance(draft, CompetitorChangeDraft))
    return {name: value for name, value in told.items() if value is not None or name == "website"}


def product_of(body: ProductBody) -> Product:
    return Product(
        **{
            **body.model_dump(),
            "range_from": Decimal(body.range_from),
            "range_to": Decimal(body.range_to),
        }
    )


def profile_of(row: Row) -> dict[str, Any]:
    """The fields of a profile, with or without what holds of it."""
    names = ("id", "code", *PROFILE, "created_at", "revision")
    return {name: getattr(row, name) for name in names}


def standing_body(one: Standing) -> StandingBody:
    seen = one.observation
    return StandingBody(
        observation_id=seen.id,
        product=seen.product,
        attribute=seen.attribute,
        title=one.attribute.title,
        zone=seen.zone,
        value=one.shown,
        seen_on=seen.seen_on,
        grade=str(seen.grade),
        is_stale=one.is_stale,
        contradicted_by=[other.id for other in one.contradicted_by],
    )


def detail_body(row: Row, standings: Sequence[Standing]) -> CompetitorDetailBody:
    return CompetitorDetailBody(
        **profile_of(row),
        standings=[standing_body(one) for one in standings],
        contradictions=sum(bool(one.contradicted_by) for one in standings),
        stale=sum(one.is_stale for one in standings),
    )


def attribute_body(attribute: Attribute) -> AttributeBody:
    names = AttributeBody.model_fields.keys() - {"tolerance_percent"}
    facts: Mapping[str, Any] = {name: getattr(attribute, name) for name in names}
    return AttributeBody(**facts, tolerance_percent=f"{attribute.tolerance_percent:f}")


def attribute_of_body(body: AttributeBody) -> Attribute:
    return Attribute(**{**body.model_dump(), "tolerance_percent": Decimal(body.tolerance_percent)})


def comparison_body(
    columns: Sequence[ComparedProduct], rows: Sequence[ComparedAttribute], *, is_cut: bool
) -> ComparisonBody:
    return ComparisonBody(
        columns=[
            ComparedProductBody(
                competitor=one.competitor,
                competitor_name=one.competitor_name,
                is_ours=one.is_ours,
                product=_product_body(one.product),
            )
            for one in columns
        ],
        rows=[
            ComparedAttributeBody(
                attribute=row.attribute.code,
                title=row.attribute.title,
                better=row.attribute.better,
                cells=[cell and standing_body(cell) for cell in row.cells],
            )
            for row in rows
        ],
        is_cut=is_cut,
    )


def _product_body(product: Product) -> ProductBody:
    return ProductBody(
        code=product.code,
        name=product.name,
        segment=product.segment,
        range_from=f"{product.range_from:f}",
        range_to=f"{product.range_to:f}",
        range_unit=product.range_unit,
        note=product.note,
    )
