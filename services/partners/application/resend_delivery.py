"""Sends a delivery once more, because somebody asks for it or because nobody answered."""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from services.partners.adapters.delivery_rows import Step, add_step, queue_again, unanswered
from services.partners.adapters.unit_of_work import UnitOfWork
from services.partners.domain.errors import NotResendable

REMINDERS_MAX: Final = 3
REMINDER_EVERY: Final = timedelta(days=2)


async def resend_delivery(work: UnitOfWork, delivery_id: UUID, *, actor: str, at: datetime) -> None:
    """A new round under a new message id. NotResendable while it is queued, or when it is not wanted."""
    if not await queue_again(work.connection, delivery_id, at=at):
        raise NotResendable("It is queued already, or its recipient has unsubscribed")
    await add_step(work.connection, delivery_id, Step("queued", "sent again on request", actor), at=at)


async def remind_of_answers(work: UnitOfWork, at: datetime) -> int:
    """Each delivery whose answer is due: sent again as a reminder, every two days and three times at most."""
    due = await unanswered(
        work.connection, at=at, every_days=REMINDER_EVERY.days, reminders_max=REMINDERS_MAX
    )
    for delivery_id in due:
        await queue_again(work.connection, delivery_id, at=at)
        await add_step(work.connection, delivery_id, Step("reminded", None, "partners"), at=at)
    return len(due)
