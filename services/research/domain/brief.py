"""A brief: what research found for an assignment, each finding with the evidence that it cites, and what stayed open.

Its first pages are made without anybody: what the CRM says of the opportunity, and what was seen of competitors where the
customer is. What nobody found is said as plainly as what was found.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

from services.research.domain.errors import BriefState, CitationInvalid, MakerIsChecker
from services.research.domain.grade import Grade
from services.research.domain.observation import Standing
from shared.actors import is_same_person
from shared.errors import FieldProblem

EVIDENCE_MAX: Final = 500
FINDINGS_MAX: Final = 200
STANDINGS_MAX: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A quotation or a figure, and where it stands; `query_run_id` names a frozen answer of datasets, `file_sha256` the
    bytes of a file that is kept."""

    id: UUID
    quotation: str
    source: str
    source_url: str | None
    query_run_id: UUID | None
    file_name: str | None
    file_sha256: str | None
    seen_on: date
    grade: Grade


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What follows from evidence; it answers a question of the assignment, or none in particular."""

    question_id: UUID | None
    text: str
    evidence_ids: Sequence[UUID]


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything that a brief is made of."""

    subject: str
    opportunity: Mapping[str, Any] | None
    zone: str | None
    today: date
    questions: Mapping[UUID, str]
    findings: Sequence[Finding]
    evidence: Mapping[UUID, Evidence]
    competitors: Mapping[str, str]
    standings: Sequence[Standing]


def checked_citations(evidence_ids: Sequence[UUID], known: Mapping[UUID, object]) -> None:
    """CitationInvalid for a finding without evidence, or with what is not of its assignment."""
    problems = [
        FieldProblem(f"/evidence_ids/{place}", "expected evidence of this assignment")
        for place, one in enumerate(evidence_ids)
        if one not in known
    ]
    if not evidence_ids:
        problems.append(FieldProblem("/evidence_ids", "expected at least one"))
    if problems:
        raise CitationInvalid("A finding has to cite evidence", problems=problems)


def checked_review(*, made_by: str, decided_by: str, decision: str | None) -> None:
    """MakerIsChecker for who made it; BriefState when somebody decided before."""
    if is_same_person(made_by, decided_by):
        raise MakerIsChecker("Another person than its maker reviews a brief")
    if decision is not None:
        raise BriefState(f"The brief was {decision} before; a new version can be reviewed")


def checked_sharing(*, decision: str | None, is_shared: bool) -> None:
    """BriefState unless another person approved it and nobody shared it yet."""
    if decision != "approved":
        raise BriefState("Another person has to approve the brief before it is shared")
    if is_shared:
        raise BriefState("The brief was shared before")


def brief_content(material: Material, summary: str) -> dict[str, Any]:
    """What is frozen. Marks number evidence and observations in the order in which the reader meets them."""
    sources: dict[UUID, dict[str, Any]] = {}

    def mark(key: UUID, told: dict[str, Any]) -> int:
        sources.setdefault(key, {"mark": len(sources) + 1, **told})
        return int(sources[key]["mark"])

    def told_finding(one: Finding) -> dict[str, Any]:
        cited = [material.evidence[wanted] for wanted in one.evidence_ids]
        return {"text": one.text, "marks": [mark(piece.id, _told_evidence(piece)) for piece in cited]}

    answers = [
        {
            "question": question,
            "findings": [told_finding(one) for one in material.findings if one.question_id == question_id],
        }
        for question_id, question in material.questions.items()
    ]
    return {
        "subject": material.subject,
        "opportunity": material.opportunity,
        "zone": material.zone,
        "as_of": material.today.isoformat(),
        "summary": summary,
        "answers": answers,
        "besides": [told_finding(one) for one in material.findings if one.question_id is None],
        "competitors": [
            {
                "competitor": material.competitors[one.observation.competitor],
                "what": _what(one),
                "value": one.shown,
                "is_contradicted": bool(one.contradicted_by),
                "mark": mark(one.observation.id, _told_observation(one)),
            }
            for one in _seen_there(material.standings)
        ],
        "sources": list(sources.values()),
    }


def _seen_there(standings: Sequence[Standing]) -> list[Standing]:
    """The last seen first; what is stale is left out."""
    fresh = [one for one in standings if not one.is_stale]
    return sorted(fresh, key=lambda one: (one.observation.seen_on, str(one.observation.id)), reverse=True)[
        :STANDINGS_MAX
    ]


def _what(one: Standing) -> str:
    return (
        f"{one.attribute.title} of {one.observation.product}"
        if one.observation.product
        else one.attribute.title
    )


def _told_evidence(one: Evidence) -> dict[str, Any]:
    return {
        "evidence_id": str(one.id),
        "observation_id": None,
        "quotation": one.quotation,
        "source": one.source,
        "source_url": one.source_url,
        "query_run_id": None if one.query_run_id is None else str(one.query_run_id),
        "file_name": one.file_name,
        "file_sha256": one.file_sha256,
        "seen_on": one.seen_on.isoformat(),
        "grade": str(one.grade),
    }


def _told_observation(one: Standing) -> dict[str, Any]:
    seen = one.observation
    return {
        "evidence_id": None,
        "observation_id": str(seen.id),
        "quotation": f"{_what(one)}: {one.shown}",
        "source": seen.source,
        "source_url": None,
        "query_run_id": None,
        "file_name": None,
        "file_sha256": None,
        "seen_on": seen.seen_on.isoformat(),
        "grade": str(seen.grade),
    }
