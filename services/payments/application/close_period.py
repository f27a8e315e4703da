"""Closes a month once its checklist holds, and opens the last one again when two people want it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.queries.period_checks import quick_checks
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.periods import (
    add_waiver,
    change_period,
    first_entry_day,
    first_open_day,
    hold_postings,
    keep_balances,
    kept_balances,
    note_period,
    period_for_update,
    set_first_open_day,
    waivers_of,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.application.verify_ledger import verify_ledger
from services.payments.domain.errors import (
    AlreadyDecided,
    CheckNotWaivable,
    MakerIsChecker,
    PeriodNotReady,
    PeriodState,
)
from services.payments.domain.period import (
    UNWAIVABLE,
    BalanceChange,
    Check,
    CheckName,
    PeriodStanding,
    changed_balances,
    failing,
    last_day,
    month_name,
    next_month,
    refuse_closing,
    refuse_reopening,
)
from services.payments.domain.posting import Posting
from shared.actors import is_same_person
from shared.errors import FieldProblem

CHANGES_TOLD: Final = 200


@dataclass(frozen=True, slots=True)
class PeriodReading:
    """The checklist of a month as it is now, and what was waived for the closing that would come."""

    checks: Sequence[Check]
    waivers: Sequence[Row]


async def period_checklist(
    connection: AsyncConnection, month: date, closings: int, now: datetime
) -> PeriodReading:
    """Every check, the audit chain included: it takes as long as the books are large."""
    chain = await _audit_chain(connection)
    checks = [*await quick_checks(connection, month, now), chain]
    return PeriodReading(checks, await waivers_of(connection, month, closings + 1))


async def close_period(work: UnitOfWork, month: date, posting: Posting) -> None:
    """Lock the month and keep what its accounts hold. PeriodNotReady names what fails.

    PeriodState, PeriodOrder and DateImpossible as refuse_closing. The chain is walked first, so that postings are held
    only for the rest; what is posted between the two is checked when the next month is closed.
    """
    chain = await _audit_chain(work.connection)
    await hold_postings(work.connection)
    period = await period_for_update(work.connection, month)
    refuse_closing(
        month,
        today=posting.effective_on,
        standing=PeriodStanding(period.state),
        first_open_on=await first_open_day(work.connection),
        first_entry_on=await first_entry_day(work.connection),
    )
    checks = [*await quick_checks(work.connection, month, posting.at), chain]
    closing = period.closings + 1
    waivers = await waivers_of(work.connection, month, closing)
    _refuse_unready(month, checks, waivers)
    revision = await change_period(work.connection, month, PeriodStanding.CLOSED, is_closing=True)
    await keep_balances(work.connection, month, closing, last_day(month))
    changes = await _changes(work.connection, month, closing)
    await set_first_open_day(work.connection, next_month(month))
    facts = {
        "checks": [{"name": check.name, "passed": check.is_passed, "found": check.found} for check in checks],
        "waived": [waiver.check_name for waiver in waivers],
        "changed_balances": len(changes),
        "changes": [
            {"key": change.key, "before_minor": change.before_minor, "after_minor": change.after_minor}
            for change in changes[:CHANGES_TOLD]
        ],
    }
    await note_period(work.connection, (month, revision), ("closed", ""), posting, facts)


async def waive_check(work: UnitOfWork, month: date, check: str, reason: str, posting: Posting) -> None:
    """For the closing that comes. CheckNotWaivable; PeriodState when it is closed; AlreadyDecided."""
    if check in UNWAIVABLE:
        raise CheckNotWaivable(f"Books whose {check.replace('_', ' ')} fails are mended, not closed")
    period = await period_for_update(work.connection, month)
    if period.state != PeriodStanding.OPEN:
        raise PeriodState(f"{month_name(month)} is {period.state}")
    key = (month, period.closings + 1, check)
    if not await add_waiver(work.connection, key, reason, posting.actor, posting.at):
        raise AlreadyDecided(f"{check} is waived for this closing")


async def ask_reopening(work: UnitOfWork, month: date, reason: str, posting: Posting) -> None:
    """It stays closed until another confirms. PeriodState; PeriodOrder unless it is the last that was closed."""
    period = await period_for_update(work.connection, month)
    opens_on = await first_open_day(work.connection)
    refuse_reopening(month, standing=PeriodStanding(period.state), first_open_on=opens_on)
    revision = await change_period(work.connection, month, PeriodStanding.REOPENING, asked_by=posting.actor)
    await note_period(work.connection, (month, revision), ("reopening_asked", reason), posting, {})


async def decide_reopening(
    work: UnitOfWork, month: date, reason: str, posting: Posting, *, is_confirmed: bool
) -> None:
    """Never by who asked. PeriodState when nobody did; MakerIsChecker."""
    await hold_postings(work.connection)
    period = await period_for_update(work.connection, month)
    if period.state != PeriodStanding.REOPENING:
        raise PeriodState(f"Nobody asked to open {month_name(month)} again")
    if is_same_person(period.asked_by, posting.actor):
        raise MakerIsChecker("Who asked to open a month again does not decide it")
    standing = PeriodStanding.OPEN if is_confirmed else PeriodStanding.CLOSED
    revision = await change_period(work.connection, month, standing)
    if is_confirmed:
        await set_first_open_day(work.connection, month)
    kind = "reopened" if is_confirmed else "reopening_refused"
    await note_period(work.connection, (month, revision), (kind, reason), posting, {})


async def _audit_chain(connection: AsyncConnection) -> Check:
    verification = await verify_ledger(connection)
    told = f"{verification.batches} batches with {verification.entries} entries are verified"
    if not verification.is_intact:
        told = f"The chain breaks at batch {verification.first_broken_batch_id}"
    return Check(CheckName.AUDIT_CHAIN, verification.is_intact, told)


def _refuse_unready(month: date, checks: Sequence[Check], waivers: Sequence[Row]) -> None:
    wanting = failing(checks, [waiver.check_name for waiver in waivers])
    if wanting:
        problems = [FieldProblem(f"/checks/{check.name}", check.found) for check in wanting]
        names = ", ".join(check.name for check in wanting)
        raise PeriodNotReady(f"{month_name(month)} cannot be closed: {names}", problems=problems)


async def _changes(connection: AsyncConnection, month: date, closing: int) -> list[BalanceChange]:
    """Against the closing before, if the month was opened again."""
    if closing == 1:
        return []
    before = await kept_balances(connection, month, closing - 1)
    return changed_balances(before, await kept_balances(connection, month, closing))
