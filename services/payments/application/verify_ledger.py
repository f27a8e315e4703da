"""Recomputes the audit chain from the stored journal: any row changed behind our back breaks it."""

from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row
from services.payments.domain.audit_chain import GENESIS_HASH, AuditBatch, content_hash
from services.payments.domain.exchange_rate import BASE_CURRENCY
from services.payments.domain.journal import EntryUnbalanced, JournalEntry, JournalLine

LINKS_PER_READ: Final = 500
ENTRIES_PER_READ: Final = 5_000  # but never less than one batch


@dataclass(frozen=True, slots=True)
class LedgerVerification:
    """`first_broken_batch_id` is where the chain and the journal stop to agree; its position is None behind the end.

    Of the `entries`, `carried_entries` left for the archive: only their links were compared, the others word by word.

    `last_hash` is the last link that agrees: written down elsewhere, it shows whether links were cut off the end.
    """

    batches: int
    entries: int
    first_broken_batch_id: UUID | None
    first_broken_position: int | None = None
    last_hash: bytes = field(default=GENESIS_HASH)
    carried_entries: int = 0

    @property
    def is_intact(self) -> bool:
        return self.first_broken_batch_id is None


Progress = Callable[[LedgerVerification], None]


async def verify_ledger(connection: AsyncConnection, progress: Progress | None = None) -> LedgerVerification:
    """Walk the chain from its first link; stops at the first batch that does not agree.

    Entries that no link vouches for are looked for last, and reversals that are not noted as what they are. Links cut
    off the end together with their entries can only be noticed by comparing with a `chain_hash` that was written down
    elsewhere. Of a link whose entries left with a month, its content hash is taken as it stands: the archive's files hold
    what it was made from, and the hashes of these are in `carried_months`. Memory holds ENTRIES_PER_READ entries, or those
    of one batch.
    """
    seen = LedgerVerification(0, 0, None)
    async for links in _groups(connection):
        entries = await _entries(connection, links)
        for stored in links:
            of_batch = entries.get(stored.id, [])
            if of_batch is None or not _agrees(stored, of_batch, seen.last_hash):
                return replace(seen, first_broken_batch_id=stored.id, first_broken_position=stored.position)
            seen = replace(
                seen,
                batches=seen.batches + 1,
                entries=seen.entries + stored.entries_count,
                carried_entries=seen.carried_entries + stored.entries_count - len(of_batch),
                last_hash=stored.chain_hash,
            )
        if progress is not None:
            progress(seen)
    return replace(seen, first_broken_batch_id=await _batch_beside_the_chain(connection))


def _agrees(stored: Row, entries: list[JournalEntry], previous: bytes) -> bool:
    count, content = len(entries), content_hash(entries)
    if stored.carried_entries and count + stored.carried_entries == stored.entries_count:
        count, content = stored.entries_count, stored.content_hash
    rebuilt = AuditBatch(stored.id, stored.actor, stored.posted_at, count, content, previous)
    return (rebuilt.entries_count, rebuilt.previous_hash, rebuilt.content_hash, rebuilt.chain_hash) == (
        stored.entries_count,
        stored.previous_hash,
        stored.content_hash,
        stored.chain_hash,
    )


async def _groups(connection: AsyncConnection) -> AsyncIterator[list[Row]]:
    """Links in their order, as many at a time as have a bounded number of entries between them."""
    group: list[Row] = []
    entries = 0
    async for link in _links(connection):
        if group and entries + link.entries_count > ENTRIES_PER_READ:
            yield group
            group, entries = [], 0
        group.append(link)
        entries += link.entries_count
    if group:
        yield group


async def _links(connection: AsyncConnection) -> AsyncIterator[Row]:
    position = 0
    while True:
        rows = (
            await connection.execute(
                sa.text(
                    "SELECT b.*, (SELECT coalesce(sum(c.entries), 0) FROM carried_batches c WHERE c.batch_id = b.id)"
                    " AS carried_entries FROM audit_batches b WHERE b.position > :after ORDER BY b.position LIMIT :limit"
                ),
                {"after": position, "limit": LINKS_PER_READ},
            )
        ).all()
        for row in rows:
            yield row
            position = row.position
        if len(rows) < LINKS_PER_READ:
            return


_BESIDE_THE_CHAIN: Final = """
SELECT batch_id FROM (
    SELECT e.id, e.batch_id FROM journal_entries e
    WHERE NOT EXISTS (SELECT FROM audit_batches b WHERE b.id = e.batch_id)
    UNION ALL SELECT e.id, e.batch_id
    FROM journal_entries e LEFT JOIN reversed_entries r ON r.reversal_id = e.id
    WHERE e.reverses_entry_id IS DISTINCT FROM r.entry_id
) AS beside ORDER BY id LIMIT 1
"""


async def _batch_beside_the_chain(connection: AsyncConnection) -> UUID | None:
    batch_id: UUID | None = await connection.scalar(sa.text(_BESIDE_THE_CHAIN))
    return batch_id


async def _entries(
    connection: AsyncConnection, links: Sequence[Row]
) -> dict[UUID, list[JournalEntry] | None]:
    """By batch; None when a line was changed or removed. An entry whose posting time was changed is missing."""
    rows = await connection.execute(
        sa.text(
            "SELECT e.*, (SELECT jsonb_agg(jsonb_build_array(account_code, amount_minor, partner_code, base_minor)"
            " ORDER BY line_number) FROM journal_lines l WHERE l.entry_id = e.id) AS lines"
            " FROM unnest(CAST(:ids AS uuid[]), CAST(:instants AS timestamptz[])) AS b (id, posted_at)"
            " JOIN journal_entries e ON e.batch_id = b.id AND e.posted_at = b.posted_at ORDER BY e.id"
        ),
        {"ids": [link.id for link in links], "instants": [link.posted_at for link in links]},
    )
    found: dict[UUID, list[JournalEntry] | None] = {}
    for row in rows:
        of_batch = found.setdefault(row.batch_id, [])
        if of_batch is None:
            continue
        try:
            of_batch.append(entry_of(row))
        except EntryUnbalanced:
            found[row.batch_id] = None
    return found


def entry_of(row: Row) -> JournalEntry:
    """The entry of a row with its `lines`; EntryUnbalanced when somebody changed what was stored."""
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
