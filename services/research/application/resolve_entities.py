"""Finds out which entities are one company: reads what datasets name, compares what is new, and groups it.

Nothing of a run counts before its last transaction; a run that died is repeated. What people decided is never undone.
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import msgspec
from uuid_utils.compat import uuid7

from services.research.adapters.bounded_process import run_bounded
from services.research.adapters.dataset_rows import Row
from services.research.adapters.entity_sources import mark_read, sources_to_read
from services.research.adapters.resolution_rows import (
    copy_records,
    has_unresolved,
    load_entities,
    load_matches,
    mark_resolved,
    set_bands,
    unresolve_all,
)
from services.research.adapters.resolutions import (
    add_resolution,
    count_bands,
    current_patterns,
    end_resolution,
    is_queued,
    resolution_row,
)
from services.research.adapters.scratch import scratch_folder
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.application.group_companies import group_companies
from services.research.application.load_dataset import LoadParts, Progress
from services.research.domain.record_weights import SAME_FROM, Band, band
from shared.jobs import enqueue

RESOLVE_TASK: Final = "resolve_entities"
# An event that was being written when the records were copied is compared by the next resolution.
EVENTS_TAKE: Final = timedelta(seconds=30)
PROGRAM: Final = "services.research.adapters.resolving"


async def ask_resolution(work: UnitOfWork, scope: str, actor: str, *, at: datetime) -> UUID:
    """Queue one; resolutions run one after the other."""
    resolution_id = uuid7()
    job_id = await enqueue(
        work.connection,
        RESOLVE_TASK,
        {"resolution_id": str(resolution_id)},
        created_by=actor,
        lock="entities",
        result_url=f"/v1/entity-resolutions/{resolution_id}",
    )
    facts = {"id": resolution_id, "scope": scope, "asked_by": actor, "asked_at": at, "job_id": job_id}
    await add_resolution(work.connection, facts)
    return resolution_id


async def ask_if_changed(work: UnitOfWork, *, at: datetime) -> None:
    """For the clock: one resolution for all that changed since the last, unless one waits already."""
    if await has_unresolved(work.connection) and not await is_queued(work.connection):
        await ask_resolution(work, "changed", "system:resolution", at=at)


async def resolve_entities(parts: LoadParts, resolution_id: UUID, progress: Progress) -> None:
    """Repeating it is harmless."""
    began = datetime.now(UTC)
    async with UnitOfWork(parts.database) as work:
        resolution = await resolution_row(work.connection, resolution_id)
        sources = await sources_to_read(work.connection)
    if resolution.state != "queued":
        return
    async with scratch_folder(parts.scratch, f"salesops-resolution-{resolution_id}") as folder:
        for source in sources:
            await progress(message=f"reading {source.dataset}", percent=2)
            await _read(parts, source, folder, at=began)
        async with UnitOfWork(parts.database) as work:
            if resolution.scope == "all":
                await unresolve_all(work.connection)
                await work.commit()
            await copy_records(work.connection, folder / "records.csv")
        found = await _compared(folder, progress)
        await progress(message="grouping", percent=90)
        await _keep(parts, resolution_id, folder, found, began)


async def _read(parts: LoadParts, source: Row, folder: Path, *, at: datetime) -> None:
    data = await parts.store.local_path(source.data_key, parts.copies)
    task = {"step": "read", "folder": str(folder), "data": str(data), "names": source.names}
    await run_bounded(PROGRAM, task, _silent)
    async with UnitOfWork(parts.database) as work:
        await load_entities(work.connection, source, folder / "entities.csv", at=at)
        await mark_read(work.connection, source)
        await work.commit()


async def _compared(folder: Path, progress: Progress) -> Mapping[str, Any]:
    async def tell(told: Mapping[str, Any]) -> None:
        await progress(message=told["message"], percent=told["percent"])

    task = {"step": "resolve", "folder": str(folder), "records": str(folder / "records.csv")}
    answer = await run_bounded(PROGRAM, task, tell)
    result: Mapping[str, Any] = answer["result"]
    return result


async def _keep(
    parts: LoadParts, resolution_id: UUID, folder: Path, found: Mapping[str, Any], began: datetime
) -> None:
    async with UnitOfWork(parts.database) as work:
        if (await resolution_row(work.connection, resolution_id, for_update=True)).state != "queued":
            return
        await load_matches(work.connection, resolution_id, folder / "matches.csv")
        patterns = await current_patterns(work.connection, resolution_id)
        same = [levels for levels in patterns if band(1.0, tuple(levels)) is Band.SAME]
        await set_bands(work.connection, [(levels, SAME_FROM, Band.SAME.value) for levels in same])
        grouping = await group_companies(work, None, at=began)
        await mark_resolved(work.connection, began - EVENTS_TAKE)
        counts = await count_bands(work.connection, resolution_id)
        facts = {
            "records": found["records"],
            "new_records": found["new_records"],
            "pairs_compared": found["pairs_compared"],
            "matches_same": counts.get(Band.SAME.value, 0),
            "matches_review": counts.get(Band.REVIEW.value, 0),
            "held": len(grouping.held),
            "weights": msgspec.json.encode(found["weights"]).decode(),
        }
        await end_resolution(work.connection, resolution_id, facts, at=datetime.now(UTC))
        await work.commit()


async def _silent(_told: Mapping[str, Any]) -> None:
    """Reading tells nothing before its end."""
