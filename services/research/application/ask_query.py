"""Asks a query over datasets: read before it runs, within the caller's rights, of the versions that count now."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.research.adapters.dataset_rows import Row, rights_of
from services.research.adapters.query_reading import NamedDataset, datasets_named
from services.research.adapters.query_runs import add_run, versions_named
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.domain.assignment import day_in_india
from services.research.domain.errors import ExportNotAllowed, LicenceOver, QueryRunState
from shared.identity import Caller
from shared.jobs import enqueue

QUERY_TASK: Final = "answer_dataset_query"


async def ask_query(work: UnitOfWork, sql: str, rows_max: int, caller: Caller, *, at: datetime) -> UUID:
    """QueryRefused; DatasetUnknown; VersionUnknown; LicenceOver. Returns the run; its job is queued."""
    named = datasets_named(sql)
    versions = await versions_named(work.connection, caller, named)
    _check_licences(versions, at)
    run_id = uuid7()
    job_id = await enqueue(
        work.connection,
        QUERY_TASK,
        {"run_id": str(run_id)},
        created_by=caller.actor,
        result_url=f"/v1/dataset-query-runs/{run_id}",
    )
    facts = {"id": run_id, "sql": sql, "rows_max": rows_max, "datasets": _frozen(named, versions)}
    ours = {"asked_by": caller.actor, "subject": caller.owner or caller.subject, "asked_at": at}
    await add_run(work.connection, {**facts, **ours, "job_id": job_id})
    return run_id


async def check_result(
    connection: AsyncConnection, run: Row, caller: Caller, *, is_export: bool, at: datetime
) -> None:
    """What a result was made of has still to be the caller's to see, and to take away if it leaves as a file.
    QueryRunState without a result; DatasetUnknown; ExportNotAllowed; LicenceOver."""
    if run.state != "succeeded":
        raise QueryRunState(f"The run is {run.state}; {run.failure_detail or 'follow its job'}")
    named = [NamedDataset(one["name"], one["version"]) for one in run.datasets]
    versions = await versions_named(connection, caller, named)
    _check_licences(versions, at)
    if not is_export:
        return
    person = caller.owner or caller.subject
    for row in versions:
        if not rights_of(row).may_export(person, caller.roles):
            raise ExportNotAllowed(f"{row.name} is {row.owner}'s, who lets you see it; ask to take it away")


def _check_licences(versions: Sequence[Row], at: datetime) -> None:
    for row in versions:
        if not rights_of(row).is_licensed_on(day_in_india(at)):
            raise LicenceOver(f"The licence of {row.name} ended on {row.licence_ends_on}")


def _frozen(named: Sequence[NamedDataset], versions: Sequence[Row]) -> list[dict[str, Any]]:
    return [
        {"table": one.table, "name": one.name, "id": str(row.id), "version": row.number}
        for one, row in zip(named, versions, strict=True)
    ]
