"""Keeps rows that were told to be analysed, as the next version of their name."""

from datetime import datetime
from uuid import UUID

from services.reporting.adapters.analysis_store import NewTable, add_table
from services.reporting.adapters.unit_of_work import UnitOfWork
from services.reporting.domain.errors import AnalysisInvalid


async def keep_table(work: UnitOfWork, new: NewTable, *, at: datetime, actor: str) -> UUID:
    """The id of the version. AnalysisInvalid without rows."""
    if not new.rows:
        raise AnalysisInvalid("The file has no rows below its header")
    return await add_table(work.connection, new, at=at, by=actor)
