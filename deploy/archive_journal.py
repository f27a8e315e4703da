"""Archives months of the journal whose books are closed: `python -m deploy.archive_journal`.

A month is one of making, as the journal is cut (decision 0097); it is archived once it ended and everything in it counts for
months that are closed. Entries and lines become Parquet files with manifests in the store of the request audit's archive
(GATEWAY_ARCHIVE_STORE and its keys), are read back, and have to agree with the database in rows and in the sums of every
account. Nothing leaves the database: `deploy.detach_journal` lets months go. Repeated, it archives what is new and
compares what is there.

PAYMENTS_DATABASE_URL names the database; without it, the local stack's is taken. It ends with 0, with 1 when an archive
differs, and with 2 when it could not look.
"""

import asyncio
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa
from obstore.exceptions import BaseError
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncConnection

from deploy.journal_tables import JOURNAL_ENTRIES, JOURNAL_LINES
from deploy.local.errors import StackError
from deploy.query_archive import NO_STORE, archive_of
from deploy.verify_ledger import database_url
from gateway.adapters.audit_archive import Manifest, MonthArchive
from gateway.domain.errors import ArchiveDiffers
from services.payments.adapters.carried_months import ArchivedMonth
from services.payments.adapters.journal_months import ENTRIES, LINES
from shared.database import Database
from shared.month_partitions import Month, months_ended_before

ARCHIVED: Final = 0
DIFFERS: Final = 1
NOT_ARCHIVED: Final = 2


async def archive_journal(
    database: Database, entries: MonthArchive, lines: MonthArchive, now: datetime
) -> AsyncIterator[ArchivedMonth[Manifest]]:
    """Closed months with the manifests of entries and lines, the oldest first; ArchiveDiffers where one is not it."""
    async with database.reading() as connection:
        months = [
            one
            for one in await months_ended_before(connection, ENTRIES, now)
            if await _is_closed(connection, one)
        ]
    for month in months:
        of_entries = await entries.keep(database, month, now)
        beside = Month(LINES.name + month.name.removeprefix(ENTRIES.name), month.ends_at)
        of_lines = await lines.keep(database, beside, now)
        async with database.reading() as connection:
            await compare(connection, of_entries, of_lines)
        yield ArchivedMonth(month, of_entries, of_lines)


async def _is_closed(connection: AsyncConnection, month: Month) -> bool:
    """Also a month without entries: nothing of it is open."""
    statement = f'SELECT coalesce(max(effective_on) < (SELECT first_open_on FROM ledger_locks), true) FROM "{month.name}"'  # noqa: S608
    return bool(await connection.scalar(sa.text(statement)))


async def compare(connection: AsyncConnection, entries: Manifest, lines: Manifest) -> None:
    """ArchiveDiffers unless the database is as it was archived, by whoever and whenever."""
    counted = await connection.scalar(sa.text(f'SELECT count(*) FROM "{entries.partition}"'))  # noqa: S608 - ours
    if counted != entries.rows:
        raise ArchiveDiffers(f"{entries.partition} has {counted} entries and its archive {entries.rows}")
    found = await connection.execute(
        sa.text(
            f"""
            SELECT account_code, currency, count(*) AS lines, sum(amount_minor) AS amount_minor,
                sum(base_minor) AS base_minor
            FROM ({JOURNAL_LINES.source.format(month=lines.partition)}) AS month GROUP BY account_code, currency
            """  # noqa: S608 - names of ours
        )
    )
    if _by_account(map(dict, found.mappings())) != _by_account(lines.sums or []):
        raise ArchiveDiffers(f"{lines.partition} and its archive do not come to the same in every account")


def _by_account(sums: Iterable[Mapping[Any, Any]]) -> dict[tuple[str, str], tuple[int, int, int]]:
    return {
        (one["account_code"], one["currency"]): (
            int(one["lines"]),
            int(one["amount_minor"]),
            int(one["base_minor"]),
        )
        for one in sums
    }


def told(one: ArchivedMonth[Manifest]) -> str:
    return f"{one.entries.file}: {one.entries.rows} entries, {one.lines.file}: {one.lines.rows} lines"


def journal_archives() -> tuple[MonthArchive, MonthArchive]:
    """Of entries and of lines; StackError where the environment names no store."""
    environment = dict(os.environ)
    try:
        return archive_of(environment, JOURNAL_ENTRIES), archive_of(environment, JOURNAL_LINES)
    except (KeyError, ValueError) as error:
        raise StackError(NO_STORE) from error


async def run(url: str) -> int:
    """Archive and say what; raises what `archive_journal` does."""
    archives = journal_archives()
    database = Database(url, application_name="archive-journal", pool_size=1)
    try:
        count = 0
        async for one in archive_journal(database, *archives, datetime.now(UTC)):
            count += 1
            sys.stdout.write(f"{told(one)}\n")
        sys.stdout.write(f"{count} closed months are archived and agree with the database\n")
    finally:
        await database.close()
    return ARCHIVED


def ended(work: Callable[[str], Coroutine[None, None, int]]) -> int:
    """The code to end with after `work` on the database, having said what kept it from its end."""
    try:
        return asyncio.run(work(database_url()))
    except ArchiveDiffers as error:
        sys.stderr.write(f"{error}; nothing of it was changed\n")
        return DIFFERS
    except StackError as error:
        sys.stderr.write(f"{error}\n")
    except (OSError, SQLAlchemyError, BaseError) as error:
        sys.stderr.write(f"The database or the store could not be asked: {type(error).__name__}; repeat it\n")
    return NOT_ARCHIVED


def main() -> int:
    return ended(run)


if __name__ == "__main__":
    sys.exit(main())
