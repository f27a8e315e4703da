"""Makes a saved analysis again: of the newest rows of its name, beside the figures of the run before."""

from datetime import UTC, datetime
from typing import Final
from uuid import UUID

from services.reporting.adapters.analysis_clocks import Instant, add_instant, is_settled
from services.reporting.adapters.analysis_store import Row
from services.reporting.adapters.saved_analysis_store import (
    hold_saved,
    last_run,
    newest_table,
    saved_for_rows,
)
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.application.run_analysis import WantedAnalysis, run_analysis
from services.reporting.application.save_analysis import known_saved
from services.reporting.application.write_analysis_letters import queue_analysis_letters
from services.reporting.domain.analysis import AnalysisKind
from services.reporting.domain.errors import AnalysisTableUnknown
from shared.database import Database
from shared.errors import Refusal
from shared.identity import RowScope
from shared.jobs import Job, enqueue

TASK: Final = "run_saved_analysis"
EVERYTHING: Final = RowScope(sees_all=True, zones=frozenset(), partner_code=None)


async def run_saved_analysis(
    work: UnitOfWork, saved_id: UUID, scope: RowScope, *, at: datetime, actor: str
) -> UUID:
    """The id of the analysis. AnalysisTableUnknown before rows of its name were told."""
    await hold_saved(work.connection, saved_id)
    saved = await known_saved(work, saved_id, scope)
    table = await newest_table(work.connection, saved.table_name)
    if table is None:
        raise AnalysisTableUnknown(f"No rows were told under the name {saved.table_name}")
    return await run_analysis(work, _wanted(saved, table), scope, at=at, actor=actor)


async def queue_saved_analyses(work: UnitOfWork, table_name: str) -> None:
    """Have those made again that wait for rows of this name; whoever saved them has asked for the jobs."""
    for saved in await saved_for_rows(work.connection, table_name):
        await enqueue(
            work.connection,
            TASK,
            {"saved_analysis_id": str(saved.id)},
            created_by=saved.kept_by,
            lock=f"saved|{saved.id}",
        )


async def queue_due_analysis(work: UnitOfWork, saved_id: UUID, due_at: datetime, *, actor: str) -> None:
    """Have it made for a due instant."""
    payload = {"saved_analysis_id": str(saved_id), "due_at": due_at.isoformat()}
    await enqueue(work.connection, TASK, payload, created_by=actor, lock=f"saved|{saved_id}")


async def make_saved_analysis(database: Database, job: Job) -> None:
    """The job: harmless to repeat, because the same rows by the same version are not analysed twice."""
    saved_id = UUID(str(job.payload["saved_analysis_id"]))
    told = job.payload.get("due_at")
    due_at = None if told is None else datetime.fromisoformat(str(told))
    try:
        async with UnitOfWork(database) as work:
            await hold_saved(work.connection, saved_id)
            if due_at is not None and await is_settled(work.connection, saved_id, due_at):
                return
            outcome, analysis_id = await _made(work, saved_id)
            if due_at is not None:
                await _note(work, saved_id, due_at, outcome, analysis_id)
            await work.commit()
    except Refusal as refusal:
        if due_at is None:
            raise
        async with UnitOfWork(database) as work:
            await _note(work, saved_id, due_at, "refused", None, refusal.detail)
            await work.commit()


async def _made(work: UnitOfWork, saved_id: UUID) -> tuple[str, UUID]:
    """Whether it was made or nothing had changed, and the analysis that counts."""
    saved = await known_saved(work, saved_id, EVERYTHING)
    table = await newest_table(work.connection, saved.table_name)
    before = await last_run(work.connection, saved_id)
    seen = None if before is None else (before.table_id, before.saved_revision)
    if before is not None and table is not None and seen == (table.id, saved.revision):
        return "unchanged", before.id
    made = await run_saved_analysis(work, saved_id, EVERYTHING, at=datetime.now(UTC), actor=saved.kept_by)
    return "made", made


async def _note(
    work: UnitOfWork,
    saved_id: UUID,
    due_at: datetime,
    outcome: str,
    analysis_id: UUID | None,
    refusal: str | None = None,
) -> None:
    """The instant's row, and with an analysis the letters that carry it."""
    saved, at = await known_saved(work, saved_id, EVERYTHING), datetime.now(UTC)
    instant = Instant(
        saved_id=saved_id,
        revision=saved.revision,
        due_at=due_at,
        outcome=outcome,
        analysis_id=analysis_id,
        refusal=refusal,
    )
    await add_instant(work.connection, instant, at)
    if analysis_id is not None:
        await queue_analysis_letters(work, saved, due_at, at)


def _wanted(saved: Row, table: Row) -> WantedAnalysis:
    return WantedAnalysis(
        kind=AnalysisKind(saved.kind),
        title=f"{saved.name}, version {table.version}",
        options=saved.options,
        zone=saved.zone,
        partner_code=saved.partner_code,
        table_id=table.id,
        saved=(saved.id, saved.revision),
    )
