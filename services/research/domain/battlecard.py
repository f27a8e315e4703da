"""A battlecard: what a salesperson has to know of a competitor, each word of it resting on an observation.

It is compiled from the profiles and from what holds on a day, and frozen. Its marks [1], [2] … number the sources in the
order in which the reader meets them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from services.research.domain.comparison import ComparedProduct, best_of, compared, preferred
from services.research.domain.competitor import Channel, Plant, Product, met_by
from services.research.domain.errors import CitationInvalid
from services.research.domain.observation import Attribute, Observation, Standing
from shared.errors import FieldProblem

POINTS_MAX: Final = 30
RECENT_MAX: Final = 8
MATCHES_MAX: Final = 12
OF_RECORD: Final = ("news", "win", "loss", "dealer")


class PointKind(StrEnum):
    """Where we win, where they do, and what to answer when a customer says what they say."""

    WE_WIN = "we_win"
    THEY_WIN = "they_win"
    ANSWER = "answer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A statement of a person, with the observations that it rests on."""

    kind: PointKind
    text: str
    they_say: str
    observation_ids: tuple[UUID, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Maker:
    """A profile as a battlecard needs it."""

    code: str
    name: str
    maker: str
    country: str
    about: str
    products: Sequence[Product]
    plants: Sequence[Plant]
    channels: Sequence[Channel]


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What is known on a day, of them and of us; `observations` are those that a point may cite."""

    theirs: Maker
    ours: Maker | None
    attributes: Mapping[str, Attribute]
    standings: Sequence[Standing]
    observations: Sequence[Observation]
    today: date


@dataclass(slots=True)
class _Sources:
    """Numbers each observation when it is cited first."""

    known: Known
    cited: dict[UUID, Observation] = field(default_factory=dict)

    def mark(self, one: Observation) -> int:
        self.cited.setdefault(one.id, one)
        return list(self.cited).index(one.id) + 1

    def told(self) -> list[dict[str, Any]]:
        return [
            {
                "mark": place,
                "observation_id": str(one.id),
                "what": _what(self.known, one),
                "source": one.source,
                "seen_on": one.seen_on.isoformat(),
                "grade": str(one.grade),
                "grade_words": one.grade.words,
            }
            for place, one in enumerate(self.cited.values(), 1)
        ]


def battlecard_content(known: Known, positioning: str, points: Sequence[Point]) -> dict[str, Any]:
    """Everything that a battlecard shows. CitationInvalid for a point whose observations are not known here."""
    sources = _Sources(known)
    told_points = _points(known, points, sources)
    theirs = [one for one in known.standings if one.observation.competitor == known.theirs.code]
    return {
        "competitor": {
            "code": known.theirs.code,
            "name": known.theirs.name,
            "maker": known.theirs.maker,
            "country": known.theirs.country,
            "about": known.theirs.about,
        },
        "ours": known.ours.name if known.ours else None,
        "as_of": known.today.isoformat(),
        "positioning": positioning,
        "points": told_points,
        "matches": _matches(known, sources),
        "of_maker": _of_maker(known, theirs, sources),
        "recent": _recent(theirs, sources),
        "plants": [
            {"place": one.place, "country": one.country, "makes": one.makes} for one in known.theirs.plants
        ],
        "channels": [
            {"kind": one.kind, "name": one.name, "territory": one.territory} for one in known.theirs.channels
        ],
        "warnings": _warnings(known, theirs, sources),
        "sources": sources.told(),
    }


def _points(known: Known, points: Sequence[Point], sources: _Sources) -> list[dict[str, Any]]:
    by_id = {one.id: one for one in known.observations}
    problems = [
        FieldProblem(
            f"/points/{place}/observation_ids",
            f"{wanted} is not there, withdrawn, or of another zone or maker",
        )
        for place, point in enumerate(points)
        for wanted in point.observation_ids
        if wanted not in by_id
    ]
    problems += [
        FieldProblem(f"/points/{place}/observation_ids", "expected at least one observation")
        for place, point in enumerate(points)
        if not point.observation_ids
    ]
    if problems:
        raise CitationInvalid("Each point has to cite observations", problems=problems)
    order = list(PointKind)
    return [
        {
            "kind": point.kind.value,
            "text": point.text,
            "they_say": point.they_say,
            "marks": [sources.mark(by_id[one]) for one in point.observation_ids],
        }
        for point in sorted(points, key=lambda one: order.index(one.kind))
    ]


def _matches(known: Known, sources: _Sources) -> list[dict[str, Any]]:
    """Each product of theirs beside the nearest of ours; without one of ours it stands alone."""
    ours = known.ours
    told: list[dict[str, Any]] = []
    for product in known.theirs.products[:MATCHES_MAX]:
        met = met_by(product, ours.products)[:1] if ours else []
        columns = [_column(known.theirs, product, is_ours=False)]
        columns += [_column(ours, one, is_ours=True) for one in met if ours]
        rows = [
            {
                "attribute": row.attribute.code,
                "title": row.attribute.title,
                "theirs": _cell(row.cells[0], sources),
                "ours": _cell(row.cells[1], sources) if len(row.cells) > 1 else None,
                "better": preferred(row.attribute, row.cells[0], row.cells[1])
                if len(row.cells) > 1
                else None,
            }
            for row in compared(columns, known.standings, known.attributes)
        ]
        told.append(
            {
                "theirs": _named(product),
                "ours": _named(met[0]) if met else None,
                "segment": product.segment,
                "rows": rows,
            }
        )
    return told


def _of_maker(known: Known, theirs: Sequence[Standing], sources: _Sources) -> list[dict[str, Any]]:
    """What holds of the maker as a whole, where no product stands beside ours to show it."""
    found: list[dict[str, Any]] = []
    if known.theirs.products:
        return found
    for attribute in (one for one in known.attributes.values() if one.is_single):
        standing = best_of(theirs, competitor=known.theirs.code, product=None, attribute=attribute.code)
        if standing is not None:
            found.append({"title": attribute.title, "cell": _cell(standing, sources)})
    return found


def _recent(theirs: Sequence[Standing], sources: _Sources) -> list[dict[str, Any]]:
    """What adds up, the last seen first; what is stale is no news."""
    found = [one for one in theirs if one.observation.attribute in OF_RECORD and not one.is_stale]
    found.sort(key=lambda one: (one.observation.seen_on, str(one.observation.id)), reverse=True)
    return [
        {
            "seen_on": one.observation.seen_on.isoformat(),
            "title": one.attribute.title,
            "text": one.shown,
            "zone": one.observation.zone,
            "mark": sources.mark(one.observation),
        }
        for one in found[:RECENT_MAX]
    ]


def _warnings(known: Known, theirs: Sequence[Standing], sources: _Sources) -> list[dict[str, Any]]:
    """What a reader must not build on: sources that contradict each other, and what is too old."""
    told: list[dict[str, Any]] = []
    for one in theirs:
        what = _subject(known, one.observation)
        if one.contradicted_by:
            others = ", ".join(
                f"{other.value.shown(one.attribute.unit)} [{sources.mark(other)}]"
                for other in one.contradicted_by
            )
            text = f"{what}: {one.shown} [{sources.mark(one.observation)}], but also {others}"
            told.append({"kind": "contradiction", "text": text})
        elif one.is_stale and one.attribute.is_single:
            text = (
                f"{what}: {one.shown} [{sources.mark(one.observation)}] was seen on "
                f"{one.observation.seen_on.isoformat()} and keeps {one.attribute.shelf_life_days} days"
            )
            told.append({"kind": "stale", "text": text})
    return sorted(told, key=lambda one: str(one["kind"]))


def _cell(standing: Standing | None, sources: _Sources) -> dict[str, Any] | None:
    if standing is None:
        return None
    return {
        "text": standing.shown,
        "mark": sources.mark(standing.observation),
        "is_stale": standing.is_stale,
        "is_contradicted": bool(standing.contradicted_by),
    }


def _column(maker: Maker, product: Product, *, is_ours: bool) -> ComparedProduct:
    return ComparedProduct(
        competitor=maker.code, competitor_name=maker.name, is_ours=is_ours, product=product
    )


def _named(product: Product) -> dict[str, str]:
    return {"code": product.code, "name": product.name, "range": product.range_text}


def _subject(known: Known, one: Observation) -> str:
    """`Lead time of K125 in west`, by the names that people use."""
    maker = known.ours if known.ours and known.ours.code == one.competitor else known.theirs
    names = {product.code: product.name for product in maker.products}
    product = f"of {names.get(one.product, one.product)}" if one.product else None
    zone = f"in {one.zone}" if one.zone else None
    return " ".join(part for part in (known.attributes[one.attribute].title, product, zone) if part)


def _what(known: Known, one: Observation) -> str:
    return f"{_subject(known, one)}: {one.value.shown(known.attributes[one.attribute].unit)}"
