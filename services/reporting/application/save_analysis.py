"""Saves what is to be analysed again, and changes it by a new version."""

from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from services.reporting.adapters.analysis_clocks import set_clock
from services.reporting.adapters.analysis_store import Row
from services.reporting.adapters.saved_analysis_store import (
    SavedAnalysis,
    add_revision,
    hold_saved,
    saved_shown,
)
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.domain.analysis_letter import malformed, outside_of
from services.reporting.domain.errors import RecipientOutside, SavedAnalysisUnknown
from shared.errors import Stale
from shared.identity import RowScope
from shared.scheduling.holiday_calendar import ALWAYS_OPEN
from shared.scheduling.planned_runs import planned_runs
from shared.scheduling.refusals import ScheduleInvalid
from shared.scheduling.timing import ClosedDayRule, Timing


async def save_analysis(
    work: UnitOfWork, saved: SavedAnalysis, domains: frozenset[str], *, at: datetime, actor: str
) -> UUID:
    """Its id; it is made when somebody asks, when rows of its name are told, or by the clock. `domains` are those of the
    house. ScheduleInvalid, RecipientOutside."""
    _check_recipients(saved, domains)
    saved_id = uuid7()
    await set_clock(work.connection, saved_id, at, _next_due(saved, at))
    await add_revision(work.connection, (saved_id, 1), saved, at=at, by=actor)
    return saved_id


async def change_saved_analysis(
    work: UnitOfWork,
    change: tuple[UUID, int],
    saved: tuple[SavedAnalysis, frozenset[str]],
    scope: RowScope,
    who: tuple[str, datetime],
) -> None:
    """`change` is which one and the revision it was decided on, `saved` what it becomes, and the domains of the house.
    ScheduleInvalid, RecipientOutside; Stale when somebody was first."""
    (saved_id, revision), (wanted, domains) = change, saved
    _check_recipients(wanted, domains)
    await hold_saved(work.connection, saved_id)
    known = await known_saved(work, saved_id, scope)
    if known.revision != revision:
        raise Stale(f"It is at revision {known.revision}; read it again", revision=known.revision)
    actor, at = who
    await set_clock(work.connection, saved_id, at, _next_due(wanted, at))
    await add_revision(work.connection, (saved_id, revision + 1), wanted, at=at, by=actor)


async def known_saved(work: UnitOfWork, saved_id: UUID, scope: RowScope) -> Row:
    """The newest version. SavedAnalysisUnknown for one that is not there, or not the caller's to see."""
    row = await saved_shown(work.connection, scope, saved_id)
    if row is None:
        raise SavedAnalysisUnknown(f"There is no saved analysis {saved_id}")
    return row


def timing_of(cron: str | None, time_zone: str, since: datetime) -> Timing | None:
    """When it is made again, from the day of that instant on; ScheduleInvalid for times that cannot be."""
    if cron is None:
        return None
    return Timing(
        cron=cron,
        time_zone=time_zone,
        on_closed_day=ClosedDayRule.RUN,
        valid_from=since.date(),
        valid_to=None,
    )


def _check_recipients(saved: SavedAnalysis, domains: frozenset[str]) -> None:
    if problems := malformed(saved.recipients, has_times=saved.cron is not None):
        raise ScheduleInvalid("It cannot be sent as it is told", problems=problems)
    if problems := outside_of(saved.recipients, domains):
        raise RecipientOutside("The analysis may not go there", problems=problems)


def _next_due(saved: SavedAnalysis, at: datetime) -> datetime | None:
    timing = timing_of(saved.cron, saved.time_zone, at)
    run = next(planned_runs(timing, ALWAYS_OPEN, at), None) if timing else None
    return run.due_at if run else None
