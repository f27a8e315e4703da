"""Keeps the months of the request audit: those to come are made, and old ones leave for the archive if there is one."""

from datetime import datetime
from typing import Final

from gateway.adapters.audit_archive import MonthArchive
from gateway.adapters.audit_partitions import first_of_month, keep_months, let_go, months_ended_before
from shared.database import Database
from shared.observability import logger

# A round is short: the worker has other timers, and the next round goes on.
MONTHS_A_ROUND: Final = 3


async def keep_audit_months(database: Database, now: datetime) -> None:
    """Make the partitions that are missing; safe to repeat, and for several workers at once."""
    async with database.engine.begin() as connection:
        made = await keep_months(connection, now)
    for name in made:
        logger("audit").info("audit_month_made", partition=name)


async def archive_audit(database: Database, archive: MonthArchive, now: datetime, *, months_kept: int) -> int:
    """Archive months that ended before those kept, the oldest first; returns how many left the database.

    A month leaves only after its file was read back whole from the archive, and only with as many rows as the file has.
    """
    limit = first_of_month(now, months_kept)
    async with database.reading() as connection:
        months = await months_ended_before(connection, limit)
    gone = 0
    for month in months[:MONTHS_A_ROUND]:
        manifest = await archive.keep(database, month, now)
        async with database.engine.begin() as connection:
            is_gone = await let_go(connection, month, rows=manifest.rows)
        if is_gone:
            gone += 1
            logger("audit").info("audit_month_archived", partition=month.name, rows=manifest.rows)
    return gone
