"""Opens research assignments: by hand, or because an opportunity asks for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from uuid_utils.compat import uuid7

from services.research.adapters.assignment_facts import publish_assignments
from services.research.adapters.assignments import NewAssignment, add_assignments
from services.research.adapters.opportunities import opportunity_row
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.application.draft_brief import ask_first_drafts
from services.research.domain.assignment import (
    DAYS_IF_NOT_SAID,
    SHARED_DESK,
    clock_until,
    day_in_india,
    questions_in,
)
from services.research.domain.errors import OpportunityUnknown, ZoneNeeded
from services.research.domain.opportunity import Opportunity
from shared.events.research import AssignmentOpenedV1
from shared.identity import Caller, RowScope

CRM: Final = "salesforce"


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAssignment:
    """About an opportunity, or a free subject with the partner and zone it concerns, if any."""

    opportunity_id: UUID | None
    subject: str | None
    partner_code: str | None
    zone: str | None
    questions: Sequence[str]
    due_on: date
    assignee: str


async def open_assignment(work: UnitOfWork, command: OpenAssignment, caller: Caller, *, at: datetime) -> UUID:
    """OpportunityUnknown for one the caller does not see; ZoneNeeded when a free subject would be nobody's to see."""
    subject, scope = command.subject, caller.row_scope()
    if command.opportunity_id is None:
        _check_zone(scope, command.zone)
    else:
        opportunity = await opportunity_row(work.connection, scope, command.opportunity_id)
        if opportunity is None:
            raise OpportunityUnknown(f"There is no opportunity {command.opportunity_id}")
        subject = subject or opportunity.name
    assert subject is not None, "the body names a subject or an opportunity"
    new = NewAssignment(
        id=uuid7(),
        origin="hand",
        opportunity_id=command.opportunity_id,
        subject=subject,
        partner_code=command.partner_code,
        zone=command.zone,
        assignee=command.assignee,
        clock=clock_until(command.due_on, at),
        questions=command.questions,
    )
    await add_assignments(work.connection, [new], by=caller.actor, at=at)
    await publish_assignments(work, [new.id], AssignmentOpenedV1)
    await ask_first_drafts(work, [new.id], at=at)
    return new.id


async def open_requested(
    work: UnitOfWork, asking: Sequence[tuple[UUID, Opportunity]], *, at: datetime
) -> None:
    """One assignment per opportunity for ever, whatever is told of it later: more is opened by hand. Its day is the one
    told, or a week from now."""
    first = dict(reversed(asking))
    usual_day = day_in_india(at) + timedelta(days=DAYS_IF_NOT_SAID)
    new = [
        NewAssignment(
            id=uuid7(),
            origin="crm",
            opportunity_id=opportunity_id,
            subject=opportunity.name,
            partner_code=None,
            zone=None,
            assignee=SHARED_DESK,
            clock=clock_until(opportunity.research_due_on or usual_day, at),
            questions=questions_in(opportunity.research_questions),
        )
        for opportunity_id, opportunity in first.items()
    ]
    added = await add_assignments(work.connection, new, by=CRM, at=at) if new else []
    await publish_assignments(work, added, AssignmentOpenedV1)
    await ask_first_drafts(work, added, at=at)


def _check_zone(scope: RowScope, zone: str | None) -> None:
    if not scope.sees_all and zone not in scope.zones:
        raise ZoneNeeded(
            f"Name one of your zones ({', '.join(sorted(scope.zones)) or 'none'}), or an opportunity"
        )
