"""What people say about a credit's clock: why it was late, or that its money stays on account."""

from uuid import UUID

from services.payments.adapters.repositories.clocks import step_clock
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.pause_clock import refuse_unoffered, wanted_clock
from services.payments.domain.errors import ClockState
from services.payments.domain.posting import Posting


async def state_late_cause(
    work: UnitOfWork, bank_line_id: UUID, why: tuple[str, str], revision: int, posting: Posting
) -> None:
    """`why` is (cause, note); a better one may follow. ClockState unless the time has run out; ClockReasonUnknown."""
    clock = await wanted_clock(work, bank_line_id, revision)
    is_overdue = (
        clock.booked_at is None
        and clock.paused_at is None
        and not clock.is_excused
        and clock.due_at < posting.at
    )
    if not (clock.late_code or is_overdue):
        raise ClockState("The credit is not late")
    code, note = why
    await refuse_unoffered(work, "late", code, posting.at)
    await step_clock(work.connection, clock, ("late_cause", code, note), posting, late_code=code)


async def keep_on_account(
    work: UnitOfWork, bank_line_id: UUID, note: str, revision: int, posting: Posting
) -> None:
    """The money belongs to no invoice for now, and that is known; ClockState unless it is booked and not allocated."""
    clock = await wanted_clock(work, bank_line_id, revision)
    if clock.booked_at is None:
        raise ClockState("The credit is not booked yet")
    if clock.allocated_at is not None:
        raise ClockState(f"The money is allocated since {clock.allocated_at:%Y-%m-%d %H:%M} UTC")
    await step_clock(
        work.connection,
        clock,
        ("kept_on_account", "", note),
        posting,
        allocated_at=posting.at,
        allocated_as="on_account",
    )
