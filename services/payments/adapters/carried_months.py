"""Months of the journal that leave: what their lines come to is carried forward, later their partitions are dropped.

Between the two, whoever began to read before still finds the lines, and whoever begins to read finds the sums: which of
both `journal_movements` shows is a row like any other (decision 0100).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Generic, Protocol, TypeVar
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.journal_months import ENTRIES, LINES
from services.payments.adapters.repositories import Row
from services.payments.domain.chart_of_accounts import BANK_PREFIX
from services.payments.domain.errors import CarryingRefused
from shared.database import Database
from shared.month_partitions import Month, alone, first_id, months_ended_before

POLL_SECONDS: Final = 0.5


class ArchivedFile(Protocol):
    """What a manifest of the archive says of a file."""

    @property
    def file(self) -> str: ...
    @property
    def sha256(self) -> str: ...
    @property
    def rows(self) -> int: ...


File_co = TypeVar("File_co", bound=ArchivedFile, covariant=True)


@dataclass(frozen=True, slots=True)
class ArchivedMonth(Generic[File_co]):
    """A month of entries and the files in which it and its lines are archived."""

    month: Month
    entries: File_co
    lines: File_co

    @property
    def name(self) -> str:
        return _name_of(self.month)


async def last_effective_day(
    connection: AsyncConnection, archived: ArchivedMonth[ArchivedFile]
) -> date | None:
    """Up to when its entries count; None for a month without entries."""
    day: date | None = await connection.scalar(
        sa.text(f"SELECT max(effective_on) FROM journal_entries_{archived.name}")
    )
    return day


async def carry_forward(
    connection: AsyncConnection,
    archived: ArchivedMonth[ArchivedFile],
    compare: Callable[[AsyncConnection], Awaitable[None]],
    at: datetime,
) -> bool:
    """Carry a month forward in this transaction; False when it was before.

    `compare` raises unless the archive and the database agree; nobody adds to the month from then on. CarryingRefused
    when months before it were not, or entries made before its end lie in no month or are not exported though others are.
    """
    if not await alone(connection, ENTRIES):
        raise CarryingRefused("Months of the journal are being made at this moment; repeat it")
    carried = set((await connection.execute(_CARRIED)).scalars())
    if archived.name in carried:
        return False
    before = await months_ended_before(connection, ENTRIES, archived.month.ends_at)
    if {_name_of(one) for one in before} - carried != {archived.name}:
        raise CarryingRefused(f"Months before {archived.name} are not carried forward yet")
    await connection.execute(_AS_LONG_AS_IT_TAKES)
    # Before anything is looked at, so that nobody adds to it afterwards.
    for table in (f"{ENTRIES.name}_{archived.name}", f"{LINES.name}_{archived.name}", ENTRIES.default):
        await connection.execute(sa.text(f"LOCK TABLE {table} IN SHARE MODE"))
    bound = first_id(archived.month.ends_at)
    if await connection.scalar(_MISPLACED, {"bound": bound}):
        raise CarryingRefused(
            f"Entries made before the end of {archived.name} lie in journal_entries_default; that month and those after"
            " it stay"
        )
    if await connection.scalar(sa.text(_NOT_EXPORTED.format(month=archived.name))):
        raise CarryingRefused(
            f"Entries of {archived.name} are not exported to the accounting system yet: POST /v1/general-ledger-exports"
        )
    await compare(connection)
    await connection.execute(sa.text(_MONTH.format(month=archived.name)), _facts(archived, bound, at))
    month = {"month": archived.name}
    await connection.execute(sa.text(_BATCHES.format(month=archived.name)), month)
    await connection.execute(sa.text(_MOVEMENTS.format(month=archived.name)), {**month, "bank": BANK_PREFIX})
    return True


async def drop_carried(database: Database, patience_seconds: float) -> tuple[list[str], list[str]]:
    """The months whose partitions went, and those that stay for somebody still reads as it was before they were carried.

    Each month goes in a transaction of its own; a lock that is not had within two seconds is a fault.
    """
    gone: list[str] = []
    for month in await _carried_and_there(database):
        if not await _is_unread(database, month, patience_seconds):
            return gone, [one.month for one in await _carried_and_there(database)]
        async with database.engine.begin() as connection:
            await _drop(connection, month)
        gone.append(month.month)
    return gone, []


async def _is_unread(database: Database, month: Row, patience_seconds: float) -> bool:
    """Whether everybody who began to read before it was carried has ended, waiting for it for a while."""
    ends_at = asyncio.get_running_loop().time() + patience_seconds
    while True:
        async with database.engine.connect() as connection:
            if not await connection.scalar(_EARLIER_READERS, {"month": month.month}):
                return True
        if asyncio.get_running_loop().time() >= ends_at:
            return False
        await asyncio.sleep(POLL_SECONDS)


async def _drop(connection: AsyncConnection, month: Row) -> None:
    """Lines first, which refer to the entries."""
    if not await alone(connection, ENTRIES):
        raise CarryingRefused("Months of the journal are being made at this moment; repeat it")
    await connection.execute(_AS_LONG_AS_IT_TAKES)
    for table, rows in ((LINES, month.lines), (ENTRIES, month.entries)):
        name = f"{table.name}_{month.month}"
        # Counted before anybody waits: nothing is added to a month that is carried.
        found = await connection.scalar(sa.text(f"SELECT count(*) FROM {name}"))
        if found != rows:
            raise CarryingRefused(f"{name} has {found} rows and {rows} were carried forward; it stays")
        await connection.execute(sa.text(f"LOCK TABLE ONLY {table.name} IN ACCESS EXCLUSIVE MODE"))
        await connection.execute(sa.text(f"ALTER TABLE {table.name} DETACH PARTITION {name}"))
        await connection.execute(sa.text(f"DROP TABLE {name}"))


async def _carried_and_there(database: Database) -> Sequence[Row]:
    async with database.engine.connect() as connection:
        return (await connection.execute(_CARRIED_AND_THERE)).all()


def _name_of(month: Month) -> str:
    return month.name.removeprefix(f"{ENTRIES.name}_")


def _facts(archived: ArchivedMonth[ArchivedFile], bound: UUID, at: datetime) -> dict[str, object]:
    return {
        "name": archived.name,
        "bound": bound,
        "entries": archived.entries.rows,
        "lines": archived.lines.rows,
        "entries_file": archived.entries.file,
        "entries_sha256": bytes.fromhex(archived.entries.sha256),
        "lines_file": archived.lines.file,
        "lines_sha256": bytes.fromhex(archived.lines.sha256),
        "at": at,
    }


# A month may have more lines than are summed up in the time of a request.
_AS_LONG_AS_IT_TAKES: Final = sa.text("SET LOCAL statement_timeout = 0")
_CARRIED: Final = sa.text("SELECT month FROM carried_months")
_MISPLACED: Final = sa.text("SELECT EXISTS (SELECT FROM journal_entries_default WHERE id < :bound)")
# Whoever never exported is not held up by it.
_NOT_EXPORTED: Final = """
    SELECT EXISTS (
        SELECT FROM journal_entries_{month} e JOIN audit_batches b ON b.id = e.batch_id
        WHERE b.position > (SELECT max(last_position) FROM ledger_exports)
    )
