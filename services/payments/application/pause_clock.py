"""Stops a credit's clock for a named reason, and lets it go on."""

from datetime import datetime
from uuid import UUID

from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.clock_terms import terms_of_account
from services.payments.adapters.repositories.clocks import (
    clock_for_update,
    ended_pauses,
    offered_reasons,
    step_clock,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.booking_clock import ClockPause, deadline_from
from services.payments.domain.business_day import business_day
from services.payments.domain.errors import ClockReasonUnknown, ClockState
from services.payments.domain.posting import Posting
from shared.errors import NotFound, Stale


async def pause_clock(
    work: UnitOfWork, bank_line_id: UUID, why: tuple[str, str], revision: int, posting: Posting
) -> None:
    """`why` is (reason, note). ClockState when it is paused, over or has run out: late is late. ClockReasonUnknown."""
    clock = await wanted_clock(work, bank_line_id, revision)
    reason_code, note = why
    _refuse_unless_waiting(clock)
    if clock.paused_at is not None:
        raise ClockState(f"The clock is paused since {clock.paused_at:%Y-%m-%d %H:%M} UTC")
    if clock.due_at <= posting.at:
        raise ClockState("The time has run out; a late credit gets a cause, not a pause")
    await refuse_unoffered(work, "pause", reason_code, posting.at)
    await step_clock(
        work.connection,
        clock,
        ("paused", reason_code, note),
        posting,
        paused_at=posting.at,
        pause_code=reason_code,
    )


async def resume_clock(
    work: UnitOfWork, bank_line_id: UUID, note: str, revision: int, posting: Posting
) -> None:
    """What was left of the time when it was paused counts from now; ClockState when it is not paused."""
    clock = await wanted_clock(work, bank_line_id, revision)
    if clock.paused_at is None:
        raise ClockState("The clock is not paused")
    terms = await terms_of_account(work.connection, clock.bank_account_id)
    pauses = [
        *await ended_pauses(work.connection, bank_line_id),
        ClockPause(clock.paused_at, posting.at),
    ]
    deadline = deadline_from(clock.credited_at, terms.on(clock.booked_on), pauses)
    await step_clock(
        work.connection,
        clock,
        ("resumed", clock.pause_code, note),
        posting,
        paused_at=None,
        pause_code="",
        half_at=deadline.half_at,
        warn_at=deadline.warn_at,
        due_at=deadline.due_at,
    )


async def wanted_clock(work: UnitOfWork, bank_line_id: UUID, revision: int) -> Row:
    """The clock, locked; NotFound, or Stale when somebody changed it since it was read."""
    clock = await clock_for_update(work.connection, bank_line_id)
    if clock is None:
        raise NotFound(f"There is no credit {bank_line_id} with a clock")
    if clock.revision != revision:
        raise Stale(f"The clock is at revision {clock.revision}, you changed revision {revision}")
    return clock


async def refuse_unoffered(work: UnitOfWork, kind: str, code: str, at: datetime) -> None:
    """ClockReasonUnknown, naming what is offered."""
    offered = await offered_reasons(work.connection, kind, business_day(at))
    if code not in offered:
        raise ClockReasonUnknown(f"'{code}' is not offered; expected one of {', '.join(sorted(offered))}")


def _refuse_unless_waiting(clock: Row) -> None:
    if clock.is_excused:
        raise ClockState("The credit is no customer's payment: its time does not count")
    if clock.booked_at is not None:
        raise ClockState(f"The credit was booked at {clock.booked_at:%Y-%m-%d %H:%M} UTC")
