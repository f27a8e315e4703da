"""Takes statements of a draft over into an assignment: each becomes evidence and a finding in the words of a person."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.adapters.brief_drafts import datasets_seen, draft_row
from services.research.adapters.dataset_rows import Row
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.application.record_finding import RecordEvidence, record_evidence, record_finding
from services.research.domain.brief import Finding
from services.research.domain.drafted_brief import cited_words, readable
from services.research.domain.errors import BriefDraftState, CitationInvalid
from services.research.domain.grade import Grade
from shared.errors import FieldProblem
from shared.identity import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class TakenOver:
    """A statement by its number; `text` is what follows from it in a person's words, its own words when null."""

    number: int
    text: str | None
    question_id: UUID | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Adoption:
    """What a person stands for, and how well they know it."""

    statements: Sequence[TakenOver]
    grade: Grade


async def adopt_statements(
    work: UnitOfWork, draft_id: UUID, adoption: Adoption, caller: Caller, *, at: datetime
) -> list[UUID]:
    """The ids of the findings. BriefDraftUnknown; BriefDraftState while it is not made; CitationInvalid for a statement
    that the draft has not, or not for this caller; AssignmentState; EvidenceInvalid."""
    draft = await draft_row(work.connection, draft_id)
    if draft.content is None:
        raise BriefDraftState("The draft is not made yet; follow its job")
    statements = {int(one["number"]): one for one in await seen_statements(work.connection, draft, caller)}
    problems = [
        FieldProblem(f"/statements/{place}/number", "expected a statement of this draft")
        for place, one in enumerate(adoption.statements)
        if one.number not in statements
    ]
    if problems:
        raise CitationInvalid("The draft does not say that", problems=problems)
    findings = []
    for one in adoption.statements:
        evidence = _evidence(
            statements[one.number], date.fromisoformat(draft.content["as_of"]), adoption.grade
        )
        evidence_id = await record_evidence(work, draft.assignment_id, evidence, caller, at=at)
        text = one.text or statements[one.number]["text"]
        finding = Finding(question_id=one.question_id, text=text, evidence_ids=[evidence_id])
        findings.append(await record_finding(work, draft.assignment_id, finding, caller, at=at))
    return findings


async def seen_statements(connection: AsyncConnection, draft: Row, caller: Caller) -> list[Mapping[str, Any]]:
    """Those that rest on what the caller may see now."""
    statements = draft.content["statements"]
    cited = {one["dataset"] for told in statements for one in told["citations"] if one["dataset"]}
    return readable(statements, await datasets_seen(connection, caller, sorted(cited)))


def _evidence(statement: Mapping[str, Any], as_of: date, grade: Grade) -> RecordEvidence:
    is_dataset = any(one["dataset"] for one in statement["citations"])
    return RecordEvidence(
        quotation=statement["text"],
        source_kind="dataset" if is_dataset else "document",
        source=cited_words(statement["citations"])[:500],
        source_url=None,
        query_run_id=None,
        file_id=None,
        seen_on=as_of,
        grade=grade,
    )
