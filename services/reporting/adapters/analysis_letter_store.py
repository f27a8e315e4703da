"""Letters about saved analyses: queued with the instant that they are about, and what became of each."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection
from uuid_utils.compat import uuid7

from services.reporting.adapters.letter_list import LetterList
from services.reporting.adapters.letter_store import LetterTable
from services.reporting.domain.recipient import Recipient

Row = sa.Row[Any]


async def queue_letters(
    connection: AsyncConnection, instant: tuple[UUID, datetime], recipients: Sequence[Recipient], at: datetime
) -> None:
    """`instant` is the saved analysis and when it was due; each address once."""
    letters = [{"id": uuid7(), "name": one.name, "address": one.address} for one in recipients]
    values = {
        "saved_id": instant[0],
        "due_at": instant[1],
        "at": at,
        "letters": msgspec.json.encode(letters).decode(),
    }
    await connection.execute(_QUEUE, values)


async def made_before(
    connection: AsyncConnection, saved_id: UUID, due_at: datetime
) -> tuple[datetime, bytes] | None:
    """When the clock came to an analysis last before, and that analysis' content."""
    statement = """
        SELECT i.due_at, a.content FROM saved_analysis_instants i JOIN analyses a ON a.id = i.analysis_id
        WHERE i.saved_analysis_id = :id AND i.due_at < :due_at ORDER BY i.due_at DESC LIMIT 1
    """
    values = {"id": saved_id, "due_at": due_at}
    found = (await connection.execute(sa.text(statement), values)).one_or_none()
    return None if found is None else (found.due_at, found.content)


async def analysis_due(connection: AsyncConnection, saved_id: UUID, due_at: datetime) -> Row:
    """The analysis that the clock came to at an instant."""
    statement = """
        SELECT a.* FROM saved_analysis_instants i JOIN analyses a ON a.id = i.analysis_id
        WHERE i.saved_analysis_id = :id AND i.due_at = :due_at
    """
    return (await connection.execute(sa.text(statement), {"id": saved_id, "due_at": due_at})).one()


async def version_due(connection: AsyncConnection, saved_id: UUID, due_at: datetime) -> Row:
    """The version of the saved analysis that held at an instant."""
    statement = """
        SELECT s.* FROM saved_analysis_instants i
        JOIN saved_analyses s ON s.id = i.saved_analysis_id AND s.revision = i.revision
        WHERE i.saved_analysis_id = :id AND i.due_at = :due_at
    """
    return (await connection.execute(sa.text(statement), {"id": saved_id, "due_at": due_at})).one()


def letters_of_analysis(saved_id: UUID) -> LetterList:
    return LetterList(LetterTable.ANALYSES, "analysis", saved_id, _LETTERS, {})


_LETTERS: Final = """
    SELECT l.*, i.analysis_id FROM analysis_letters l JOIN saved_analysis_instants i USING (saved_analysis_id, due_at)
    WHERE l.saved_analysis_id = :owner_id
"""
_QUEUE: Final = sa.text(
    """
    INSERT INTO analysis_letters
        (id, saved_analysis_id, due_at, name, address, state, attempts, next_attempt_at, queued_at)
    SELECT id, :saved_id, :due_at, name, address, 'queued', 0, :at, :at
    FROM json_to_recordset(CAST(:letters AS json)) AS told (id uuid, name text, address text)
    ON CONFLICT (saved_analysis_id, due_at, address) DO NOTHING
    """
)
