"""Bodies of what full-text search finds."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Annotated, Final

from pydantic import Field

from services.research.adapters.dataset_rows import Row
from services.research.domain.search import HitKind, excerpt_parts
from shared.wire import WireModel


class ExcerptPartBody(WireModel):
    """A piece of a text, to be shown as text: it is what somebody typed, never markup."""

    text: Annotated[str, Field(description="The piece", examples=["lead time"])]
    is_hit: Annotated[bool, Field(description="Whether it is what was searched for")]


class ResearchHitBody(WireModel):
    """Something that was found, and where it is read."""

    kind: Annotated[HitKind, Field(description="What it is")]
    id: Annotated[str, Field(description="Its id", examples=["0199e3a4-7c1b-7d52-9a31-2f6b8c0d4e5f"])]
    title: Annotated[
        str, Field(description="What it is called, or what it belongs to", examples=["Kaveri Power"])
    ]
    excerpt: Annotated[list[ExcerptPartBody], Field(description="The part of its text that was hit")]
    path: Annotated[str, Field(description="Where it is read", examples=["/v1/competitors/kaveri"])]
    zone: Annotated[str | None, Field(description="Where it holds; null for everywhere or for no zone")]
    at: Annotated[datetime, Field(description="When it was recorded, or changed last; UTC")]


_PATHS: Final[Mapping[HitKind, Callable[[str], str]]] = {
    HitKind.COMPANY: "/v1/companies/{}".format,
    HitKind.COMPETITOR: "/v1/competitors/{}".format,
    HitKind.OBSERVATION: "/v1/competitor-observations/{}".format,
    HitKind.BATTLECARD: "/v1/battlecards/{}".format,
    HitKind.OPPORTUNITY: "/v1/opportunities/{}".format,
    HitKind.ASSIGNMENT: "/v1/research-assignments/{}".format,
    HitKind.QUESTION: "/v1/research-assignments/{}".format,
    HitKind.EVIDENCE: "/v1/research-assignments/{}/evidence".format,
    HitKind.FINDING: "/v1/research-assignments/{}/findings".format,
    HitKind.PAGE: "/v1/research-assignments/{}".format,
    HitKind.BRIEF: "/v1/research-briefs/{}".format,
    HitKind.DATASET: "/v1/datasets/{}".format,
}


def hit_body(row: Row) -> ResearchHitBody:
    return ResearchHitBody(
        kind=row.kind,
        id=row.id,
        title=row.title,
        excerpt=[ExcerptPartBody(text=one.text, is_hit=one.is_hit) for one in excerpt_parts(row.marked)],
        path=_PATHS[HitKind(row.kind)](row.place),
        zone=row.zone,
        at=row.at,
    )
