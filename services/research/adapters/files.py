"""Files of assignments: told once, never changed; their bytes are in the store under their hash."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.research.adapters.assignments import Row
from services.research.domain.errors import ResearchFileUnknown


async def file_rows(
    connection: AsyncConnection, assignment_id: UUID, after: UUID | None = None, limit: int = 1_000
) -> Sequence[Row]:
    """In the order they were handed in."""
    query = sa.text(
        """
        SELECT * FROM research_files
        WHERE assignment_id = :assignment AND (CAST(:after AS uuid) IS NULL OR id > :after) ORDER BY id LIMIT :limit
        """
    )
    return (
        await connection.execute(query, {"assignment": assignment_id, "after": after, "limit": limit})
    ).all()


async def file_row(connection: AsyncConnection, assignment_id: UUID, file_id: UUID) -> Row:
    """ResearchFileUnknown for one that is not of this assignment."""
    query = sa.text("SELECT * FROM research_files WHERE id = :id AND assignment_id = :assignment")
    row = (await connection.execute(query, {"id": file_id, "assignment": assignment_id})).one_or_none()
    if row is None:
        raise ResearchFileUnknown(f"The assignment has no file {file_id}")
    return row


async def add_file(connection: AsyncConnection, facts: Mapping[str, Any]) -> None:
    """A row of a file whose bytes are in the store."""
    names = ", ".join(facts)
    bound = ", ".join(f":{name}" for name in facts)
    await connection.execute(sa.text(f"INSERT INTO research_files ({names}) VALUES ({bound})"), dict(facts))
