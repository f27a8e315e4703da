"""Bodies of observations of competitors, and of their battlecards."""

from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.research.adapters.competitors import Row
from services.research.application.record_observation import RecordObservation
from services.research.domain.battlecard import POINTS_MAX, Point, PointKind
from services.research.domain.grade import Grade, Reliability
from services.research.domain.observation import Attribute, Value
from shared.wire import Day, PositiveMoney, WireModel, money

SourceKind = Literal["web", "document", "person", "visit", "dataset", "event"]
ReliabilityLetter = Annotated[
    Reliability,
    Field(
        description="Of the source: A completely, B usually, C fairly, D not usually, E not reliable, F not known"
    ),
]
CredibilityFigure = Annotated[
    int,
    Field(
        ge=1,
        le=6,
        description="Of what it says: 1 confirmed, 2 probable, 3 possible, 4 doubtful, 5 improbable, 6 not known",
        examples=[2],
    ),
]
Number = Annotated[str, Field(pattern=r"^-?\d{1,12}(\.\d{1,6})?$", description="A decimal number as text")]
ZoneSeen = Annotated[
    str | None,
    Field(
        max_length=200,
        description="Where it holds, and whose people see it; null for everywhere",
        examples=["west"],
    ),
]


class ObservationDraft(WireModel):
    """What somebody saw: one of text, number and money, as the attribute's kind says."""

    attribute: Annotated[
        str, Field(max_length=40, description="Code of what was observed", examples=["street_price"])
    ]
    product: Annotated[
        str | None,
        Field(
            max_length=40,
            description="Code of a product of the profile; null for the maker",
            examples=["k125"],
        ),
    ] = None
    zone: ZoneSeen = None
    text: Annotated[
        str | None, Field(min_length=1, max_length=1000, description="Of an attribute of texts")
    ] = None
    number: Annotated[Number | None, Field(description="Of an attribute of numbers, in its unit")] = None
    money: Annotated[PositiveMoney | None, Field(description="Of an attribute of amounts")] = None
    note: Annotated[str, Field(max_length=2000, description="What else there is to say")] = ""
    source_kind: Annotated[
        SourceKind, Field(description="What kind of source it is; event: a fair or a tender")
    ]
    source: Annotated[
        str,
        Field(
            min_length=3,
            max_length=500,
            description="Who or what says it: the same words mean the same source",
            examples=["Quotation of Deccan Gensets"],
        ),
    ]
    source_url: Annotated[
        str | None, Field(max_length=2000, pattern=r"^https?://[!-~]+$", description="Where it can be read")
    ] = None
    seen_on: Annotated[Day, Field(description="The day it was seen or published", examples=["2026-11-14"])]
    reliability: ReliabilityLetter
    credibility: CredibilityFigure


class WithdrawalDraft(WireModel):
    """Why it was wrong."""

    reason: Annotated[
        str,
        Field(min_length=3, max_length=2000, description="In words", examples=["It was last year's list"]),
    ]


class ObservationBody(WireModel):
    """An observation as it was recorded; it is never changed, only withdrawn."""

    id: Annotated[UUID, Field(description="Its id")]
    competitor: Annotated[str, Field(description="Code of the maker")]
    product: Annotated[str | None, Field(description="Code of the product; null for the maker as a whole")]
    attribute: Annotated[str, Field(description="Code of what was observed")]
    zone: Annotated[str | None, Field(description="Where it holds; null for everywhere")]
    value: Annotated[str, Field(description="With its unit or currency", examples=["24 months"])]
    text: Annotated[str | None, Field(description="Of an attribute of texts")]
    number: Annotated[str | None, Field(description="Of an attribute of numbers")]
    money: Annotated[PositiveMoney | None, Field(description="Of an attribute of amounts")]
    note: Annotated[str, Field(description="What else there is to say")]
    source_kind: Annotated[SourceKind, Field(description="What kind of source it is")]
    source: Annotated[str, Field(description="Who or what says it")]
    source_url: Annotated[str | None, Field(description="Where it can be read")]
    seen_on: Annotated[date, Field(description="The day it was seen or published")]
    reliability: ReliabilityLetter
    credibility: CredibilityFigure
    recorded_by: Annotated[str, Field(description="By the token's subject")]
    recorded_at: Annotated[datetime, Field(description="UTC")]
    withdrawal_reason: Annotated[str | None, Field(description="Why it was withdrawn; null while it stands")]
    withdrawn_by: Annotated[str | None, Field(description="By the token's subject")]
    withdrawn_at: Annotated[datetime | None, Field(description="UTC")]


