"""Records evidence for an assignment, and findings that cite it."""

import hashlib
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from services.research.adapters.assignments import Row, assignment_for_update, question_rows
from services.research.adapters.briefs import add_row, evidence_rows, finding_rows, visible_assignment
from services.research.adapters.files import file_row
from services.research.adapters.query_runs import visible_run
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.domain.assignment import ENDS, AssignmentStanding, day_in_india
from services.research.domain.brief import EVIDENCE_MAX, FINDINGS_MAX, Finding, checked_citations
from services.research.domain.errors import (
    AssignmentState,
    AssignmentUnknown,
    EvidenceInvalid,
    QueryRunUnknown,
    ResearchFileUnknown,
)
from services.research.domain.grade import Grade
from shared.errors import FieldProblem
from shared.identity import Caller


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordEvidence:
    """As it was found."""

    quotation: str
    source_kind: str
    source: str
    source_url: str | None
    query_run_id: UUID | None
    file_id: UUID | None
    seen_on: date
    grade: Grade


async def record_evidence(
    work: UnitOfWork, assignment_id: UUID, command: RecordEvidence, caller: Caller, *, at: datetime
) -> UUID:
    """AssignmentUnknown; AssignmentState when it is over or full; EvidenceInvalid."""
    row = await open_for_findings(work, assignment_id, caller)
    if len(await evidence_rows(work.connection, row.id)) >= EVIDENCE_MAX:
        raise AssignmentState(f"An assignment has at most {EVIDENCE_MAX} pieces of evidence")
    await _check(work, command, caller, day_in_india(at))
    await _check_file(work, row.id, command.file_id)
    evidence_id = uuid7()
    facts = {
        "id": evidence_id,
        "assignment_id": row.id,
        "quotation": command.quotation,
        "quotation_sha256": hashlib.sha256(command.quotation.encode()).hexdigest(),
        "source_kind": command.source_kind,
        "source": command.source,
        "source_url": command.source_url,
        "query_run_id": command.query_run_id,
        "file_id": command.file_id,
        "seen_on": command.seen_on,
        "reliability": command.grade.reliability.value,
        "credibility": command.grade.credibility,
        "recorded_by": caller.actor,
        "recorded_at": at,
    }
    await add_row(work.connection, "research_evidence", facts)
    return evidence_id


async def record_finding(
    work: UnitOfWork, assignment_id: UUID, finding: Finding, caller: Caller, *, at: datetime
) -> UUID:
    """AssignmentUnknown; AssignmentState; CitationInvalid; EvidenceInvalid for a question that is not the assignment's."""
    row = await open_for_findings(work, assignment_id, caller)
    if len(await finding_rows(work.connection, row.id)) >= FINDINGS_MAX:
        raise AssignmentState(f"An assignment has at most {FINDINGS_MAX} findings")
    known = {one.id: one for one in await evidence_rows(work.connection, row.id)}
    checked_citations(finding.evidence_ids, known)
    questions = {one.id for one in await question_rows(work.connection, row.id)}
    if finding.question_id is not None and finding.question_id not in questions:
        problem = FieldProblem("/question_id", "expected a question of this assignment")
        raise EvidenceInvalid("The finding answers another question", problems=[problem])
    finding_id = uuid7()
    facts = {
        "id": finding_id,
        "assignment_id": row.id,
        "question_id": finding.question_id,
        "text": finding.text,
        "evidence_ids": list(finding.evidence_ids),
        "recorded_by": caller.actor,
        "recorded_at": at,
    }
    await add_row(work.connection, "research_findings", facts)
    return finding_id


async def open_for_findings(work: UnitOfWork, assignment_id: UUID, caller: Caller) -> Row:
    """The assignment as its readers see it, locked. AssignmentUnknown; AssignmentState when it is over."""
    row = await visible_assignment(work.connection, caller.row_scope(), assignment_id)
    locked = await assignment_for_update(work.connection, assignment_id)
    if locked is None:
        raise AssignmentUnknown(f"There is no research assignment {assignment_id}")
    if AssignmentStanding(locked.state) in ENDS:
        raise AssignmentState(f"The assignment is {locked.state}; who wants more opens another")
    return row


async def _check(work: UnitOfWork, command: RecordEvidence, caller: Caller, today: date) -> None:
    problems: list[FieldProblem] = []
    if command.seen_on > today:
        problems.append(FieldProblem("/seen_on", f"expected {today.isoformat()} or before"))
    if command.query_run_id is not None:
        try:
            run = await visible_run(work.connection, caller, command.query_run_id)
        except QueryRunUnknown:
            problems.append(FieldProblem("/query_run_id", "expected a run of yours"))
        else:
            if run.state != "succeeded":
                problems.append(
                    FieldProblem("/query_run_id", f"expected a run that succeeded; this one is {run.state}")
                )
    if problems:
        raise EvidenceInvalid("The evidence cannot be so", problems=problems)


async def _check_file(work: UnitOfWork, assignment_id: UUID, file_id: UUID | None) -> None:
    if file_id is None:
        return
    try:
        await file_row(work.connection, assignment_id, file_id)
    except ResearchFileUnknown as error:
        problem = FieldProblem("/file_id", "expected a file of this assignment")
        raise EvidenceInvalid("The evidence cannot be so", problems=[problem]) from error
