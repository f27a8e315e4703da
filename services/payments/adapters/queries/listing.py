"""A page of rows: one statement, in the caller's rows, by keyset."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from services.payments.adapters.repositories import Row as Row


@dataclass(slots=True)
class Listing:
    """A SELECT that grows conditions; values always travel as parameters."""

    select: str
    order: tuple[str, ...]  # columns of the keyset, all in the same direction
    is_descending: bool = False
    conditions: list[str] = field(default_factory=list)
    parameters: dict[str, Any] = field(default_factory=dict)

    def where(self, condition: str, **parameters: object) -> "Listing":
        """Add a condition unless one of its values is None (the filter was not given)."""
        if None not in parameters.values():
            self.conditions.append(condition)
            self.parameters |= parameters
        return self

    def after(self, key: Sequence[str | int] | None, casts: Sequence[str]) -> "Listing":
        """Continue behind the last row of the page before."""
        if key is not None:
            sign = "<" if self.is_descending else ">"
            names = [f"after_{position}" for position in range(len(self.order))]
            values = ", ".join(
                f"CAST(CAST(:{name} AS text) AS {cast})" for name, cast in zip(names, casts, strict=True)
            )
            self.conditions.append(f"({', '.join(self.order)}) {sign} ({values})")
            self.parameters |= dict(zip(names, map(str, key), strict=True))
        return self

    async def rows(self, connection: AsyncConnection, *, limit: int) -> Sequence[Row]:
        """One row more than the limit, so that the caller sees whether there is a next page."""
        direction = " DESC" if self.is_descending else ""
        where = f" WHERE {' AND '.join(self.conditions)}" if self.conditions else ""
        order = ", ".join(column + direction for column in self.order)
        # Spelt out: PostgreSQL takes a limit it cannot see for a tenth of the table and plans anew for each request.
        statement = sa.text(f"{self.select}{where} ORDER BY {order} LIMIT {limit + 1:d}")
        return (await connection.execute(statement, self.parameters)).all()


async def one_row(
    connection: AsyncConnection, select: str, condition: str, **parameters: object
) -> Row | None:
    """The row of a select that meets the condition, if there is one."""
    return (await connection.execute(sa.text(f"{select} WHERE {condition}"), parameters)).one_or_none()
