"""Asks saved queries when they are due: each instant once, whoever sees it first, and none in silence."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

from uuid_utils.compat import uuid7

from services.research.adapters.dataset_rows import Row
from services.research.adapters.saved_queries import add_saved_run, due_rows, set_standing
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.application.save_query import asked, timing_of
from shared.errors import Refusal
from shared.identity import Caller
from shared.scheduling.holiday_calendar import ALWAYS_OPEN
from shared.scheduling.planned_runs import due_runs, settlement
from shared.scheduling.timing import CatchUp

AT_ONCE_MAX: Final = 50
BY: Final = "system:schedule"


async def fire_saved_queries(work: UnitOfWork, at: datetime) -> int:
    """Of runs nobody started in time the newest is made up for; those left out have a row. Returns how many queries."""
    rows = await due_rows(work.connection, at, limit=AT_ONCE_MAX)
    for row in rows:
        await _settle(work, row, at)
    return len(rows)


async def _settle(work: UnitOfWork, row: Row, at: datetime) -> None:
    timing = timing_of(row)
    assert timing is not None, "only what has times is ever due"
    runs, following = due_runs(timing, ALWAYS_OPEN, row.settled_until_at, at)
    parted = settlement(runs, CatchUp.NEWEST, at, more_follow=following is not None and following <= at)
    for run in parted.skipped:
        await _note(work, row, run.due_at, at, {"outcome": "skipped", "arguments": {}})
    for run in parted.fired:
        await _note(work, row, run.due_at, at, await _asked(work, row, run.due_at))
    settled = runs[-1].due_at if runs else at
    await set_standing(work.connection, row.id, settled_until_at=settled, next_due_at=following)


async def _asked(work: UnitOfWork, row: Row, due_at: datetime) -> dict[str, object]:
    """As its owner, with the roles of when it was saved; a refusal is the answer of this time."""
    owner = Caller(
        subject=row.owner, roles=frozenset(row.roles), zones=frozenset(), partner_code=None, token_id=BY
    )
    try:
        async with work.connection.begin_nested():
            resolved, run_id = await asked(work, row, {}, owner, at=due_at)
    except Refusal as refusal:
        failure = {"failure_code": refusal.code, "failure_detail": refusal.detail}
        return {"outcome": "refused", "arguments": {}, **failure}
    return {"outcome": "asked", "arguments": dict(resolved), "run_id": run_id}


async def _note(
    work: UnitOfWork, row: Row, due_at: datetime, at: datetime, facts: Mapping[str, object]
) -> None:
    same = {"id": uuid7(), "saved_query_id": row.id, "revision": row.revision, "due_at": due_at}
    await add_saved_run(work.connection, {**same, **facts, "asked_by": BY, "asked_at": at})
