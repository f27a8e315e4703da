"""Bodies of evidence, findings and briefs."""

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import Field

from services.research.adapters.assignments import Row
from services.research.api.schemas_observations import CredibilityFigure, ReliabilityLetter, SourceKind
from services.research.application.record_finding import RecordEvidence
from services.research.domain.brief import Finding
from services.research.domain.grade import Grade
from shared.wire import Day, WireModel


class EvidenceDraft(WireModel):
    """A quotation or a figure as it stands there."""

    quotation: Annotated[
        str,
        Field(
            min_length=3,
            max_length=4000,
            description="What it says, word by word or as a figure",
            examples=["Two sets of 125 kVA, by Kaveri, since 2019"],
        ),
    ]
    source_kind: Annotated[
        SourceKind, Field(description="What kind of source it is; dataset: an answer of datasets")
    ]
    source: Annotated[
        str,
        Field(
            min_length=3,
            max_length=500,
            description="Who or what says it",
            examples=["Works manager, by telephone"],
        ),
    ]
    source_url: Annotated[
        str | None, Field(max_length=2000, pattern=r"^https?://[!-~]+$", description="Where it can be read")
    ] = None
    query_run_id: Annotated[
        UUID | None,
        Field(description="A question to datasets that you asked: its frozen answer is the source"),
    ] = None
    file_id: Annotated[UUID | None, Field(description="The file of the assignment that it stands in")] = None
    seen_on: Annotated[Day, Field(description="The day it was seen or published", examples=["2026-11-20"])]
    reliability: ReliabilityLetter
    credibility: CredibilityFigure


class EvidenceBody(WireModel):
    """Evidence as it was recorded; it is never changed."""

    id: Annotated[UUID, Field(description="Its id")]
    assignment_id: Annotated[UUID, Field(description="The assignment it is for")]
    quotation: Annotated[str, Field(description="What it says")]
    quotation_sha256: Annotated[str, Field(description="SHA-256 of the quotation in UTF-8")]
    source_kind: Annotated[SourceKind, Field(description="What kind of source it is")]
    source: Annotated[str, Field(description="Who or what says it")]
    source_url: Annotated[str | None, Field(description="Where it can be read")]
    query_run_id: Annotated[
        UUID | None, Field(description="The question to datasets whose frozen answer it is")
    ]
    file_id: Annotated[UUID | None, Field(description="The file of the assignment that it stands in")]
    seen_on: Annotated[date, Field(description="The day it was seen or published")]
    reliability: ReliabilityLetter
    credibility: CredibilityFigure
    recorded_by: Annotated[str, Field(description="By the token's subject")]
    recorded_at: Annotated[datetime, Field(description="UTC")]


class FindingDraft(WireModel):
    """What follows from evidence."""

    text: Annotated[
        str,
        Field(
            min_length=3, max_length=2000, description="In words", examples=["They run two sets of Kaveri"]
        ),
    ]
    question_id: Annotated[
        UUID | None, Field(description="The question it answers; null for none in particular")
    ] = None
    evidence_ids: Annotated[
        list[UUID],
        Field(min_length=1, max_length=50, description="Evidence of the assignment that it rests on"),
    ]


class ResearchFindingBody(WireModel):
    """A finding as it was recorded; it is never changed."""

    id: Annotated[UUID, Field(description="Its id")]
    assignment_id: Annotated[UUID, Field(description="The assignment it is for")]
    question_id: Annotated[UUID | None, Field(description="The question it answers")]
    text: Annotated[str, Field(description="In words")]
    evidence_ids: Annotated[list[UUID], Field(description="What it rests on")]
    recorded_by: Annotated[str, Field(description="By the token's subject")]
    recorded_at: Annotated[datetime, Field(description="UTC")]


class BriefDraft(WireModel):
    """What a person adds to what was found."""

    summary: Annotated[
        str,
        Field(
            min_length=3,
            max_length=1000,
            description="What sales has to know first",
            examples=["They buy in March and fear another late delivery"],
        ),
    ]