"""
_MONTH: Final = """
    INSERT INTO carried_months (month, ends_before, last_effective_on, entries, lines, entries_file, entries_sha256,
        lines_file, lines_sha256, carried_at)
    SELECT :name, :bound, (SELECT max(effective_on) FROM journal_entries_{month}), :entries, :lines, :entries_file,
        :entries_sha256, :lines_file, :lines_sha256, :at
"""
_BATCHES: Final = """
    INSERT INTO carried_batches (batch_id, month, entries)
    SELECT batch_id, :month, count(*) FROM journal_entries_{month} GROUP BY batch_id
"""
_MOVEMENTS: Final = """
    INSERT INTO carried_movements (month, account_code, partner_code, currency, effective_on, entry_id, kind, source_id,
        description, reverses_entry_id, debit_minor, credit_minor, base_minor, lines)
    SELECT :month, l.account_code, l.partner_code, e.currency, e.effective_on, b.id, b.kind, b.source_id, b.description,
        b.reverses_entry_id, sum(greatest(l.amount_minor, 0)), sum(greatest(-l.amount_minor, 0)), sum(l.base_minor),
        count(*)
    FROM journal_lines_{month} l JOIN journal_entries_{month} e ON e.id = l.entry_id
    LEFT JOIN journal_entries_{month} b ON b.id = l.entry_id AND starts_with(l.account_code, CAST(:bank AS text))
    GROUP BY 1, 2, 3, 4, 5, 6, 7, 8, 9, 10
"""
_CARRIED_AND_THERE: Final = sa.text(
    """
    SELECT * FROM carried_months
    WHERE to_regclass('journal_entries_' || month) IS NOT NULL ORDER BY ends_before
    """
)
# A snapshot as old as the transaction that carried the month does not see it as carried. Prepared transactions hold none.
_EARLIER_READERS: Final = sa.text(
    """
    SELECT EXISTS (
        SELECT FROM pg_stat_activity CROSS JOIN (SELECT xmin FROM carried_months WHERE month = :month) AS carried
        WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_xmin IS NOT NULL
            AND age(backend_xmin) >= age(carried.xmin)
    )
    """
)
