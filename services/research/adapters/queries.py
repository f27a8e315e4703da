"""Finds entities by the beginnings of the words in their names."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.identity import RowScope

Row = sa.Row[Any]
ZONES_MAX: Final = 500


@dataclass(frozen=True, slots=True)
class EntityFilter:
    """None leaves a filter out; of `words` a name must have all, as beginnings of its words."""

    zone: str | None
    words: Sequence[str]


async def entity_rows(
    connection: AsyncConnection,
    scope: RowScope,
    chosen: EntityFilter,
    *,
    after: tuple[str, str],
    limit: int,
) -> Sequence[Row]:
    """Entities by name, after (name_key, source_key)."""
    rows = await connection.execute(
        sa.text(
            """
            SELECT * FROM entities
            WHERE dataset_id IS NULL AND (:sees_all OR zone = ANY(CAST(:zones AS text[])))
                AND (CAST(:zone AS text) IS NULL OR zone = :zone)
                AND ' ' || name_key LIKE ALL (CAST(:patterns AS text[]))
                AND (name_key, source_key) > (:after_name, :after_key)
            ORDER BY name_key, source_key LIMIT :limit
            """
        ),
        {
            **scope.parameters(),
            "zone": chosen.zone,
            "patterns": [_word_pattern(word) for word in chosen.words],
            "after_name": after[0],
            "after_key": after[1],
            "limit": limit,
        },
    )
    return rows.all()


async def dealers_by_zone(connection: AsyncConnection, scope: RowScope) -> Sequence[tuple[str, int]]:
    """How many active partners of ours there are in each zone that the caller sees."""
    rows = await connection.execute(_DEALERS, {**scope.parameters(), "limit": ZONES_MAX})
    return [(row.zone, row.dealers) for row in rows]


_DEALERS = sa.text(
    """
    SELECT zone, count(*) AS dealers FROM entities
    WHERE source = 'partners' AND status = 'active' AND zone IS NOT NULL
        AND (:sees_all OR zone = ANY(CAST(:zones AS text[])))
    GROUP BY zone ORDER BY zone LIMIT :limit
    """
)


def _word_pattern(word: str) -> str:
    return "% " + re.sub(r"([\\%_])", r"\\\1", word) + "%"