class PointDraft(WireModel):
    """A statement, with what it rests on."""

    kind: Annotated[PointKind, Field(description="Where we win, where they win, or what to answer")]
    text: Annotated[
        str,
        Field(
            min_length=3,
            max_length=400,
            description="What to know, or to say",
            examples=["We deliver in four weeks"],
        ),
    ]
    they_say: Annotated[
        str, Field(max_length=400, description="Of an answer: what a customer says they say")
    ] = ""
    observation_ids: Annotated[
        list[UUID],
        Field(min_length=1, max_length=10, description="Observations of them or of us that it rests on"),
    ]


class BattlecardDraft(WireModel):
    """What people add to what is known: the one line to remember, and the points."""

    zone: Annotated[
        str | None,
        Field(
            max_length=200, description="For whose people; null for everybody, and of what everybody may know"
        ),
    ] = None
    positioning: Annotated[
        str,
        Field(
            min_length=3,
            max_length=300,
            description="The one line to remember",
            examples=["Sell time and running cost, not price"],
        ),
    ]
    points: Annotated[
        list[PointDraft],
        Field(max_length=POINTS_MAX, default_factory=list, description="What to know and to say"),
    ]


class BattlecardBody(WireModel):
    """A version of a battlecard."""

    id: Annotated[UUID, Field(description="Its id")]
    competitor: Annotated[str, Field(description="Code of the maker")]
    competitor_name: Annotated[str, Field(description="What people call it")]
    zone: Annotated[str | None, Field(description="For whose people; null for everybody")]
    version: Annotated[int, Field(description="From 1, by maker and zone")]
    positioning: Annotated[str, Field(description="The one line to remember")]
    content_sha256: Annotated[str, Field(description="Of what was frozen")]
    made_by: Annotated[str, Field(description="By the token's subject")]
    made_at: Annotated[datetime, Field(description="UTC")]


class BattlecardDetailBody(BattlecardBody):
    """With everything that it says."""

    content: Annotated[
        dict[str, Any],
        Field(
            description="Points, products beside ours, what was seen lately, warnings, and the numbered sources"
        ),
    ]


def recorded(draft: ObservationDraft) -> RecordObservation:
    value = Value(
        text=draft.text,
        number=None if draft.number is None else Decimal(draft.number),
        amount_minor=draft.money.minor() if draft.money else None,
        currency=draft.money.currency if draft.money else None,
    )
    same = draft.model_dump(exclude={"text", "number", "money", "reliability", "credibility"})
    grade = Grade(reliability=draft.reliability, credibility=draft.credibility)
    return RecordObservation(**same, value=value, grade=grade)


def observation_body(row: Row, attributes: Mapping[str, Attribute]) -> ObservationBody:
    value = Value(
        text=row.value_text, number=row.value_number, amount_minor=row.amount_minor, currency=row.currency
    )
    names = ObservationBody.model_fields.keys() - {"value", "text", "number", "money"}
    return ObservationBody(
        **{name: getattr(row, name) for name in names},
        value=value.shown(attributes[row.attribute].unit),
        text=row.value_text,
        number=None if row.value_number is None else f"{row.value_number:f}",
        money=None if row.amount_minor is None else money(row.amount_minor, row.currency),
    )


def point_of(draft: PointDraft) -> Point:
    return Point(
        kind=draft.kind,
        text=draft.text,
        they_say=draft.they_say,
        observation_ids=tuple(dict.fromkeys(draft.observation_ids)),
    )


def battlecard_facts(row: Row) -> dict[str, Any]:
    """The fields of a battlecard, with or without its content."""
    names = BattlecardBody.model_fields.keys() - {"positioning"}
    return {**{name: getattr(row, name) for name in names}, "positioning": row.content["positioning"]}
