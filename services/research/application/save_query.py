"""Saves queries to ask them again, changes them by new versions, and asks them with arguments."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from uuid_utils.compat import uuid7

from services.research.adapters.dataset_rows import Row
from services.research.adapters.query_parameters import with_values
from services.research.adapters.query_reading import datasets_named
from services.research.adapters.saved_queries import (
    add_query_version,
    add_saved_query,
    add_saved_run,
    saved_query,
    set_standing,
)
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.application.ask_query import ask_query
from services.research.domain.assignment import day_in_india
from services.research.domain.query_parameter import Parameter, ParameterType, literals, resolved_arguments
from shared.errors import Stale
from shared.identity import Caller
from shared.scheduling.holiday_calendar import ALWAYS_OPEN
from shared.scheduling.planned_runs import planned_runs
from shared.scheduling.timing import CatchUp as CatchUp
from shared.scheduling.timing import ClosedDayRule, Timing


@dataclass(frozen=True, slots=True, kw_only=True)
class QueryToSave:
    """What somebody wants kept; without `cron` it is asked by hand alone."""

    title: str
    sql: str
    parameters: tuple[Parameter, ...]
    rows_max: int
    cron: str | None
    time_zone: str


async def save_query(work: UnitOfWork, wanted: QueryToSave, caller: Caller, *, at: datetime) -> UUID:
    """QueryRefused; SavedQueryInvalid; ScheduleInvalid. Whether its datasets may be read is asked each time it runs."""
    timing = _checked(wanted, at)
    saved_id = uuid7()
    owner = caller.owner or caller.subject
    facts = {"id": saved_id, "owner": owner, "at": at, "next_due_at": next_due(timing, at)}
    await add_saved_query(work.connection, facts)
    await add_query_version(work.connection, _version(saved_id, 1, wanted, timing, (caller, at)))
    return saved_id


async def change_saved_query(
    work: UnitOfWork, change: tuple[UUID, int], wanted: QueryToSave, caller: Caller, *, at: datetime
) -> None:
    """`change` is which one and the revision it was decided on. Stale; SavedQueryUnknown. What is due by now stays due."""
    saved_id, revision = change
    row = await saved_query(work.connection, caller, saved_id, for_update=True)
    if row.revision != revision:
        raise Stale(f"It is at revision {row.revision}; read it again", revision=row.revision)
    timing = _checked(wanted, at)
    await add_query_version(work.connection, _version(saved_id, revision + 1, wanted, timing, (caller, at)))
    due = next_due(timing, at)
    await set_standing(work.connection, saved_id, revision=revision + 1, next_due_at=due, settled_until_at=at)


async def ask_saved_query(
    work: UnitOfWork, saved_id: UUID, arguments: Mapping[str, str], caller: Caller, *, at: datetime
) -> UUID:
    """The run; refusals are raised. SavedQueryUnknown; SavedQueryInvalid; and those of asking."""
    row = await saved_query(work.connection, caller, saved_id)
    resolved, run_id = await asked(work, row, arguments, caller, at=at)
    facts = {
        "id": uuid7(),
        "saved_query_id": saved_id,
        "revision": row.revision,
        "arguments": resolved,
        "run_id": run_id,
    }
    await add_saved_run(
        work.connection, {**facts, "outcome": "asked", "asked_by": caller.actor, "asked_at": at}
    )
    return run_id


async def asked(
    work: UnitOfWork, row: Row, arguments: Mapping[str, str], caller: Caller, *, at: datetime
) -> tuple[Mapping[str, str], UUID]:
    """What its parameters are this time, and the run."""
    parameters = [Parameter(**{**one, "type": ParameterType(one["type"])}) for one in row.parameters]
    resolved = resolved_arguments(parameters, arguments, day_in_india(at))
    sql = with_values(row.sql, literals(parameters, resolved))
    return resolved, await ask_query(work, sql, row.rows_max, caller, at=at)


def timing_of(row: Row) -> Timing | None:
    """When a saved query runs, as its version says."""
    return None if row.cron is None else _timing(row.cron, row.time_zone, row)


def next_due(timing: Timing | None, after: datetime) -> datetime | None:
    if timing is None:
        return None
    following = next(planned_runs(timing, ALWAYS_OPEN, after), None)
    return following.due_at if following else None


def _checked(wanted: QueryToSave, at: datetime) -> Timing | None:
    resolved = resolved_arguments(wanted.parameters, {}, day_in_india(at))
    datasets_named(with_values(wanted.sql, literals(wanted.parameters, resolved)))
    if wanted.cron is None:
        return None
    return Timing(
        cron=wanted.cron,
        time_zone=wanted.time_zone,
        on_closed_day=ClosedDayRule.RUN,
        valid_from=day_in_india(at),
        valid_to=None,
    )


def _timing(cron: str, time_zone: str, row: Row) -> Timing:
    return Timing(
        cron=cron,
        time_zone=time_zone,
        on_closed_day=ClosedDayRule.RUN,
        valid_from=row.valid_from,
        valid_to=None,
    )


def _version(
    saved_id: UUID, revision: int, wanted: QueryToSave, timing: Timing | None, who: tuple[Caller, datetime]
) -> dict[str, object]:
    caller, at = who
    parameters: Sequence[object] = [asdict(one) for one in wanted.parameters]
    return {
        "saved_query_id": saved_id,
        "revision": revision,
        "title": wanted.title,
        "sql": wanted.sql,
        "parameters": parameters,
        "rows_max": wanted.rows_max,
        "cron": timing.cron if timing else None,
        "time_zone": wanted.time_zone,
        "valid_from": day_in_india(at),
        "roles": sorted(caller.roles),
        "set_by": caller.actor,
        "set_at": at,
    }
