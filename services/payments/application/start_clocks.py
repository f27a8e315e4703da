"""Starts the 24 hours of each new credit, by the calendar of its bank account."""

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID

from services.payments.adapters.clock_store import NewClock, add_clocks
from services.payments.adapters.line_store import NewLine
from services.payments.adapters.repositories.clock_terms import terms_of_account
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.booking_clock import BookingDeadline, booking_deadline


async def start_clocks(
    work: UnitOfWork, bank_account_id: UUID, lines: Sequence[NewLine], at: datetime
) -> None:
    """Whether the credit is understood or not; `at` is when we saw it."""
    incoming = [new for new in lines if new.line.amount_minor > 0]
    if not incoming:
        return
    terms = await terms_of_account(work.connection, bank_account_id)
    known: dict[tuple[date, datetime | None], BookingDeadline] = {}
    clocks = []
    for new in incoming:
        start = (new.line.booked_on, new.line.credited_at)
        if start not in known:
            known[start] = booking_deadline(*start, terms.on(new.line.booked_on))
        clocks.append(NewClock(new.id, new.line.currency, new.line.amount_minor, known[start]))
    await add_clocks(work.connection, bank_account_id, clocks, at)
