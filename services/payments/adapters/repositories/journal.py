"""Entries as they were posted."""

from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.domain.journal import JournalEntry, JournalLine


async def entry_of_source(connection: AsyncConnection, source_id: UUID, *, kind: str) -> JournalEntry:
    """The journal entry that an invoice or receipt caused."""
    entry = (
        await connection.execute(
            sa.text("SELECT * FROM journal_entries WHERE source_id = :source_id AND kind = :kind"),
            {"source_id": source_id, "kind": kind},
        )
    ).one()
    lines = await connection.execute(
        sa.text("SELECT * FROM journal_lines WHERE entry_id = :id ORDER BY line_number"), {"id": entry.id}
    )
    return JournalEntry(
        id=entry.id,
        kind=entry.kind,
        source_id=entry.source_id,
        currency=entry.currency,
        effective_on=entry.effective_on,
        description=entry.description,
        lines=tuple(JournalLine(line.account_code, line.amount_minor, line.partner_code) for line in lines),
    )
