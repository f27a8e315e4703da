"""Entries as they were posted."""

from typing import Final
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.domain.errors import EntriesArchived
from services.payments.domain.journal import JournalEntry, JournalLine


async def refuse_archived(connection: AsyncConnection, source_id: UUID) -> None:
    """EntriesArchived when the document was made in a month that is carried forward, and its entries perhaps with it."""
    if await connection.scalar(_IS_BEFORE, {"id": source_id}):
        raise EntriesArchived(
            f"What was posted for {source_id} lies in the archive, as the books of its year need not be kept any more;"
            " correct it by a document of today"
        )


async def standing_entries(connection: AsyncConnection, source_id: UUID) -> list[JournalEntry]:
    """What was posted for an invoice, receipt or note and not mirrored since, in the order of posting.

    EntriesArchived for what was made before the months that are still here: some of its entries may have left.
    """
    await refuse_archived(connection, source_id)
    rows = await connection.execute(
        sa.text(
            "SELECT e.*, (SELECT jsonb_agg(jsonb_build_array(account_code, amount_minor, partner_code,"
            " CASE WHEN e.currency <> 'INR' THEN base_minor END)"
            " ORDER BY line_number) FROM journal_lines l WHERE l.entry_id = e.id) AS lines"
            " FROM journal_entries e WHERE e.source_id = :source_id AND e.reverses_entry_id IS NULL"
            " AND NOT EXISTS (SELECT FROM reversed_entries r WHERE r.entry_id = e.id) ORDER BY e.id"
        ),
        {"source_id": source_id},
    )
    return [
        JournalEntry(
            id=row.id,
            kind=row.kind,
            source_id=row.source_id,
            currency=row.currency,
            effective_on=row.effective_on,
            description=row.description,
            lines=tuple(JournalLine(*line) for line in row.lines),
        )
        for row in rows
    ]


# Ids have the time of their making in front: a document is older than whatever is posted for it.
_IS_BEFORE: Final = sa.text("SELECT EXISTS (SELECT FROM carried_months WHERE ends_before > :id)")
