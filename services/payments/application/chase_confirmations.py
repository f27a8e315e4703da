"""Reminds silent partners by the rule of the day, and ends the waiting when the rule says so."""

from datetime import datetime
from typing import Final
from uuid import UUID

from services.payments.adapters.confirmation_facts import publish_confirmation_reminder
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.balance_confirmations import (
    Step,
    change_confirmation,
    chase_rule_on,
    waiting_confirmations,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.reconcile_confirmation import evidence_since
from services.payments.domain.balance_confirmation import (
    ChaseStep,
    ConfirmationKind,
    Standing,
    Waiting,
    chase_step,
)
from services.payments.domain.business_day import business_day
from services.payments.domain.posting import Posting

AT_ONCE_MAX: Final = 200
CHASER: Final = "chaser"


async def chase_confirmations(work: UnitOfWork, at: datetime, after: UUID) -> tuple[int, UUID | None]:
    """How many were moved of the next two hundred, and the last of them; None when there are no more."""
    posting = Posting(CHASER, at, business_day(at))
    found = await waiting_confirmations(work.connection, AT_ONCE_MAX, after)
    moved = 0
    for one in found:
        moved += await _chase(work, one, posting)
    return moved, found[-1].id if len(found) == AT_ONCE_MAX else None


async def _chase(work: UnitOfWork, one: Row, posting: Posting) -> bool:
    rule = await chase_rule_on(work.connection, one.asked_on)
    waiting = Waiting(ConfirmationKind(one.kind), Standing(one.state), one.asked_on, one.due_on, one.reminded)
    step = chase_step(waiting, rule, posting.effective_on) if rule else None
    if step is None:
        return False
    standing, detail, evidence = Standing.ASKED, f"Reminder {one.reminded + 1}", None
    if step is ChaseStep.CLOSE:
        standing, detail = Standing.NOT_CONTESTED, f"No objection until {one.due_on}"
    elif step is ChaseStep.GIVE_UP_WAITING:
        standing, detail = Standing.UNANSWERED, "No reply in time; other procedures are due"
        evidence = await evidence_since(work, one, posting)
    await change_confirmation(
        work.connection, one.id, standing, Step(step.value, detail, posting.actor, posting.at, evidence)
    )
    if step is ChaseStep.REMIND:
        await publish_confirmation_reminder(work, one.id, one.reminded + 1)
    return True
