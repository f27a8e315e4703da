"""Hands the ledger to the accounting system, export after export, without a gap and without a repetition."""

import hashlib
from collections import Counter
from collections.abc import AsyncIterator
from typing import Final, Protocol
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.payments.adapters.ledger_files.journal_csv import JournalCsv
from services.payments.adapters.ledger_files.tally_xml import TallyXml
from services.payments.adapters.queries.ledger_exports import refuse_archived_links
from services.payments.adapters.repositories import Row
from services.payments.adapters.repositories.ledger_exports import (
    add_export,
    add_name,
    exported_entries,
    last_export,
    name_taken_by,
    name_what_is_used,
    names_for,
    next_range,
)
from services.payments.adapters.unit_of_work import UnitOfWork
from services.payments.domain.errors import LedgerNameTaken, NothingToExport
from services.payments.domain.ledger_export import ExportedEntry, LedgerName, LedgerNames
from services.payments.domain.posting import Posting
from shared.database import Database

ENTRIES_MAX: Final = 50_000  # of one export, so that making it takes seconds however long nobody exported


class LedgerFile(Protocol):
    """A file that is written page by page."""

    def opening(self) -> bytes: ...

    def page(self, entries: list[ExportedEntry]) -> bytes: ...

    def closing(self) -> bytes: ...


def ledger_file(file_format: str, names: LedgerNames) -> LedgerFile:
    """`csv` or `tally`."""
    return TallyXml(names) if file_format == "tally" else JournalCsv(names)


async def export_ledger(work: UnitOfWork, posting: Posting) -> UUID:
    """Everything posted since the export before, up to ENTRIES_MAX entries; NothingToExport when nothing was.

    EntriesArchived when some of it left with its month before anything was exported.

    The files are made once to be hashed; made again at any time they are the same.
    """
    before = await last_export(work.connection)
    after = before.last_position if before else 0
    found = await next_range(work.connection, after, ENTRIES_MAX)
    if found is None:
        raise NothingToExport("Nothing was posted since the export before")
    last = found.last_position
    await refuse_archived_links(work.connection, after, last)
    await name_what_is_used(work.connection, after, last, posting.at)
    names = await names_for(work.connection, after, last, posting.at)
    hashes, totals = await _read_through(work.connection, (after, last), names)
    export_id = uuid7()
    await add_export(
        work.connection,
        {
            "number": before.number + 1 if before else 1,
            "id": export_id,
            "after": after,
            "last": last,
            "batches": found.batches,
            "entries": found.entries,
            "totals": totals,
            "chain_hash": found.chain_hash,
            "csv_hash": hashes["csv"],
            "tally_hash": hashes["tally"],
            "by": posting.actor,
            "at": posting.at,
        },
    )
    return export_id


async def ledger_content(database: Database, export: Row, file_format: str) -> AsyncIterator[bytes]:
    """The file of an export, page by page; memory holds one page."""
    async with database.reading() as connection:
        span = export.after_position, export.last_position
        names = await names_for(connection, *span, export.made_at)
        file = ledger_file(file_format, names)
        yield file.opening()
        async for page in exported_entries(connection, *span):
            yield file.page(page)
        yield file.closing()


async def name_ledger(work: UnitOfWork, key: tuple[str, str], name: LedgerName, posting: Posting) -> None:
    """For exports made from now on. LedgerNameTaken: one name is one ledger there."""
    taken = await name_taken_by(work.connection, key, name.ledger_name)
    if taken is not None:
        raise LedgerNameTaken(f"{name.ledger_name} is the ledger of {taken}")
    await add_name(work.connection, key, name, posting.actor, posting.at)


async def _read_through(
    connection: AsyncConnection, span: tuple[int, int], names: LedgerNames
) -> tuple[dict[str, bytes], list[dict[str, object]]]:
    files = {name: ledger_file(name, names) for name in ("csv", "tally")}
    digests = {name: hashlib.sha256(file.opening()) for name, file in files.items()}
    sums: Counter[tuple[str, str]] = Counter()
    async for page in exported_entries(connection, *span):
        for name, file in files.items():
            digests[name].update(file.page(page))
        for entry in page:
            for line in entry.lines:
                side = "debit" if line.base_minor > 0 else "credit"
                sums[entry.currency, f"{side}_minor"] += abs(line.amount_minor)
                sums[entry.currency, f"base_{side}_minor"] += abs(line.base_minor)
    for name, file in files.items():
        digests[name].update(file.closing())
    totals: list[dict[str, object]] = [
        {
            "currency": currency,
            **{
                name: sums[currency, name]
                for name in ("debit_minor", "credit_minor", "base_debit_minor", "base_credit_minor")
            },
        }
        for currency in sorted({currency for currency, _ in sums})
    ]
    return {name: digest.digest() for name, digest in digests.items()}, totals
