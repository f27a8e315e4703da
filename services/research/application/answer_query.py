"""Answers a query that was asked, in a process of its own, and freezes what came of it."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from services.research.adapters.bounded_process import ProcessDied, run_bounded
from services.research.adapters.dataset_rows import Row
from services.research.adapters.query_runs import end_run, keys_of_data, run_to_answer
from services.research.adapters.scratch import scratch_folder
from services.research.adapters.unit_of_work import UnitOfWork
from services.research.application.load_dataset import LoadParts
from services.research.domain.errors import QueryFailed, QueryRefused, QueryTooLarge, QueryTooSlow
from shared.errors import Refusal

PROGRAM: Final = "services.research.adapters.querying"
SECONDS_MAX: Final = 60
GRACE_SECONDS: Final = 5
_REFUSALS: Final[Mapping[str, type[Refusal]]] = {
    one.code: one for one in (QueryRefused, QueryFailed, QueryTooSlow, QueryTooLarge)
}


async def answer_query(parts: LoadParts, run_id: UUID, *, seconds: int = SECONDS_MAX) -> None:
    """Repeating it is harmless. A refusal is kept with the run and raised."""
    async with UnitOfWork(parts.database) as work:
        run = await run_to_answer(work.connection, run_id)
        keys = await keys_of_data(work.connection, run.datasets)
    if run.state != "queued":
        return
    try:
        async with scratch_folder(parts.scratch, f"salesops-query-{run_id}") as folder:
            tables = {
                table: str(await parts.store.local_path(key, parts.copies)) for table, key in keys.items()
            }
            told = await _answered(run, folder, tables, seconds)
            key = f"query-results/{run_id}/{told['sha256']}.parquet"
            await parts.store.put_file(key, folder / "result.parquet")
    except Refusal as refusal:
        failure = {"failure_code": refusal.code, "failure_detail": refusal.detail}
        await _end(parts, run_id, state="failed", **failure)
        raise
    values = {name: told[name] for name in ("columns", "rows", "is_cut")}
    stored = {"result_key": key, "result_bytes": told["bytes"], "result_sha256": told["sha256"]}
    await _end(parts, run_id, state="succeeded", **values, **stored)


async def _answered(run: Row, folder: Path, tables: Mapping[str, str], seconds: int) -> Mapping[str, Any]:
    task = {
        "folder": str(folder),
        "sql": run.sql,
        "tables": tables,
        "rows_max": run.rows_max,
        "seconds": seconds,
    }
    try:
        answer = await run_bounded(PROGRAM, task, _silent, seconds=seconds + GRACE_SECONDS)
    except TimeoutError as error:
        raise QueryTooSlow(f"The query took longer than {seconds} seconds and was killed") from error
    except ProcessDied as error:
        raise QueryTooLarge("The query went beyond its bounds and was killed") from error
    if refused := answer.get("refusal"):
        raise _REFUSALS[refused["code"]](refused["detail"])
    result: Mapping[str, Any] = answer["result"]
    return result


async def _silent(_told: Mapping[str, Any]) -> None:
    """A query tells nothing before its end."""


async def _end(parts: LoadParts, run_id: UUID, **values: object) -> None:
    async with UnitOfWork(parts.database) as work:
        await end_run(work.connection, run_id, **values, ended_at=datetime.now(UTC))
        await work.commit()
