"""Frozen bank reconciliation statements."""

from collections.abc import Mapping
from datetime import date
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection


async def next_revision(connection: AsyncConnection, bank_account_id: UUID, day: date) -> int:
    """Ask with the account locked: 1 for the first statement of a day."""
    revision = await connection.scalar(
        sa.text(
            "SELECT coalesce(max(revision), 0) + 1 FROM reconciliations WHERE bank_account_id = :account AND day = :day"
        ),
        {"account": bank_account_id, "day": day},
    )
    return int(revision or 1)


async def add_reconciliation(connection: AsyncConnection, values: Mapping[str, object]) -> None:
    """The row that is never changed; the database checks the hash."""
    await connection.execute(
        sa.text(
            "INSERT INTO reconciliations (id, bank_account_id, day, revision, state, currency, bank_minor, book_minor,"
            " items_count, residual_minor, tolerance_id, content, content_hash, made_by, made_at) VALUES (:id,"
            " :bank_account_id, :day, :revision, :state, :currency, :bank_minor, :book_minor, :items_count,"
            " :residual_minor, :tolerance_id, :content, sha256(:content), :by, :at)"
        ),
        values,
    )
