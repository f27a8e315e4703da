"""Bodies of drafts of briefs."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.research.adapters.assignments import Row
from services.research.api.schemas_observations import CredibilityFigure, ReliabilityLetter
from shared.wire import WireModel


class BriefDraftBody(WireModel):
    """A draft that was asked for."""

    id: Annotated[UUID, Field(description="Its id")]
    assignment_id: Annotated[UUID, Field(description="The assignment it is for")]
    state: Annotated[Literal["queued", "made"], Field(description="Follow `job_id` until it is made")]
    asked_by: Annotated[
        str, Field(description="By the token's subject; system:research-desk when the assignment was opened")
    ]
    asked_at: Annotated[datetime, Field(description="UTC")]
    job_id: Annotated[UUID, Field(description="The job that makes it")]
    made_at: Annotated[datetime | None, Field(description="UTC; null before")]
    content_sha256: Annotated[str | None, Field(description="Of what was kept; null before")]


class DraftCitationBody(WireModel):
    """What a statement rests on: a dataset, a name, or an observation."""

    dataset: Annotated[str | None, Field(description="The dataset")]
    version: Annotated[int | None, Field(description="Its version")]
    row: Annotated[int | None, Field(description="The row's place in the version, from 1; null: all of it")]
    entity_id: Annotated[UUID | None, Field(description="A company as one source tells it")]
    observation_id: Annotated[UUID | None, Field(description="What was seen of a competitor")]


class DraftStatementBody(WireModel):
    """A sentence of a draft."""

    number: Annotated[int, Field(description="From 1; adopted by it")]
    section: Annotated[
        Literal["company", "records", "around", "competitors"], Field(description="What it is about")
    ]
    text: Annotated[str, Field(description="What we hold, in words")]
    citations: Annotated[list[DraftCitationBody], Field(description="What it rests on")]


class BriefDraftDetailBody(BriefDraftBody):
    """With everything it says to you."""

    as_of: Annotated[date | None, Field(description="The day it was asked; null before it is made")]
    statements: Annotated[list[DraftStatementBody], Field(description="Those whose datasets you see")]
    statements_hidden: Annotated[int, Field(description="How many rest on datasets that you do not see")]
    not_found: Annotated[list[str], Field(description="What we do not hold")]


class AdoptedStatement(WireModel):
    """A statement that is taken over."""

    number: Annotated[int, Field(ge=1, le=100_000, description="Its number in the draft", examples=[1])]
    text: Annotated[
        str | None,
        Field(
            min_length=3,
            max_length=2000,
            description="What follows from it in your words; left out, its own",
            examples=["They run 15 trucks, three more than last year"],
        ),
    ] = None
    question_id: Annotated[UUID | None, Field(description="The question of the assignment it answers")] = None


class AdoptionDraft(WireModel):
    """What of a draft a person stands for."""

    statements: Annotated[
        list[AdoptedStatement], Field(min_length=1, max_length=50, description="Each becomes a finding")
    ]
    reliability: ReliabilityLetter
    credibility: CredibilityFigure


class AdoptionBody(WireModel):
    """What was recorded."""

    finding_ids: Annotated[list[UUID], Field(description="Findings of the assignment, in your order")]


def draft_facts(row: Row) -> dict[str, Any]:
    names = BriefDraftBody.model_fields.keys() - {"state"}
    state = "queued" if row.content is None else "made"
    return {**{name: getattr(row, name) for name in names}, "state": state}


def draft_detail(row: Row, statements: Sequence[Mapping[str, Any]]) -> BriefDraftDetailBody:
    content = row.content or {"as_of": None, "statements": [], "not_found": []}
    return BriefDraftDetailBody(
        **draft_facts(row),
        as_of=content["as_of"],
        statements=[DraftStatementBody.model_validate(one) for one in statements],
        statements_hidden=len(content["statements"]) - len(statements),
        not_found=content["not_found"],
    )
