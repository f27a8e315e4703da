"""Lets months of the journal go that need not be kept any more: `python -m deploy.detach_journal`.

Books are kept for eight financial years before the running one (Companies Act 2013, section 128(5)). A month of before is
archived and compared as `deploy.archive_journal` does it, what it comes to is carried forward day by day, and its
partitions are dropped once nobody reads any more as it was before. Balances of any day stay what they were; entries of it
are found in the archive. Without `--yes` it says which months would go and changes nothing but the archive.

The environment and the codes it ends with are those of `deploy.archive_journal`; it ends with 2 as well when a month could
not go yet, and going on is repeating it.
"""

import argparse
import sys
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time
from typing import Final

from sqlalchemy.ext.asyncio import AsyncConnection

from deploy.archive_journal import (
    ARCHIVED,
    NOT_ARCHIVED,
    archive_journal,
    compare,
    ended,
    journal_archives,
    told,
)
from gateway.adapters.audit_archive import Manifest, MonthArchive
from services.payments.adapters.carried_months import (
    ArchivedMonth,
    carry_forward,
    drop_carried,
    last_effective_day,
)
from services.payments.adapters.journal_months import ENTRIES
from services.payments.domain.business_day import BUSINESS_TIME_ZONE, books_kept_from, business_day
from services.payments.domain.errors import CarryingRefused
from shared.database import Database
from shared.month_partitions import months_ended_before

PATIENCE_SECONDS: Final = 60.0


async def months_to_go(
    database: Database, entries: MonthArchive, lines: MonthArchive, now: datetime
) -> AsyncIterator[ArchivedMonth[Manifest]]:
    """Archived months that were made and count before the years that have to be kept, up to the first that was not."""
    kept_from = books_kept_from(business_day(now))
    kept_since = datetime.combine(kept_from, time(), BUSINESS_TIME_ZONE)
    async with database.reading() as connection:
        ended = iter(await months_ended_before(connection, ENTRIES, kept_since))
    async for one in archive_journal(database, entries, lines, now):
        if one.month != next(ended, None) or not await _counts_before(database, one, kept_from):
            return
        yield one


async def _counts_before(database: Database, one: ArchivedMonth[Manifest], day: date) -> bool:
    async with database.reading() as connection:
        last = await last_effective_day(connection, one)
    return last is None or last < day


async def detach_month(database: Database, one: ArchivedMonth[Manifest], at: datetime) -> bool:
    """Carry it forward unless it was; ArchiveDiffers, CarryingRefused."""

    async def still_agree(connection: AsyncConnection) -> None:
        await compare(connection, one.entries, one.lines)

    async with database.engine.begin() as connection:
        return await carry_forward(connection, one, still_agree, at)


async def run(url: str, now: datetime, *, is_meant: bool, patience_seconds: float = PATIENCE_SECONDS) -> int:
    """Say what goes, and let it go if it `is_meant`; returns the code to end with, and raises as `archive_journal`."""
    archives = journal_archives()
    database = Database(url, application_name="detach-journal", pool_size=1)
    try:
        months = months_to_go(database, *archives, now)
        if not is_meant:
            await _tell(months, now)
            return ARCHIVED
        refusals = [*await _carry(database, months, now), *await _drop(database, patience_seconds, now)]
    finally:
        await database.close()
    for refusal in refusals:
        sys.stderr.write(f"{refusal}\n")
    return NOT_ARCHIVED if refusals else ARCHIVED


async def _tell(months: AsyncIterator[ArchivedMonth[Manifest]], now: datetime) -> None:
    lets_go = "no closed month lies wholly before"
    async for one in months:
        lets_go = "--yes lets these go"
        sys.stdout.write(f"{one.name} would go; {told(one)}\n")
    sys.stdout.write(f"Books are kept from {books_kept_from(business_day(now))}; {lets_go}\n")


async def _carry(
    database: Database, months: AsyncIterator[ArchivedMonth[Manifest]], now: datetime
) -> list[str]:
    """Up to the first that is refused: what leaves begins with the oldest, without a gap. Returns the refusal."""
    async for one in months:
        try:
            if await detach_month(database, one, now):
                sys.stdout.write(f"{one.name} is carried forward; {told(one)}\n")
        except CarryingRefused as refusal:
            return [refusal.detail]
    return []


async def _drop(database: Database, patience_seconds: float, now: datetime) -> list[str]:
    try:
        gone, waiting = await drop_carried(database, patience_seconds)
    except CarryingRefused as refusal:
        return [refusal.detail]
    named = f": {', '.join(gone)}" if gone else f"; books are kept from {books_kept_from(business_day(now))}"
    sys.stdout.write(f"{len(gone)} months left the database{named}\n")
    late = "carried forward and still there, as somebody reads as it was before"
    return [f"{late}: {', '.join(waiting)}; repeat this later"] if waiting else []


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m deploy.detach_journal", description=__doc__)
    parser.add_argument("--yes", action="store_true", help="let them go")
    arguments = parser.parse_args()

    async def detach(url: str) -> int:
        return await run(url, datetime.now(UTC), is_meant=arguments.yes)

    return ended(detach)


if __name__ == "__main__":
    sys.exit(main())
