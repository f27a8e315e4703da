"""Keeps rows that were told to be analysed, as the next version of their name; analyses that wait for them are queued."""

from datetime import datetime
from uuid import UUID

from services.reporting.adapters.analysis_store import NewTable, add_table
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.application.run_saved_analysis import queue_saved_analyses
from services.reporting.domain.errors import AnalysisInvalid


async def keep_table(work: UnitOfWork, new: NewTable, *, at: datetime, actor: str) -> UUID:
    """The id of the version. AnalysisInvalid without rows."""
    if not new.rows:
        raise AnalysisInvalid("The file has no rows below its header")
    table_id = await add_table(work.connection, new, at=at, by=actor)
    if new.name is not None:
        await queue_saved_analyses(work, new.name)
    return table_id
