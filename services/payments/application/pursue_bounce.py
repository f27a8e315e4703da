"""Keeps what was done about a returned cheque, in the order the law asks for it."""

from dataclasses import dataclass
from datetime import date
from typing import Final
from uuid import UUID

from services.payments.adapters.repositories.instruments import add_step, bounce_for_update, steps_of
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.errors import BounceStepRefused
from services.payments.domain.posting import Posting
from shared.errors import NotFound

AFTER: Final = {"notice_received": "notice_sent", "complaint_filed": "notice_received"}
LAST: Final = frozenset({"paid", "not_pursued", "complaint_filed"})


@dataclass(frozen=True, slots=True)
class PursueBounce:
    """`step` is notice_sent, notice_received, paid, complaint_filed or not_pursued."""

    bounce_id: UUID
    step: str
    happened_on: date
    note: str


async def pursue_bounce(work: UnitOfWork, command: PursueBounce, posting: Posting) -> None:
    """BounceStepRefused when the step was kept before, comes before the one it follows, or after the last one."""
    bounce = await bounce_for_update(work.connection, command.bounce_id)
    if bounce is None:
        raise NotFound(f"There is no bounce {command.bounce_id}")
    steps = await steps_of(work.connection, bounce.id)
    needed = AFTER.get(command.step)
    if command.step in steps or LAST & steps.keys():
        done = command.step if command.step in steps else min(LAST & steps.keys())
        raise BounceStepRefused(f"'{done}' was kept on {steps[done]}; nothing follows it")
    if needed is not None and needed not in steps:
        raise BounceStepRefused(f"'{command.step}' follows '{needed}', which has not been kept")
    if command.happened_on < steps.get(needed or "", bounce.bounced_on):
        raise BounceStepRefused(f"'{command.step}' cannot be earlier than what it follows")
    await add_step(
        work.connection,
        {
            "bounce_id": bounce.id,
            "step": command.step,
            "happened_on": command.happened_on,
            "note": command.note,
            "at": posting.at,
            "by": posting.actor,
        },
    )
