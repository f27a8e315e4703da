"""The letters about one thing, as those who see it read them; one list for each kind of letter."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.reporting.adapters.letter_store import LetterTable
from services.reporting.domain.errors import LetterUnknown

Row = sa.Row[Any]


@dataclass(frozen=True, slots=True)
class LetterList:
    """`select` ends in a condition on `owner_id` and whatever else `values` has; the letter is `l` in it."""

    table: LetterTable
    owner: str
    owner_id: UUID
    select: str
    values: Mapping[str, object]

    def scope(self, state: str | None) -> str:
        """What a cursor of it holds for."""
        return f"{self.owner}-letters|{self.owner_id}|{state}"

    async def newest(
        self, connection: AsyncConnection, state: str | None, *, before: UUID | None, limit: int
    ) -> Sequence[Row]:
        """Those of one state perhaps, the newest first."""
        statement = f"""
            {self.select} AND (CAST(:state AS text) IS NULL OR l.state = :state)
                AND (CAST(:before AS uuid) IS NULL OR l.id < :before)
            ORDER BY l.id DESC LIMIT :limit
        """
        values = {**self.values, "owner_id": self.owner_id, "state": state, "before": before, "limit": limit}
        return (await connection.execute(sa.text(statement), values)).all()

    async def letter(self, connection: AsyncConnection, letter_id: UUID) -> Row:
        """LetterUnknown unless it is one of them."""
        values = {**self.values, "owner_id": self.owner_id, "letter_id": letter_id}
        found = await connection.execute(sa.text(f"{self.select} AND l.id = :letter_id"), values)
        row = found.one_or_none()
        if row is None:
            raise LetterUnknown(f"The {self.owner} has no letter {letter_id}")
        return row
