"""Recomputes the audit chain from the stored journal: any row changed behind our back breaks it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row
from services.payments.domain.audit_chain import GENESIS_HASH, AuditBatch, content_hash
from services.payments.domain.exchange_rate import BASE_CURRENCY
from services.payments.domain.journal import EntryUnbalanced, JournalEntry, JournalLine

BATCHES_PER_READ: Final = 50


@dataclass(frozen=True, slots=True)
class LedgerVerification:
    """`first_broken_batch_id` is where the chain and the journal stop to agree."""

    batches: int
    entries: int
    first_broken_batch_id: UUID | None

    @property
    def is_intact(self) -> bool:
        return self.first_broken_batch_id is None


async def verify_ledger(connection: AsyncConnection) -> LedgerVerification:
    """Walk the chain from its first link; stops at the first batch that does not agree.

    Entries that no link vouches for are looked for last. Links cut off the end together with their entries can
    only be noticed by comparing with a `chain_hash` that was written down elsewhere.
    """
    previous, batches, entries_seen = GENESIS_HASH, 0, 0
    async for stored in _batches(connection):
        entries = await _entries(connection, stored)
        if entries is None or not _agrees(stored, entries, previous):
            return LedgerVerification(batches, entries_seen, stored.id)
        previous = stored.chain_hash
        batches += 1
        entries_seen += len(entries)
    return LedgerVerification(batches, entries_seen, await _batch_without_link(connection))


def _agrees(stored: Row, entries: list[JournalEntry], previous: bytes) -> bool:
    rebuilt = AuditBatch(
        stored.id, stored.actor, stored.posted_at, len(entries), content_hash(entries), previous
    )
    return (rebuilt.entries_count, rebuilt.previous_hash, rebuilt.content_hash, rebuilt.chain_hash) == (
        stored.entries_count,
        stored.previous_hash,
        stored.content_hash,
        stored.chain_hash,
    )


async def _batches(connection: AsyncConnection) -> AsyncIterator[Row]:
    position = 0
    while True:
        rows = (
            await connection.execute(
                sa.text("SELECT * FROM audit_batches WHERE position > :after ORDER BY position LIMIT :limit"),
                {"after": position, "limit": BATCHES_PER_READ},
            )
        ).all()
        for row in rows:
            yield row
            position = row.position
        if len(rows) < BATCHES_PER_READ:
            return


async def _batch_without_link(connection: AsyncConnection) -> UUID | None:
    batch_id: UUID | None = await connection.scalar(
        sa.text(
            "SELECT e.batch_id FROM journal_entries e"
            " WHERE NOT EXISTS (SELECT FROM audit_batches b WHERE b.id = e.batch_id) ORDER BY e.id LIMIT 1"
        )
    )
    return batch_id


async def _entries(connection: AsyncConnection, batch: Row) -> list[JournalEntry] | None:
    """None when a line was changed or removed; an entry whose posting time was changed is missing."""
    rows = await connection.execute(
        sa.text(
            "SELECT e.*, (SELECT jsonb_agg(jsonb_build_array(account_code, amount_minor, partner_code, base_minor)"
            " ORDER BY line_number) FROM journal_lines l WHERE l.entry_id = e.id) AS lines"
            " FROM journal_entries e WHERE e.batch_id = :batch_id AND e.posted_at = :posted_at ORDER BY e.id"
        ),
        {"batch_id": batch.id, "posted_at": batch.posted_at},
    )
    try:
        return [_entry(row) for row in rows]
    except EntryUnbalanced:
        return None


def _entry(row: Row) -> JournalEntry:
    return JournalEntry(
        id=row.id,
        kind=row.kind,
        source_id=row.source_id,
        currency=row.currency,
        effective_on=row.effective_on,
        description=row.description,
        lines=tuple(_line(row, *line) for line in row.lines or ()),
        reverses_entry_id=row.reverses_entry_id,
        occurred_on=row.occurred_on,
    )


def _line(entry: Row, account: str, amount_minor: int, partner: str | None, worth_minor: int) -> JournalLine:
    if entry.currency != BASE_CURRENCY:
        return JournalLine(account, amount_minor, partner, worth_minor)
    if worth_minor != amount_minor:
        raise EntryUnbalanced(f"Entry {entry.id} in rupees is not worth its amount")
    return JournalLine(account, amount_minor, partner)
