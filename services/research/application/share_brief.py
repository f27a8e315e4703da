"""Freezes briefs of assignments, has them reviewed by another person, and shares them with sales."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from services.research.adapters.assignments import EVERYTHING, Row, question_rows
from services.research.adapters.briefs import (
    add_row,
    change_brief,
    evidence_of,
    evidence_rows,
    finding_rows,
    next_brief_version,
    visible_assignment,
    visible_brief,
)
from services.research.adapters.competitors import attributes, competitor_rows
from services.research.adapters.observations import live_observations
from services.research.adapters.opportunities import opportunity_row
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.application.record_finding import open_for_findings
from services.research.domain.assignment import day_in_india
from services.research.domain.brief import (
    Finding,
    Material,
    brief_content,
    checked_review,
    checked_sharing,
)
from services.research.domain.observation import standings
from shared.documents.rupee_text import amount_text
from shared.events.research import FindingsSharedV1
from shared.identity import Caller, RowScope

COMPETITORS_MAX: Final = 50


async def freeze_brief(
    work: UnitOfWork, assignment_id: UUID, summary: str, caller: Caller, *, at: datetime
) -> UUID:
    """AssignmentUnknown; AssignmentState when it is over. The next version of what is known now."""
    row = await open_for_findings(work, assignment_id, caller)
    content = brief_content(await _material(work, row, at), summary)
    brief_id = uuid7()
    facts = {
        "id": brief_id,
        "assignment_id": row.id,
        "version": await next_brief_version(work.connection, row.id),
        "content": content,
        "content_sha256": hashlib.sha256(msgspec.json.encode(content, order="deterministic")).hexdigest(),
        "made_by": caller.actor,
        "made_at": at,
    }
    await add_row(work.connection, "research_briefs", facts)
    return brief_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """What another person than its maker decides, and why."""

    is_approved: bool
    note: str


async def review_brief(
    work: UnitOfWork, brief_id: UUID, review: Review, caller: Caller, *, at: datetime
) -> None:
    """BriefUnknown; MakerIsChecker; BriefState when somebody decided before."""
    row = await visible_brief(work.connection, caller.row_scope(), brief_id, for_update=True)
    checked_review(made_by=row.made_by, decided_by=caller.actor, decision=row.decision)
    decision = "approved" if review.is_approved else "returned"
    by = {"review_note": review.note, "reviewed_by": caller.actor, "reviewed_at": at}
    await change_brief(work.connection, brief_id, decision=decision, **by)


async def share_brief(work: UnitOfWork, brief_id: UUID, caller: Caller, *, at: datetime) -> None:
    """BriefUnknown; BriefState unless it was approved and not shared before. Told to sales as an event."""
    row = await visible_brief(work.connection, caller.row_scope(), brief_id, for_update=True)
    checked_sharing(decision=row.decision, is_shared=row.shared_at is not None)
    await change_brief(work.connection, brief_id, shared_by=caller.actor, shared_at=at)
    assignment = await visible_assignment(work.connection, EVERYTHING, row.assignment_id)
    event = FindingsSharedV1(
        brief_id=brief_id,
        assignment_id=assignment.id,
        opportunity_id=assignment.opportunity_id,
        opportunity_record_id=assignment.opportunity_record_id,
        subject=assignment.subject,
        partner_code=assignment.partner_code,
        zone=assignment.zone,
        version=row.version,
        summary=row.content["summary"],
        shared_by=caller.actor,
        shared_at=at,
    )
    work.publish(event, partition_key=str(assignment.id), subject=str(brief_id))


async def _material(work: UnitOfWork, row: Row, at: datetime) -> Material:
    connection, today = work.connection, day_in_india(at)
    opportunity = None
    if row.opportunity_id is not None:
        opportunity = await opportunity_row(connection, EVERYTHING, row.opportunity_id)
    known = await attributes(connection)
    makers = [one for one in await competitor_rows(connection, limit=COMPETITORS_MAX) if not one.is_ours]
    # Whoever may read the brief may read what it says of competitors: what holds everywhere, and in its zone.
    readers = RowScope(sees_all=False, zones=frozenset({row.zone} if row.zone else ()), partner_code=None)
    observations = await live_observations(connection, readers, [one.code for one in makers])
    return Material(
        subject=row.subject,
        opportunity=None if opportunity is None else _told_opportunity(opportunity),
        zone=row.zone,
        today=today,
        questions={one.id: one.question for one in await question_rows(connection, row.id)},
        findings=[
            Finding(question_id=one.question_id, text=one.text, evidence_ids=one.evidence_ids)
            for one in await finding_rows(connection, row.id)
        ],
        evidence={one.id: evidence_of(one) for one in await evidence_rows(connection, row.id)},
        competitors={one.code: one.name for one in makers},
        standings=standings(observations, known, today),
    )


def _told_opportunity(row: Row) -> dict[str, Any]:
    amount = None if row.amount_minor is None else amount_text(row.amount_minor, row.currency)
    return {
        "name": row.name,
        "stage": row.stage,
        "partner": row.partner_name or row.partner_code,
        "owner": row.owner,
        "amount": amount,
        "close_on": row.close_on.isoformat() if row.close_on else None,
        "probability_percent": row.probability_percent,
    }