class BriefBody(WireModel):
    """A version of a brief."""

    id: Annotated[UUID, Field(description="Its id")]
    assignment_id: Annotated[UUID, Field(description="The assignment it is for")]
    version: Annotated[int, Field(description="From 1, by assignment")]
    summary: Annotated[str, Field(description="What sales has to know first")]
    content_sha256: Annotated[str, Field(description="Of what was frozen")]
    made_by: Annotated[str, Field(description="By the token's subject")]
    made_at: Annotated[datetime, Field(description="UTC")]
    decision: Annotated[
        Literal["approved", "returned"] | None, Field(description="What another person decided; null before")
    ]
    review_note: Annotated[str | None, Field(description="Why, in words")]
    reviewed_by: Annotated[str | None, Field(description="By the token's subject")]
    reviewed_at: Annotated[datetime | None, Field(description="UTC")]
    shared_by: Annotated[str | None, Field(description="Who shared it with sales; null before")]
    shared_at: Annotated[datetime | None, Field(description="UTC")]


class ReaderBody(WireModel):
    """Somebody who took it to read."""

    reader: Annotated[str, Field(description="By the token's subject")]
    first_read_at: Annotated[datetime, Field(description="UTC")]
    last_read_at: Annotated[datetime, Field(description="UTC")]
    times: Annotated[int, Field(description="How often")]


class FeedbackDraft(WireModel):
    """What a reader says of a brief."""

    is_useful: Annotated[bool, Field(description="Whether it helped")]
    comment: Annotated[
        str,
        Field(max_length=2000, description="In words", examples=["The date of the tender was what counted"]),
    ] = ""


class FeedbackBody(FeedbackDraft):
    """What a reader said of a brief."""

    given_by: Annotated[str, Field(description="By the token's subject")]
    given_at: Annotated[datetime, Field(description="UTC")]


class BriefDetailBody(BriefBody):
    """With everything that it says, who read it and what they say of it."""

    content: Annotated[
        dict[str, Any],
        Field(
            description="Opportunity, answers by question, competitors where the customer is, numbered sources"
        ),
    ]
    readers: Annotated[list[ReaderBody], Field(description="The first first")]
    feedback: Annotated[list[FeedbackBody], Field(description="The first first")]


class ReviewDraft(WireModel):
    """What another person than its maker decides."""

    is_approved: Annotated[bool, Field(description="False returns it: a new version can be made")]
    note: Annotated[str, Field(max_length=2000, description="Why, in words")] = ""


def evidence_recorded(draft: EvidenceDraft) -> RecordEvidence:
    same = draft.model_dump(exclude={"reliability", "credibility"})
    return RecordEvidence(**same, grade=Grade(reliability=draft.reliability, credibility=draft.credibility))


def finding_recorded(draft: FindingDraft) -> Finding:
    return Finding(
        question_id=draft.question_id, text=draft.text, evidence_ids=tuple(dict.fromkeys(draft.evidence_ids))
    )


def evidence_body(row: Row) -> EvidenceBody:
    return EvidenceBody(**{name: getattr(row, name) for name in EvidenceBody.model_fields})


def finding_body(row: Row) -> ResearchFindingBody:
    return ResearchFindingBody(**{name: getattr(row, name) for name in ResearchFindingBody.model_fields})


def brief_facts(row: Row) -> dict[str, Any]:
    """The fields of a brief, with or without its content."""
    names = BriefBody.model_fields.keys() - {"summary"}
    return {**{name: getattr(row, name) for name in names}, "summary": row.content["summary"]}


def reader_body(row: Row) -> ReaderBody:
    return ReaderBody(**{name: getattr(row, name) for name in ReaderBody.model_fields})


def feedback_body(row: Row) -> FeedbackBody:
    return FeedbackBody(**{name: getattr(row, name) for name in FeedbackBody.model_fields})
