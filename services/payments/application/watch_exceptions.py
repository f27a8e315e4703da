"""Ends exceptions whose cause is gone, whoever made it go."""

from datetime import datetime

from services.payments.adapters.repositories.exceptions import ExceptionStep, resolve_exceptions_gone
from services.payments.adapters.unit_of_work import UnitOfWork

ACTOR = "system"


async def watch_exceptions(work: UnitOfWork, at: datetime) -> None:
    """A line that came into the books needs nobody any more."""
    step = ExceptionStep("resolved", ACTOR, at, "cause_gone", "The line is in the books")
    await resolve_exceptions_gone(work.connection, step)
